//! Driving a sync: the engine says what to do next; the app's transport posts, the timer waits. The replica is locked only
//! while a request is put together or a response applied, so the app goes on recording meanwhile.

use crate::edge::{count, now};
use crate::{Phone, PhoneError, Transport};
use canvass_core::domain::PhoneTime;
use canvass_core::replica::Action;
use canvass_core::sync::{Failure, Report, Session};
use std::sync::Arc;
use std::time::Duration;

/// What a check came to: "0 of 8,432 records differ".
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct CheckReport {
    /// Records on this phone, those included that are on the server alone by now.
    pub records: u32,
    /// How many differed from what the server has, or were lacking; what differed was sent again.
    pub found: u32,
    /// How many still differ: at anything but 0, tell the operator of the server.
    pub differing: u32,
}

/// What a sync came to.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct SyncReport {
    /// Whether the server durably has everything recorded here, also what was recorded during the sync.
    pub synced: bool,
    /// Changes that the server does not have yet.
    pub outstanding: u32,
    /// Changes that the server took durably in this sync.
    pub acknowledged: u32,
    /// Changes that came from the server and are new here.
    pub pulled: u32,
    /// Changes that the server refused: they are in the inbox.
    pub refused: u32,
    /// Edits made again upon what others had changed.
    pub redone: u32,
    /// Records that left this phone, because they were assigned elsewhere.
    pub evicted: u32,
    /// Attempts that failed on the way.
    pub failures: u32,
    /// Bytes sent.
    pub sent: u64,
    /// Bytes received.
    pub received: u64,
    /// What the check came to, if one was asked for and the server can answer it.
    pub check: Option<CheckReport>,
}

impl SyncReport {
    fn of(report: &Report, outstanding: usize) -> Self {
        let applied = &report.applied;
        Self {
            synced: outstanding == 0,
            outstanding: count(outstanding),
            acknowledged: count(applied.acknowledged),
            pulled: count(applied.pulled),
            refused: count(applied.refused),
            redone: count(applied.redone),
            evicted: count(applied.evicted),
            failures: report.failures,
            sent: report.sent,
            received: report.received,
            check: report.check.map(|check| CheckReport {
                records: count(check.records),
                found: count(check.found),
                differing: count(check.differing),
            }),
        }
    }
}

#[uniffi::export(async_runtime = "tokio")]
impl Phone {
    /// Sends what is new here and fetches what is new there. A sync already under way is waited for. An error means not
    /// synced; whatever it is, nothing is lost, and the next sync goes on from there.
    ///
    /// # Errors
    /// When the server cannot be reached or refuses this phone, the app cancels, or storage is full.
    pub async fn sync(self: Arc<Self>, transport: Arc<dyn Transport>) -> Result<SyncReport, PhoneError> {
        Arc::clone(&self).until_cancelled(transport, false).await
    }

    /// The same, and then checks whether this phone has what the server says it should; what differs is sent again. It reads
    /// everything on the phone once: do it now and then, or when somebody asks.
    ///
    /// # Errors
    /// As for `sync`.
    pub async fn sync_and_check(self: Arc<Self>, transport: Arc<dyn Transport>) -> Result<SyncReport, PhoneError> {
        Arc::clone(&self).until_cancelled(transport, true).await
    }

    /// Ends every sync under way, of attachments too; each of them throws `Cancelled`.
    ///
    /// # Errors
    /// None; declared so that no call can end the app.
    pub fn cancel_sync(&self) -> Result<(), PhoneError> {
        self.cancelled.notify_waiters();
        Ok(())
    }
}

impl Phone {
    async fn until_cancelled(
        self: Arc<Self>,
        transport: Arc<dyn Transport>,
        check: bool,
    ) -> Result<SyncReport, PhoneError> {
        // Between two awaits a sync keeps nothing but what is committed, so it may be dropped at any of them.
        tokio::select! {
            () = self.cancelled.notified() => Err(PhoneError::Cancelled),
            report = Arc::clone(&self).drive(transport, check) => report,
        }
    }

    async fn drive(self: Arc<Self>, transport: Arc<dyn Transport>, check: bool) -> Result<SyncReport, PhoneError> {
        let _turn = self.turn.lock().await;
        let mut session = self.replica().session(rand::random())?;
        if check {
            session = session.with_check();
        }
        let mut at = now()?;
        loop {
            let action;
            (action, session) = Arc::clone(&self).advance(session, at).await?;
            match action {
                Action::Transmit(post) => match transport.post(post.into()).await {
                    Ok(reply) => session.received(&reply.into(), now()?),
                    Err(error) => session.failed(&Failure(error.to_string()), now()?),
                },
                Action::Wait(until) => {
                    let millis = until.millis().saturating_sub(at.millis());
                    tokio::time::sleep(Duration::from_millis(u64::try_from(millis).unwrap_or(0))).await;
                    // The wait is over, also where the clock was turned back meanwhile.
                    at = now()?.max(until);
                    continue;
                }
                Action::Done(result) => return Ok(SyncReport::of(&result?, self.replica().outstanding()?)),
            }
            at = now()?;
        }
    }

