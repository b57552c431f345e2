//! A lane for the requests of phones: budgets, places and turns of its own. Records have one and attachments another, so that no
//! photo keeps a record waiting.

use super::Problem;
use super::budget::{Allowance, Budget, Ticks};
use super::places::{AtOnce, Place, Turn};
use canvass_core::domain::DeviceNumber;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// What one phone may ask for in a lane.
#[derive(Debug, Clone, Copy)]
pub struct LaneAllowance {
    /// Requests of a phone.
    pub requests: Allowance,
    /// Kilobytes of a phone's requests.
    pub kilobytes: Allowance,
    /// How many of a phone are worked on at once; others are turned away.
    pub at_once: usize,
}

/// A lane of one server.
pub struct Lane {
    requests: Budget<DeviceNumber>,
    kilobytes: Budget<DeviceNumber>,
    places: Arc<AtOnce<DeviceNumber>>,
    turns: Arc<AtOnce<DeviceNumber>>,
    /// Phones that asked for too much, and until when they wait.
    waiting: Mutex<HashMap<DeviceNumber, Duration>>,
    ticks: Ticks,
}

impl Lane {
    pub(super) fn new(allowance: LaneAllowance, ticks: &Ticks, senders: usize) -> Self {
        Self {
            requests: Budget::new(allowance.requests, ticks, senders),
            kilobytes: Budget::new(allowance.kilobytes, ticks, senders),
            places: Arc::new(AtOnce::new(allowance.at_once)),
            turns: Arc::new(AtOnce::new(1)),
            waiting: Mutex::default(),
            ticks: ticks.clone(),
        }
    }

    /// Counts a request of a phone whose signature was verified, and what it brings.
    ///
    /// # Errors
    /// `too-many-requests`, with how long to wait.
    pub fn take(&self, device: DeviceNumber, bytes: u64) -> Result<(), Problem> {
        let taken = self.requests.take(device, 1);
        taken.map_err(|wait| self.makes_wait(device, wait)).and_then(|()| self.take_bytes(device, bytes))
    }

    /// Counts what is sent to a phone, or comes from it.
    ///
    /// # Errors
    /// `too-many-requests`, with how long to wait.
    pub fn take_bytes(&self, device: DeviceNumber, bytes: u64) -> Result<(), Problem> {
        let kilobytes = u32::try_from(bytes.div_ceil(1024)).unwrap_or(u32::MAX);
        self.kilobytes.take(device, kilobytes).map_err(|wait| self.makes_wait(device, wait))
    }

    /// A phone asked for too much: it is told how long to wait, and until then answered before its signature is checked.
    pub(super) fn makes_wait(&self, device: DeviceNumber, wait: Duration) -> Problem {
        let until = self.ticks.0.elapsed() + wait;
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).insert(device, until);
        asks_too_much(device, wait)
    }

    /// Whether a phone still has to wait: asked before its signature is checked, so that a flood costs no such check. Only
    /// what it signed makes a phone wait, so nobody can make another's.
    ///
    /// # Errors
    /// `too-many-requests`, with how long to wait.
    pub fn waits(&self, device: DeviceNumber) -> Result<(), Problem> {
        let now = self.ticks.0.elapsed();
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        match waiting.get(&device).map(|until| until.saturating_sub(now)) {
            None => Ok(()),
            Some(Duration::ZERO) => {
                waiting.remove(&device);
                Ok(())
            }
            Some(wait) => Err(asks_too_much(device, wait)),
        }
    }

    /// Takes a place for a phone's request, to be held while it is worked on.
    ///
    /// # Errors
    /// `too-many-requests`, when as many as one phone may have are being worked on.
    pub fn place(&self, device: DeviceNumber) -> Result<Place<DeviceNumber>, Problem> {
        self.places.try_place(device).map_err(|most| {
            let words = format!("{most} requests of device {device} are being worked on");
            Problem::too_many_requests(&words, Duration::from_secs(1))
        })
    }

    /// Whether nobody is worked for, and nobody is remembered.
    #[cfg(test)]
    pub(super) fn is_idle(&self) -> bool {
        self.places.is_empty() && self.turns.is_empty()
    }

    /// Waits until none of a phone's other requests is worked on, now that its body is here: one after the other they take
    /// the store's time, so that four at once do not keep others from it four times as long.
    pub async fn turn(&self, device: DeviceNumber) -> Turn {
        Turn::of(&self.turns, device).await
    }
}

fn asks_too_much(device: DeviceNumber, wait: Duration) -> Problem {
    Problem::too_many_requests(&format!("device {device} asks for more than one phone may"), wait)
}
