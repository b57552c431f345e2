//! Places for what is worked on at once, so many for each sender, and the turns of one phone's requests.

use canvass_core::domain::DeviceNumber;
use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, sleep};

/// How many times as long as a phone's request took its next one waits for others, if it came before that was done.
const OTHERS: u32 = 3;
/// How long it waits for them at most.
const TURN_OF_OTHERS: Duration = Duration::from_secs(1);

/// Who is being worked for, and how often. What has nobody in it is forgotten.
pub(super) struct AtOnce<K: Hash + Eq + Clone> {
    most: usize,
    places: Mutex<HashMap<K, Arc<Semaphore>>>,
}

impl<K: Hash + Eq + Clone> AtOnce<K> {
    pub(super) fn new(most: usize) -> Self {
        Self { most: most.min(Semaphore::MAX_PERMITS), places: Mutex::default() }
    }

    /// A place for a sender, unless as many as one may have are taken.
    ///
    /// # Errors
    /// How many that is.
    pub(super) fn try_place(self: &Arc<Self>, sender: K) -> Result<Place<K>, usize> {
        let permit = self.of(&sender).try_acquire_owned().map_err(|_| self.most)?;
        Ok(Place { permit: Some(permit), sender, of: self.clone() })
    }

    /// Waits for a place for a sender.
    pub(super) async fn place(self: &Arc<Self>, sender: K) -> Place<K> {
        // Made at once, so that a sender who gives up waiting is forgotten too.
        let mut place = Place { permit: None, sender, of: self.clone() };
        let places = self.of(&place.sender);
        place.permit = places.acquire_owned().await.ok();
        place
    }

    /// Whether nobody is remembered.
    #[cfg(test)]
    pub(super) fn is_empty(&self) -> bool {
        self.places.lock().unwrap_or_else(PoisonError::into_inner).is_empty()
    }

    fn of(&self, sender: &K) -> Arc<Semaphore> {
        let mut places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        places.entry(sender.clone()).or_insert_with(|| Arc::new(Semaphore::new(self.most))).clone()
    }

    /// Forgets a sender for whom nothing is worked on and nobody waits.
    fn tidy(&self, sender: &K) {
        let mut places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        if places.get(sender).is_some_and(|places| Arc::strong_count(places) == 1) {
            places.remove(sender);
        }
    }
}

/// A place among those of one sender that are worked on; given back when dropped.
pub struct Place<K: Hash + Eq + Clone> {
    permit: Option<OwnedSemaphorePermit>,
    sender: K,
    of: Arc<AtOnce<K>>,
}

impl<K: Hash + Eq + Clone> Drop for Place<K> {
    fn drop(&mut self) {
        self.permit = None;
        self.of.tidy(&self.sender);
    }
}

/// A phone's request being worked on. When it is done and the same phone's next already waits, that one comes after three
/// times as long again, which is the others' time. A phone that asks for one thing after another never waits.
pub struct Turn {
    place: Option<Place<DeviceNumber>>,
    begun: Instant,
}

impl Turn {
    /// Waits until none of a phone's other requests is worked on.
    pub(super) async fn of(turns: &Arc<AtOnce<DeviceNumber>>, device: DeviceNumber) -> Self {
        Self { place: Some(turns.place(device).await), begun: Instant::now() }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        // One is the table's, one the permit's.
        let awaited = |place: &Place<DeviceNumber>| Arc::strong_count(&place.of.of(&place.sender)) > 3;
        let (Some(place), Ok(runtime)) = (self.place.take_if(|place| awaited(place)), Handle::try_current()) else {
            return;
        };
        let others = (self.begun.elapsed() * OTHERS).min(TURN_OF_OTHERS);
        runtime.spawn(async move {
            sleep(others).await;
            drop(place);
        });
    }
}