    /// Takes the session as far as it goes without the network, on a thread that may wait for the disk.
    async fn advance(self: Arc<Self>, mut session: Session, at: PhoneTime) -> Result<(Action, Session), PhoneError> {
        let work = tokio::task::spawn_blocking(move || {
            let action = self.replica().advance(&mut session, rand::random(), at)?;
            Ok((action, session))
        });
        work.await.unwrap_or_else(|error| Err(PhoneError::SyncFailed { reason: error.to_string() }))
    }
}

#[cfg(test)]
mod tests {
    use crate::{Phone, PhoneError, Post, ProspectDraft, Reply, Transport, TransportError, give_up, people};
    use canvass_core::domain::{DeviceNumber, Role, ServerTime};
    use canvass_core::signing::{Signer, SoftwareKey};
    use canvass_core::wire::{EnrolRequest, EnrolResponse, Enrolled, Invitation, InvitationCode};
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};

    struct Down(AtomicU32);

    #[async_trait::async_trait]
    impl Transport for Down {
        async fn post(&self, _: Post) -> Result<Reply, TransportError> {
            self.0.fetch_add(1, Ordering::SeqCst);
            Err(TransportError::Failed { reason: "no route".to_owned() })
        }
    }

    fn server() -> SoftwareKey {
        SoftwareKey::from_secret(&[9; 32]).expect("a key")
    }

    fn invitation() -> String {
        let base = "https://canvass.bank.example".to_owned();
        let fingerprint = server().public_key().fingerprint();
        Invitation { base, number: 3, code: InvitationCode::new([1; 10]), fingerprint }.to_string()
    }

    /// A server that takes WF's phone in, but loses the first answer.
    struct Inviting(AtomicU32);

    #[async_trait::async_trait]
    impl Transport for Inviting {
        async fn post(&self, post: Post) -> Result<Reply, TransportError> {
            assert_eq!((post.path.as_str(), &post.authorization), ("/v1/enrol", &None));
            let request = EnrolRequest::decode(&post.body).expect("a request");
            assert!(request.is_proven());
            if self.0.fetch_add(1, Ordering::SeqCst) == 0 {
                return Err(TransportError::Failed { reason: "no route".to_owned() });
            }
            let enrolled = Enrolled {
                device: DeviceNumber::new(1),
                person: "WF".parse().expect("a person"),
                name: "王芳".to_owned(),
                roles: Role::AccountManager.into(),
                units: Vec::new(),
                clock: ServerTime::from_millis(1_772_985_600_000).expect("a time"),
                server_key: server().public_key(),
                token: Vec::new().into(),
                lease_ms: 0,
                dossier_key: None,
            };
            let sealed = EnrolResponse::seal(&enrolled, &server()).expect("sealed");
            Ok(Reply { status: 200, body: sealed.encode().expect("encodes") })
        }
    }

    async fn enrol(folder: &tempfile::TempDir) -> Result<Arc<Phone>, PhoneError> {
        let folder = folder.path().to_str().expect("text").to_owned();
        Phone::enrol(folder, None, invitation(), Arc::new(Inviting(AtomicU32::new(0))), None).await
    }

    #[tokio::test(start_paused = true)]
    async fn a_phone_enrols_once_although_an_answer_was_lost_and_opens_as_its_persons() {
        let folder = tempfile::tempdir().expect("a folder");
        let text = folder.path().to_str().expect("text").to_owned();
        assert_eq!(people(text.clone()), Ok(Vec::new()));
        let phone = enrol(&folder).await.expect("enrolled");
        assert_eq!((phone.person(), phone.person_name()), (Ok("WF".to_owned()), Ok("王芳".to_owned())));
        drop(phone);
        assert_eq!(people(text.clone()), Ok(vec!["WF".to_owned()]));
        assert_eq!(enrol(&folder).await.err(), Some(PhoneError::AlreadyEnrolled));
        let other = Phone::open(text.clone(), "LW".to_owned(), None, None);
        assert_eq!(other.err(), Some(PhoneError::NotEnrolled));
        assert!(Phone::open(text.clone(), "WF".to_owned(), None, None).is_ok());
        let short = Phone::open(text.clone(), "WF".to_owned(), Some(vec![1; 31]), None);
        assert!(matches!(short, Err(PhoneError::Invalid { field, .. }) if field == "key"));
        give_up(text.clone(), "WF".to_owned()).expect("given up");
        assert_eq!(people(text), Ok(Vec::new()));
    }

    // The clock of the waits stands still and jumps over them.
    #[tokio::test(start_paused = true)]
    async fn a_sync_that_never_gets_through_gives_up_and_keeps_what_was_recorded() {
        let folder = tempfile::tempdir().expect("a folder");
        let phone = enrol(&folder).await.expect("enrolled");
        let draft = ProspectDraft { name: "天通苑".to_owned(), ..ProspectDraft::default() };
        let prospect = phone.record_prospect(draft).expect("recorded");
        let transport = Arc::new(Down(AtomicU32::new(0)));
        let error = Arc::clone(&phone).sync(Arc::clone(&transport) as Arc<dyn Transport>).await.expect_err("no server");
        let attempts = transport.0.load(Ordering::SeqCst);
        let reason = "the server could not be reached: no route".to_owned();
        assert_eq!(error, PhoneError::Unreachable { attempts, reason });
        assert!(attempts > 1, "{attempts}");
        assert_eq!(phone.outstanding(), Ok(1));
        assert_eq!(phone.record(prospect).map(|record| record.unsynced), Ok(1));
    }
}
