//! What a server, or whoever stands in its place, answers a phone. A response's bytes: the decoder never panics, what it
//! decodes says the same when it is encoded again, and the bank, the standings and the receipt in it are taken or refused.
//! And any answer in the middle of a sync: the session goes on, waits or ends, and wipes only on the word of its server.

use crate::body;
use canvass_core::domain::{DeviceNumber, Kind, PhoneTime, RecordId};
use canvass_core::signing::{PublicKey, Signature, Signer, SigningError, SoftwareKey};
use canvass_core::sync::{Applied, Caller, Reply, Session, Step};
use canvass_core::wire::{GetResponse, Push, PutResponse, Request, Response, Standings, StateResponse};
use std::sync::{Arc, LazyLock};

/// The status of an answer, by the first byte of an input.
const STATUSES: [u16; 8] = [200, 400, 401, 403, 409, 413, 503, 600];

/// Runs on an input.
pub fn run(input: &[u8]) {
    let Some(how) = input.first() else { return };
    let status = STATUSES[usize::from(how >> 1) % STATUSES.len()];
    let bytes = if status == 200 { body(input) } else { input[1..].to_vec() };
    let mut nonce = 99;
    if status == 200 {
        drop((StateResponse::decode(&bytes), PutResponse::decode(&bytes), GetResponse::decode(&bytes)));
        let Ok(response) = Response::decode(&bytes) else { return };
        nonce = response.nonce;
        decoded(response);
    }
    sync(&Reply { status, body: bytes }, nonce);
}

fn decoded(response: Response) {
    let encoded = response.encode().expect("what came in fits again");
    assert_eq!(Response::decode(&encoded).as_ref(), Ok(&response));
    drop(response.reference.map(|reference| reference.bank()));
    if let Some(standings) = &response.standings {
        let stored = standings.to_bytes().expect("what came in can be stored");
        assert_eq!(Standings::from_bytes(&stored).as_ref(), Ok(standings));
    }
    if let Some(part) = &response.receipt {
        let hashes: Vec<_> = response.deliveries.iter().flat_map(|delivery| delivery.hashes()).collect();
        let entries = part.entries(&hashes);
        assert!(entries.is_err() || entries.is_ok_and(|entries| entries.len() == hashes.len()));
    }
}

/// Signs without arithmetic, which is not what is looked at here.
struct Signs(PublicKey, Signature);

impl Signer for Signs {
    fn public_key(&self) -> PublicKey {
        self.0
    }

    fn sign(&self, _: &[u8]) -> Result<Signature, SigningError> {
        Ok(self.1)
    }
}

static CALLER: LazyLock<Caller> = LazyLock::new(|| {
    let key = SoftwareKey::from_secret(&[7; 32]).expect("a key");
    let signature = key.sign(b"anything").expect("signed");
    let server = SoftwareKey::from_secret(&[8; 32]).expect("a key").public_key();
    Caller { device: DeviceNumber::new(7), signer: Arc::new(Signs(key.public_key(), signature)), server }
});

/// A sync whose first request is answered so.
fn sync(reply: &Reply, nonce: u64) {
    let now = PhoneTime::from_millis(1_772_000_000_000).expect("in range");
    let mut request = Request::new(DeviceNumber::new(7), "P1".parse().expect("a person"), now, nonce, 1_000_000);
    let kind: Kind = "prospect".parse().expect("a kind");
    request.pushes = vec![Push { record: RecordId::new(1, [1; 10]), kind, changes: vec![vec![1; 40].into(); 5] }];
    let mut session = Session::new(CALLER.clone(), 1);
    assert!(matches!(session.poll(now), Step::Prepare { .. }));
    session.prepared(request);
    assert!(matches!(session.poll(now), Step::Transmit(_)));
    session.received(reply, now);
    let step = session.poll(now);
    match &step {
        Step::Apply(request, response) => {
            assert_eq!((reply.status, request.nonce), (200, response.nonce));
            session.applied(Applied::default());
            assert!(matches!(session.poll(now), Step::Prepare { .. } | Step::Done(Ok(_))));
        }
        Step::Wait(until) => assert!(*until > now && matches!(session.poll(*until), Step::Prepare { .. })),
        // Signed again by the server's clock.
        Step::Transmit(_) => assert_eq!(reply.status, 401),
        Step::Done(result) => assert!(result.is_err(), "{result:?}"),
        step => panic!("only the server itself brings a phone to {step:?}"),
    }
}
