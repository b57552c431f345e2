//! Phones' clocks: how far each lies from the server's. No clock decides anything by itself, but whose it is that is wrong people
//! should be told: what a phone records by it stands at the wrong time.

use super::StoreError;
use async_trait::async_trait;
use canvass_core::domain::{DeviceNumber, ServerTime};
use canvass_core::signing::MAX_SKEW_MS;
use std::collections::BTreeMap;

/// How far a phone's clock lay behind the server's, in milliseconds; negative: ahead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Skew(pub i64);

/// By how much a clock may move before that is noted again, so that an idle sync writes nothing.
const MOVED_MS: i64 = 60_000;

impl Skew {
    /// Whether people should be told: it is further off than a request's signature may be.
    pub fn is_wrong(self) -> bool {
        self.0.saturating_abs() > MAX_SKEW_MS
    }

    /// Whether the clock is ahead.
    pub fn is_ahead(self) -> bool {
        self.0 < 0
    }

    /// How much it is, cut to the largest unit of which there are two, as Chinese and English say it.
    pub fn said(self) -> (String, String) {
        let minutes = self.0.unsigned_abs() / 60_000;
        let (number, zh, en) = match minutes {
            0..120 => (minutes, "分钟", "minutes"),
            120..2_880 => (minutes / 60, "小时", "hours"),
            _ => (minutes / 1_440, "天", "days"),
        };
        let ahead = self.is_ahead();
        let zh = format!("{} {number} {zh}", if ahead { "快" } else { "慢" });
        (zh, format!("{number} {en} {}", if ahead { "ahead" } else { "behind" }))
    }

    /// Whether it is to be noted, if that is what was noted last.
    pub(super) fn is_news(self, noted: Option<Self>) -> bool {
        self.0.saturating_sub(noted.map_or(0, |noted| noted.0)).saturating_abs() > MOVED_MS
    }
}

/// What the store does with phones' clocks.
#[async_trait]
pub trait Clocks: Send + Sync {
    /// Notes how far a phone's clock lay from the server's at a sync; at most a clock that moved is written down.
    async fn note_clock(&self, device: DeviceNumber, skew: Skew, at: ServerTime) -> Result<(), StoreError>;

    /// The clocks that were wrong when their phones last synced.
    async fn wrong_clocks(&self) -> Result<BTreeMap<DeviceNumber, Skew>, StoreError>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_is_called_wrong_once_a_signature_by_it_would_be_stale_and_by_how_much_in_words() {
        let said = |ms: i64| Skew(ms).said().1;
        assert!(!Skew(MAX_SKEW_MS).is_wrong() && Skew(MAX_SKEW_MS + 1).is_wrong() && Skew(i64::MIN).is_wrong());
        assert_eq!(Skew(-5 * 365 * 86_400_000).said(), ("快 1825 天".to_owned(), "1825 days ahead".to_owned()));
        assert_eq!((said(7 * 60_000), said(119 * 60_000)), ("7 minutes behind".into(), "119 minutes behind".into()));
        assert_eq!((said(-120 * 60_000), said(48 * 3_600_000)), ("2 hours ahead".into(), "2 days behind".into()));
    }

    #[test]
    fn only_a_clock_that_moved_is_written_down() {
        assert!(!Skew(MOVED_MS).is_news(None) && Skew(MOVED_MS + 1).is_news(None));
        let far = Some(Skew(-86_400_000));
        assert!(!Skew(-86_400_000 + 30_000).is_news(far) && Skew(0).is_news(far), "set right is news, too");
        assert!(Skew(i64::MAX).is_news(Some(Skew(i64::MIN))));
    }
}
