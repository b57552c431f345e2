//! What is new, told to whoever looks at a page: while anybody listens, one task asks the store for its versions, so that
//! what another process commits is seen too.

use crate::store::{Store, Versions};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;

/// How often the store is asked.
const EVERY: Duration = Duration::from_secs(1);
/// How many may listen at once, if the system allows the process so many open files.
const LISTENERS: u64 = 4096;

/// Tells listeners when something changed, until the server stops.
#[derive(Clone)]
pub struct Live(Arc<Shared>);

struct Shared {
    store: Arc<dyn Store>,
    places: Arc<Semaphore>,
    stopping: CancellationToken,
    versions: watch::Sender<Option<Versions>>,
    watched: Mutex<bool>,
}

impl Live {
    /// Tells what changes in a store.
    pub fn new(store: Arc<dyn Store>) -> Self {
        // Each takes a file; half of them are for phones and databases.
        let files = rlimit::increase_nofile_limit(4 * LISTENERS).unwrap_or(256);
        let places = usize::try_from(LISTENERS.min(files / 2)).unwrap_or(0);
        Self(Arc::new(Shared {
            store,
            places: Arc::new(Semaphore::new(places)),
            stopping: CancellationToken::new(),
            versions: watch::Sender::new(None),
            watched: Mutex::new(false),
        }))
    }

    /// Ends every listening: a stream that stays open would keep the server from stopping.
    pub fn stop(&self) {
        self.0.stopping.cancel();
    }

    /// Listens; none while too many do. To be called within a tokio runtime.
    pub fn listen(&self) -> Option<Listener> {
        let place = self.0.places.clone().try_acquire_owned().ok()?;
        let mut watched = self.0.watched.lock().unwrap_or_else(PoisonError::into_inner);
        if !std::mem::replace(&mut *watched, true) {
            self.0.versions.send_replace(None);
            tokio::spawn(self.0.clone().watch());
        }
        let versions = self.0.versions.subscribe();
        Some(Listener { versions, heard: None, stopping: self.0.stopping.clone(), _place: place })
    }
}

impl Shared {
    async fn watch(self: Arc<Self>) {
        let mut every = tokio::time::interval(EVERY);
        every.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while !self.stopping.is_cancelled() && !self.alone() {
            every.tick().await;
            match self.store.versions().await {
                Ok(versions) => {
                    self.versions.send_if_modified(|told| told.replace(versions) != Some(versions));
                }
                Err(error) => tracing::warn!(%error, "the store did not say what is new"),
            }
        }
    }

    /// Whether nobody listens any more; who comes after that starts the watch anew.
    fn alone(&self) -> bool {
        let mut watched = self.watched.lock().unwrap_or_else(PoisonError::into_inner);
        *watched = self.versions.receiver_count() > 0;
        !*watched
    }
}

/// Somebody who wants to know what is new.
pub struct Listener {
    versions: watch::Receiver<Option<Versions>>,
    heard: Option<Versions>,
    stopping: CancellationToken,
    _place: OwnedSemaphorePermit,
}

impl Listener {
    /// The versions as they are at first, then each time that they differ. None when the server stops.
    pub async fn next(&mut self) -> Option<Versions> {
        loop {
            let now = *self.versions.borrow_and_update();
            if now.is_some() && now != self.heard {
                self.heard = now;
                return now;
            }
            tokio::select! {
                () = self.stopping.cancelled() => return None,
                changed = self.versions.changed() => changed.ok()?,
            }
        }
    }
}
