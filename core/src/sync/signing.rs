//! Posts signed as a phone, and signed again by the server's clock where that tells of another time.

use super::post::Problem;
use super::{Caller, Post};
use crate::domain::{DeviceNumber, PhoneTime};
use crate::signing::{Authorization, SigningError};

/// How often in a row a request is signed again by the server's clock before that counts as a failure.
const MAX_SIGNED_AGAIN: u32 = 3;

/// Signs as one phone, by its clock or by what the server said of the time.
#[derive(Debug)]
pub(super) struct Signing {
    caller: Caller,
    /// How far the server's clock is ahead of the phone's, once a request was turned away for its time.
    ahead_ms: i64,
    again: u32,
}

impl Signing {
    pub(super) fn new(caller: Caller) -> Self {
        Self { caller, ahead_ms: 0, again: 0 }
    }

    pub(super) fn device(&self) -> DeviceNumber {
        self.caller.device
    }

    /// A body to be posted to a path, signed.
    pub(super) fn post(&self, path: &'static str, body: &[u8], now: PhoneTime) -> Result<Post, SigningError> {
        let at = now.plus_millis(self.ahead_ms);
        let signed = Authorization::sign(self.caller.signer.as_ref(), self.caller.device, path, at, body)?;
        Ok(Post { path, authorization: Some(signed.to_string()), body: body.to_vec() })
    }

    /// Whether a request that was turned away is to be signed again at once, by the time that the server told.
    pub(super) fn signs_again(&mut self, status: u16, problem: &Problem, now: PhoneTime) -> bool {
        let (401, "stale-time", Some(time)) = (status, problem.code.as_str(), problem.time) else { return false };
        self.ahead_ms = time.skew_ms(now);
        self.again += 1;
        self.again <= MAX_SIGNED_AGAIN
    }

    /// A request was taken: the time was right.
    pub(super) fn was_taken(&mut self) {
        self.again = 0;
    }
}
