//! `POST /v1/sync`: verify, decode, ingest, pull, encode.

use super::body::Brought;
use super::signed::{CONTENT_TYPE, Signed, still_admitted};
use super::{App, Problem};
use crate::ingest::{Proven, token};
use crate::secrets::{Purpose, Secrets};
use crate::store::{IngestOrder, LEASE_MS, PullOrder, Skew};
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response as HttpResponse};
use canvass_core::document::ChangeHash;
use canvass_core::domain::{DeviceNumber, RecordId, dossier};
use canvass_core::wire::{
    ABLE_DOSSIERS, DossierKey, MAX_BODY, Receipt, ReceiptEntry, ReceiptPart, Request, Response, Verdict,
};
use std::collections::HashSet;
use std::future::Future;

/// How many readings of dossiers one request may bring.
const MAX_READINGS: usize = 1_000;

/// How many records one request may ask for by name, and how many months of a check.
const MAX_ASKED: usize = 2_000;

/// What a check takes of a phone's budget of records and changes.
const CHECK: usize = 500;

/// How many records and changes one request may bring: every one costs the writer time, however small it is. A phone
/// that is told so halves what it sends.
const MAX_PUSHED: usize = 10_000;

pub(super) async fn sync(
    signed: Signed,
    State(app): State<App>,
    Brought(body): Brought,
) -> Result<HttpResponse, Problem> {
    let device = signed.device;
    to_its_end(async move {
        let _turn = app.limits.records().turn(device).await;
        let request = message(&app, &signed, body).await?;
        let response = answer(&app, request).await;
        // What was made for a phone that has been revoked meanwhile goes nowhere.
        still_admitted(&app, device).await?;
        packed(response?).await
    })
    .await
}

/// Works on something whether or not its sender still waits: who hangs up keeps their turn and place until it is done.
pub(super) async fn to_its_end(
    work: impl Future<Output = Result<HttpResponse, Problem>> + Send + 'static,
) -> Result<HttpResponse, Problem> {
    tokio::spawn(work).await.map_err(Problem::failed)?
}

/// The message in a signed body, from whom it says, and of no more than its phone may push.
pub(super) async fn message(app: &App, signed: &Signed, body: Bytes) -> Result<Request, Problem> {
    let body = signed.body(body)?;
    let request = off_thread(move || Request::decode(&body)).await??;
    signed.is_of(request.device, &request.person)?;
    app.limits.device_pushes(signed.device, bounded(&request)?)?;
    Ok(request)
}

/// A message as an answer.
pub(super) async fn packed(response: Response) -> Result<HttpResponse, Problem> {
    let body = off_thread(move || response.encode()).await??;
    Ok(([(header::CONTENT_TYPE, HeaderValue::from_static(CONTENT_TYPE))], body).into_response())
}

/// Makes sure that what is brought takes bounded time, and counts it: readings, records and changes. A record's document is
/// loaded once for each push of it, so a record stands there once.
fn bounded(request: &Request) -> Result<usize, Problem> {
    let (pushes, readings) = (&request.pushes, request.readings.len());
    if readings > MAX_READINGS {
        return Err(Problem::too_large(format!("{readings} readings: send at most {MAX_READINGS} at once")));
    }
    let months = request.check.as_ref().and_then(|ask| ask.months.as_ref()).map_or(0, Vec::len);
    if request.fetch.len().max(months) > MAX_ASKED {
        return Err(Problem::too_large(format!("too much is asked for: name at most {MAX_ASKED} records or months")));
    }
    let pushed = pushes.iter().map(|push| 1 + push.changes.len()).sum::<usize>();
    if pushed > MAX_PUSHED {
        return Err(Problem::too_large(format!(
            "{pushed} records and changes are pushed: send at most {MAX_PUSHED} at once"
        )));
    }
    let records: HashSet<RecordId> = pushes.iter().map(|push| push.record).collect();
    if records.len() < pushes.len() {
        return Err(Problem::unreadable("a record is pushed twice in one request: push all its changes together"));
    }
    // A check goes through all that a person holds.
    let asked = request.fetch.len() + if request.check.is_some() { CHECK } else { 0 };
    Ok(pushed + readings + asked)
}

