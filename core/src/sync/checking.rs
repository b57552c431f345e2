//! The check at the end of a sync: first the digests of all months, then those of the records of months that differ; what differs
//! is fetched, and the months are looked at once more.

use super::outcome::{CheckReport, Checked};
use crate::wire::Ask;

/// How often the months are asked for at most.
const PASSES: u32 = 3;

/// How many months one question names at most.
const MONTHS: usize = 1_000;

/// A check under way.
#[derive(Debug)]
pub(super) struct Checking {
    /// What the server is asked next; none once it is over.
    ask: Option<Ask>,
    passes: u32,
    found: Option<usize>,
    report: Option<CheckReport>,
}

impl Checking {
    pub(super) fn begin() -> Self {
        Self { ask: Some(Ask { months: None }), passes: 0, found: None, report: None }
    }

    /// What to ask next.
    pub(super) fn ask(&self) -> Option<&Ask> {
        self.ask.as_ref()
    }

    /// What it came to; none until it is over, or if the server does not answer such questions.
    pub(super) fn report(&self) -> Option<CheckReport> {
        self.report
    }

    /// The server answered, but not this.
    pub(super) fn unanswered(&mut self) {
        self.ask = None;
    }

    /// The phone compared the answer with what it has.
    pub(super) fn compared(&mut self, checked: &Checked) {
        match checked {
            Checked::Months { records, differing } => {
                self.passes += 1;
                if differing.is_empty() {
                    self.ends(*records, 0);
                } else {
                    self.ask = Some(Ask { months: Some(differing.iter().copied().take(MONTHS).collect()) });
                }
            }
            Checked::Records { records, differing } => {
                self.found.get_or_insert(*differing);
                if self.passes < PASSES {
                    // What differs is fetched first: the phone asks for it by itself.
                    self.ask = Some(Ask { months: None });
                } else {
                    self.ends(*records, *differing);
                }
            }
        }
    }

    fn ends(&mut self, records: usize, differing: usize) {
        self.ask = None;
        self.report = Some(CheckReport { records, found: self.found.unwrap_or(0), differing });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn months(differing: &[u32]) -> Checked {
        Checked::Months { records: 8_432, differing: differing.to_vec() }
    }

    #[test]
    fn where_nothing_differs_one_question_is_all() {
        let mut checking = Checking::begin();
        assert_eq!(checking.ask(), Some(&Ask { months: None }));
        checking.compared(&months(&[]));
        assert_eq!(
            (checking.ask(), checking.report()),
            (None, Some(CheckReport { records: 8_432, found: 0, differing: 0 }))
        );
    }

    #[test]
    fn what_differs_is_asked_for_and_looked_at_once_more() {
        let mut checking = Checking::begin();
        checking.compared(&months(&[7]));
        assert_eq!(checking.ask(), Some(&Ask { months: Some(vec![7]) }));
        checking.compared(&Checked::Records { records: 8_432, differing: 2 });
        assert_eq!(checking.ask(), Some(&Ask { months: None }));
        checking.compared(&months(&[]));
        assert_eq!(checking.report(), Some(CheckReport { records: 8_432, found: 2, differing: 0 }));
    }

    #[test]
    fn what_cannot_be_mended_ends_the_check_all_the_same_and_is_told() {
        let mut checking = Checking::begin();
        let mut rounds = 0;
        while let Some(ask) = checking.ask() {
            let records = ask.months.is_some();
            checking.compared(&if records { Checked::Records { records: 9, differing: 1 } } else { months(&[7]) });
            rounds += 1;
        }
        assert!(rounds <= 6, "{rounds}");
        assert_eq!(checking.report(), Some(CheckReport { records: 9, found: 1, differing: 1 }));
        let mut unanswered = Checking::begin();
        unanswered.unanswered();
        assert_eq!((unanswered.ask(), unanswered.report()), (None, None));
    }
}
