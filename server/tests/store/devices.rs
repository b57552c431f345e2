//! Phones come in by an invitation, once, and are out from the moment they are revoked.

use crate::Place;
use crate::stage::*;
use canvass_core::domain::{DeviceNumber, ServerTime};
use canvass_core::signing::{PublicKey, Signer, SoftwareKey};
use canvass_server::store::devices::{
    ATTEMPTS, EnrolOrder, HandOver, INVITATION_MS, InvitationError, InviteOrder, Invited, RevokeOrder, Revoked,
};
use canvass_server::store::{Actor, Skew, Store, StoreError};

fn key(n: u8) -> PublicKey {
    SoftwareKey::from_secret(&[n; 32]).expect("a key").public_key()
}

async fn invite(store: &dyn Store, who: &str) -> Invited {
    let order = InviteOrder { person: person(who), by: Actor::Operator, at: server(NOON) };
    store.invite(order).await.expect("invited")
}

async fn answer(
    store: &dyn Store,
    invited: &Invited,
    code: [u8; 10],
    key: PublicKey,
    at: ServerTime,
) -> Result<DeviceNumber, InvitationError> {
    let order = EnrolOrder { invitation: invited.number, code, key, before: None, at };
    store.enrol(order).await.expect("asked")
}

async fn revoke(store: &dyn Store, devices: Revoked, hand_over: bool) -> Vec<DeviceNumber> {
    let reason = "lost".to_owned();
    let order = RevokeOrder { devices, by: Actor::Operator, reason, hand_over, at: server(NOON + 1) };
    store.revoke(order).await.expect("revoked")
}

pub(crate) async fn an_invitation_brings_in_one_phone_within_its_time(place: &impl Place) {
    let store = with_bank(place).await;
    let invited = invite(&*store, "ann").await;
    let device = answer(&*store, &invited, invited.code, key(1), server(NOON + 1)).await.expect("enrolled");
    assert!(device.get() > 6, "a number that nobody had");
    let known = store.credential(device).await.expect("asked").expect("known");
    assert_eq!((known.person, known.key, known.revoked), (person("ann"), key(1), None));
    assert_eq!(store.bank().await.expect("a bank").holder(device).map(|who| who.id.clone()), Some(person("ann")));
    // The answer was lost: the same phone asks again, another cannot.
    assert_eq!(answer(&*store, &invited, invited.code, key(1), server(NOON + 2)).await, Ok(device));
    assert_eq!(answer(&*store, &invited, invited.code, key(2), server(NOON + 3)).await, Err(InvitationError::Used));
    let late = invite(&*store, "bob").await;
    assert_eq!(late.expires_at, server(NOON + INVITATION_MS));
    assert_eq!(answer(&*store, &late, late.code, key(3), late.expires_at).await, Err(InvitationError::Expired));
    let nobody = InviteOrder { person: person("nobody"), by: Actor::Operator, at: server(NOON) };
    assert!(matches!(store.invite(nobody).await, Err(StoreError::UnknownPerson(_))));
}

pub(crate) async fn five_wrong_codes_make_an_invitation_void_for_its_own_code_too(place: &impl Place) {
    let store = with_bank(place).await;
    let (invited, other) = (invite(&*store, "ann").await, invite(&*store, "bob").await);
    for n in 0..ATTEMPTS {
        let wrong = [u8::try_from(n).expect("few"); 10];
        assert_eq!(answer(&*store, &invited, wrong, key(1), server(NOON)).await, Err(InvitationError::Unknown));
    }
    assert_eq!(answer(&*store, &invited, invited.code, key(1), server(NOON)).await, Err(InvitationError::Void));
    assert!(answer(&*store, &other, other.code, key(1), server(NOON)).await.is_ok(), "only this one");
    let unknown = Invited { number: 999, ..other };
    assert_eq!(answer(&*store, &unknown, unknown.code, key(1), server(NOON)).await, Err(InvitationError::Unknown));
}

pub(crate) async fn a_revocation_by_another_process_holds_for_the_next_request(place: &impl Place) {
    let (store, other) = (with_bank(place).await, place.open());
    let mut numbers = Vec::new();
    for n in 1..=3 {
        let who = if n < 3 { "ann" } else { "bob" };
        let invited = invite(&*store, who).await;
        numbers.push(answer(&*store, &invited, invited.code, key(n), server(NOON)).await.expect("enrolled"));
    }
    assert_eq!(revoke(&*other, Revoked::Device(numbers[2]), false).await, [numbers[2]]);
    let state = |device| {
        let store = store.clone();
        async move { store.credential(device).await.expect("asked").expect("known").revoked.map(|it| it.hand_over) }
    };
    assert_eq!(state(numbers[2]).await, Some(HandOver::No));
    assert_eq!(state(numbers[0]).await, None);
    // A leaver: every phone, and the invitation that is still open.
    let open = invite(&*store, "ann").await;
    assert_eq!(revoke(&*other, Revoked::AllOf(person("ann")), true).await, numbers[..2]);
    assert_eq!(state(numbers[1]).await, Some(HandOver::Offered));
    assert_eq!(answer(&*store, &open, open.code, key(9), server(NOON)).await, Err(InvitationError::Void));
    assert!(revoke(&*store, Revoked::AllOf(person("ann")), false).await.is_empty(), "once is enough");
    let revoked = store.devices().await.expect("devices").iter().filter(|device| device.revoked.is_some()).count();
    assert_eq!(revoked, 3);
}

pub(crate) async fn a_clock_that_is_wrong_is_told_until_it_is_right_again(place: &impl Place) {
    const HOUR: i64 = 3_600_000;
    let store = with_bank(place).await;
    let (ahead, right) = (DeviceNumber::new(3), DeviceNumber::new(4));
    let note = async |device, ms| store.note_clock(device, Skew(ms), server(NOON)).await.expect("noted");
    note(right, 30_000).await;
    note(ahead, -2 * HOUR).await;
    note(ahead, -2 * HOUR + 1_000).await;
    let wrong = store.wrong_clocks().await.expect("read");
    assert_eq!(wrong.into_iter().collect::<Vec<_>>(), [(ahead, Skew(-2 * HOUR))], "what moved by a second is no news");
    note(ahead, 1_000).await;
    assert!(store.wrong_clocks().await.expect("read").is_empty());
}