async fn answer(app: &App, request: Request) -> Result<Response, Problem> {
    let (now, device, secrets) = (app.clock.now(), request.device, app.store.secrets());
    app.store.seen(device, now).await?;
    app.store.note_clock(device, Skew(now.skew_ms(request.clock)), now).await?;
    let hashes: Vec<Vec<ChangeHash>> = request.pushes.iter().map(|push| push.hashes().collect()).collect();
    let proven = proven(secrets, &request.receipts);
    let records: Vec<RecordId> = request.pushes.iter().map(|push| push.record).collect();
    let mut response = Response::new(request.nonce, now);
    let told = request.token.as_ref().and_then(|text| token::told(secrets, device, &request.person, text));
    // What a restored server would judge by is what it lost: the phone brings that back first.
    let lost = match request.commit {
        Some(commit) => !app.store.has_commit(commit).await?,
        None => false,
    };
    let pushes = if lost { Vec::new() } else { request.pushes };
    if !pushes.is_empty() || !request.readings.is_empty() {
        let (told, proven, readings) = (told.clone(), proven.clone(), request.readings);
        let order = IngestOrder { told, proven, readings, ..IngestOrder::new(device, now, pushes) };
        response.verdicts = app.store.ingest(order).await?;
    }
    if lost {
        tracing::warn!(%device, "this server was restored: it has not what it told a phone, which brings back what it holds");
        response.verdicts = hashes.iter().map(|hashes| vec![Verdict::NeedsDeps; hashes.len()]).collect();
    }
    let able = request.able.iter().any(|able| able == ABLE_DOSSIERS);
    let of_record = records.iter().zip(&hashes).flat_map(|(record, hashes)| hashes.iter().map(|hash| (*record, *hash)));
    let known = of_record.zip(response.verdicts.iter().flatten()).filter(|(_, verdict)| **verdict == Verdict::Known);
    let known = known.map(|(change, _)| change).collect();
    let pulled = app
        .store
        .pull(PullOrder {
            person: request.person,
            now,
            positions: request.positions,
            reference: request.reference,
            standings: request.standings,
            // Compressed, so much fits into a body with room to spare.
            budget: usize::try_from(request.budget).unwrap_or(MAX_BODY).min(MAX_BODY / 2),
            told,
            dossiers: able,
            pushed: if lost { HashSet::new() } else { hashes.iter().flatten().copied().collect() },
            known,
            lost,
            check: request.check,
            fetch: request.fetch,
            pushed_of: if lost { Vec::new() } else { records },
        })
        .await?;
    // Of what was accepted now, of what the server had already, whose acknowledgement may have been lost, and of what it sends.
    let written = |hash: &ChangeHash, verdict: &Verdict| match verdict {
        Verdict::Accepted => Some(proven.get(hash).copied().unwrap_or((device, now))),
        _ => pulled.known.get(hash).copied(),
    };
    let entry = |(hash, verdict): (&ChangeHash, &Verdict)| {
        let entry = |(author, received_at)| ReceiptEntry { hash: *hash, author, received_at };
        written(hash, verdict).map(entry)
    };
    let settled = hashes.iter().flatten().zip(response.verdicts.iter().flatten());
    let settled = settled.filter(|(_, verdict)| matches!(verdict, Verdict::Accepted | Verdict::Known));
    // Without one of them the phone could not tell the others apart.
    let entries: Option<Vec<_>> = settled.map(entry).chain(pulled.receipt.iter().map(|entry| Some(*entry))).collect();
    if let Some(entries) = entries.filter(|entries| !entries.is_empty()) {
        let mac = secrets.mark(Purpose::Receipts, &Receipt::said(&entries));
        response.receipt = Some(ReceiptPart::of(mac, &entries));
    }
    if let Some(told) = &pulled.told {
        response.token = Some(token::token(secrets, device, told).into());
        response.lease_ms = LEASE_MS.unsigned_abs();
        let reads = told.grants.reads(&(&dossier::KIND).into());
        response.dossier_key = (able && reads).then(|| dossier_key(secrets, device));
    }
    response.deliveries = pulled.deliveries;
    response.evictions = pulled.evictions;
    response.erased = pulled.erased;
    response.unknown = pulled.unknown;
    response.check = pulled.check;
    response.positions = pulled.positions;
    response.more = pulled.more;
    response.reference = pulled.reference;
    response.standings = pulled.standings;
    response.commit = pulled.commit;
    response.lost = lost;
    Ok(response)
}

/// The key of a phone's dossiers: the same with every lease, and the server need not keep it.
pub(super) fn dossier_key(secrets: &Secrets, device: DeviceNumber) -> DossierKey {
    DossierKey::new(*secrets.key(Purpose::PhoneDossiers, &device.get().to_be_bytes()))
}

/// Who wrote changes, as far as receipts of this server prove it. One that is not this server's proves nothing.
pub(super) fn proven(secrets: &Secrets, receipts: &[Receipt]) -> Proven {
    let genuine =
        |receipt: &&Receipt| secrets.is_marked(Purpose::Receipts, &Receipt::said(&receipt.entries), &receipt.mac);
    let entries = receipts.iter().filter(genuine).flat_map(|receipt| &receipt.entries);
    entries.map(|entry| (entry.hash, (entry.author, entry.received_at))).collect()
}

/// Runs what takes processor time off the threads that serve everybody.
pub(super) async fn off_thread<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Problem> {
    tokio::task::spawn_blocking(work).await.map_err(Problem::failed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::StatusCode;
    use canvass_core::domain::{PhoneTime, ServerTime};
    use canvass_core::wire::Push;

    fn push(n: u8, changes: usize) -> Push {
        let kind = "visit".parse().expect("a kind");
        Push { record: RecordId::new(1, [n; 10]), kind, changes: vec![vec![].into(); changes] }
    }

    #[test]
    fn what_would_keep_the_writer_busy_for_long_is_turned_away_at_the_door() {
        let status = |pushes: &[Push]| {
            let clock = PhoneTime::from_millis(0).expect("a time");
            let mut request = Request::new(DeviceNumber::new(1), "P".parse().expect("a person"), clock, 1, 1);
            request.pushes = pushes.to_vec();
            bounded(&request).map_err(|problem| problem.status())
        };
        assert_eq!(status(&[push(1, MAX_PUSHED - 3), push(2, 1)]), Ok(MAX_PUSHED));
        assert_eq!(status(&[push(1, MAX_PUSHED - 2), push(2, 1)]), Err(StatusCode::PAYLOAD_TOO_LARGE));
        assert_eq!(status(&[push(1, 1), push(2, 1), push(1, 1)]), Err(StatusCode::BAD_REQUEST));
    }

    #[test]
    fn only_receipts_under_this_servers_mark_prove_anything() {
        let secrets = Secrets::from_master([1; 32]).expect("secrets");
        let received_at = ServerTime::from_millis(5).expect("a time");
        let hash = canvass_core::document::change_hash(&[1; 20]);
        let entries = vec![ReceiptEntry { hash, author: DeviceNumber::new(9), received_at }];
        let mac = secrets.mark(Purpose::Receipts, &Receipt::said(&entries));
        let genuine = Receipt { mac, entries };
        assert_eq!(
            proven(&secrets, std::slice::from_ref(&genuine)).get(&hash),
            Some(&(DeviceNumber::new(9), received_at))
        );
        let mut forged = genuine.clone();
        forged.entries[0].author = DeviceNumber::new(8);
        assert!(proven(&secrets, &[forged]).is_empty());
        assert!(proven(&Secrets::from_master([2; 32]).expect("secrets"), &[genuine]).is_empty());
    }
}
