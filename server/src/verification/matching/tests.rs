//! What matching promises, case by case, and that nothing is lost or told twice whatever is matched.

use super::*;
use canvass_core::domain::date_from_text;
use proptest::prelude::*;

const PENDING: Standing = Standing::Pending { undecided: false };

fn date(day: u8) -> Date {
    date_from_text(&format!("2026-03-{day:02}")).expect("a day")
}

fn yuan(yuan: i64) -> Option<Money> {
    Money::from_yuan(yuan).ok()
}

fn row(reference: &str, amount: Option<Money>, day: u8) -> LedgerRow {
    LedgerRow { line: 2, reference: reference.to_owned(), amount, date: date(day) }
}

fn claim(reference: &str, amount: Option<Money>, day: u8, standing: Standing) -> Claimed {
    let (outcome, reference) = (RecordId::new(0, [0; 10]), Reference::of(reference));
    Claimed { outcome, reference, amount, of_money: true, date: Some(date(day)), standing }
}

/// A report in short: places of rows and claims, `-` for none.
fn drawn(rows: &[LedgerRow], claims: &[Claimed]) -> String {
    let report = matching(rows, claims);
    let place = |place: Option<usize>| place.map_or("-".to_owned(), |place| place.to_string());
    let mut lines: Vec<String> =
        report.matched.iter().map(|one| format!("matched {}={}", one.row, one.claim)).collect();
    lines.extend(
        report
            .differing
            .iter()
            .map(|one| format!("differing {}/{} {:?}", place(one.row), place(one.claim), one.differences)),
    );
    lines.extend(report.unknown.iter().map(|row| format!("unknown {row}")));
    lines.extend(report.missing.iter().map(|claim| format!("missing {claim}")));
    lines.extend(report.settled.iter().map(|one| format!("{} {}={}", one.status.name(), one.row, one.claim)));
    lines.join("; ")
}

#[test]
fn each_case_is_told_as_what_it_is() {
    let settled = Standing::Settled;
    let theirs = |rejected| Standing::Anothers { rejected };
    let cases: &[(&str, &[LedgerRow], &[Claimed], &str)] = &[
        ("the same", &[row("K1", yuan(5), 2)], &[claim("k1", yuan(5), 2, PENDING)], "matched 0=0"),
        ("another amount", &[row("K1", yuan(6), 2)], &[claim("K1", yuan(5), 2, PENDING)], "differing 0/0 [Amount]"),
        ("another day", &[row("K1", yuan(5), 3)], &[claim("K1", yuan(5), 2, PENDING)], "differing 0/0 [Date]"),
        (
            "another amount and day",
            &[row("K1", None, 3)],
            &[claim("K1", yuan(5), 2, PENDING)],
            "differing 0/0 [Amount, Date]",
        ),
        ("claimed by nobody", &[row("K1", yuan(5), 2)], &[], "unknown 0"),
        (
            "not in the file, and without a reference",
            &[row("K2", yuan(5), 2)],
            &[claim("K1", yuan(5), 2, PENDING), claim("", yuan(5), 2, PENDING)],
            "unknown 0; missing 0; missing 1",
        ),
        (
            "claimed twice",
            &[row("K1", yuan(5), 2)],
            &[claim("K1", yuan(5), 2, PENDING), claim("K1", yuan(5), 2, PENDING)],
            "differing 0/0 [ClaimedTwice]; differing -/1 [ClaimedTwice]",
        ),
        (
            "twice in the file",
            &[row("K1", yuan(5), 2), row("K1", yuan(5), 2)],
            &[claim("K1", yuan(5), 2, PENDING)],
            "differing 0/0 [TwiceInFile]; differing 1/- [TwiceInFile]",
        ),
        (
            "claimed again after it was confirmed",
            &[row("K1", yuan(5), 2)],
            &[claim("K1", yuan(5), 2, PENDING), claim("K1", yuan(5), 2, settled(Status::Confirmed))],
            "differing 0/0 [ClaimedTwice]",
        ),
        (
            "claimed again after it was rejected",
            &[row("K1", yuan(5), 2)],
            &[claim("K1", yuan(5), 2, PENDING), claim("K1", yuan(9), 2, settled(Status::Rejected))],
            "matched 0=0",
        ),
        (
            "claimed by another unit, too",
            &[row("K1", yuan(5), 2)],
            &[claim("K1", yuan(5), 2, PENDING), claim("K1", yuan(5), 2, theirs(false))],
            "differing 0/0 [ClaimedTwice]",
        ),
        (
            "claimed by another unit alone",
            &[row("K1", yuan(5), 2)],
            &[claim("K1", yuan(5), 2, theirs(true))],
            "unknown 0",
        ),
        (
            "judged before",
            &[row("K1", yuan(5), 2), row("K2", yuan(5), 2), row("K3", yuan(5), 2)],
            &[
                claim("K1", yuan(5), 2, settled(Status::Rejected)),
                claim("K1", yuan(5), 2, settled(Status::Confirmed)),
                claim("K2", yuan(5), 2, settled(Status::Rejected)),
                claim("K3", yuan(5), 2, settled(Status::Excluded)),
            ],
            "confirmed 0=1; rejected 1=2; excluded 2=3",
        ),
        (
            "people disagree",
            &[row("K1", yuan(5), 2)],
            &[claim("K1", yuan(5), 2, Standing::Pending { undecided: true })],
            "differing 0/0 [Undecided]",
        ),
        (
            "cards have no amount",
            &[row("K1", None, 2), row("K2", yuan(5), 2)],
            &[
                Claimed { of_money: false, ..claim("K1", None, 2, PENDING) },
                Claimed { of_money: false, ..claim("K2", None, 2, PENDING) },
            ],
            "matched 0=0; matched 1=1",
        ),
    ];
    for (case, rows, claims, expected) in cases {
        assert_eq!(drawn(rows, claims), *expected, "{case}");
    }
}

#[test]
fn what_is_about_one_booking_stands_together() {
    let rows = [row("K1", yuan(5), 2), row("K2", yuan(6), 2)];
    let claims = [claim("K1", yuan(5), 2, PENDING), claim("K2", yuan(5), 2, PENDING), claim("K1", yuan(5), 2, PENDING)];
    let expected = "differing 0/0 [ClaimedTwice]; differing -/2 [ClaimedTwice]; differing 1/1 [Amount]";
    assert_eq!(drawn(&rows, &claims), expected);
}

fn any_row() -> impl Strategy<Value = LedgerRow> {
    (0..6u8, 0..3i64, 1..3u8).prop_map(|(name, amount, day)| {
        row(&["", "a", "B", "c", "d", "E"][usize::from(name)].repeat(2), yuan(amount).filter(|_| amount > 0), day)
    })
}

fn any_claim() -> impl Strategy<Value = Claimed> {
    let standing = prop_oneof![
        4 => Just(PENDING),
        1 => Just(Standing::Pending { undecided: true }),
        1 => Just(Standing::Settled(Status::Confirmed)),
        1 => Just(Standing::Settled(Status::Rejected)),
        1 => Just(Standing::Settled(Status::Excluded)),
        1 => any::<bool>().prop_map(|rejected| Standing::Anothers { rejected }),
    ];
    (any_row(), standing, any::<bool>()).prop_map(|(row, standing, of_money)| Claimed {
        of_money,
        ..claim(&row.reference.to_lowercase(), row.amount, row.date.day().unsigned_abs(), standing)
    })
}

proptest! {
    #[test]
    fn every_row_and_every_pending_claim_stands_in_the_report_exactly_once(
        rows in proptest::collection::vec(any_row(), 0..12),
        claims in proptest::collection::vec(any_claim(), 0..12),
    ) {
        let report = matching(&rows, &claims);
        let mut told: Vec<usize> = report.matched.iter().map(|one| one.row).collect();
        told.extend(report.differing.iter().filter_map(|one| one.row));
        told.extend(&report.unknown);
        told.extend(report.settled.iter().map(|one| one.row));
        told.sort_unstable();
        prop_assert_eq!(told, (0..rows.len()).collect::<Vec<_>>());
        let mut told: Vec<usize> = report.matched.iter().map(|one| one.claim).collect();
        told.extend(report.differing.iter().filter_map(|one| one.claim));
        told.extend(&report.missing);
        told.sort_unstable();
        let pending = |place: &usize| matches!(claims[*place].standing, Standing::Pending { .. });
        prop_assert_eq!(told, (0..claims.len()).filter(pending).collect::<Vec<_>>());
        prop_assert!(report.differing.iter().all(|one| !one.differences.is_empty()));
    }

    #[test]
    fn what_matches_agrees_in_all_and_has_no_rival(
        rows in proptest::collection::vec(any_row(), 0..12),
        claims in proptest::collection::vec(any_claim(), 0..12),
    ) {
        for Matched { row, claim } in matching(&rows, &claims).matched {
            let (row, one) = (&rows[row], &claims[claim]);
            prop_assert_eq!(one.standing, PENDING);
            prop_assert_eq!(one.date, Some(row.date));
            prop_assert!(!one.of_money || one.amount == row.amount);
            prop_assert_eq!(Reference::of(&row.reference), one.reference.clone());
            let alike = rows.iter().filter(|other| Reference::of(&other.reference) == one.reference).count();
            prop_assert_eq!(alike, 1);
            let rejected = |claim: &Claimed| matches!(
                claim.standing, Standing::Settled(Status::Rejected) | Standing::Anothers { rejected: true });
            let rivals = claims.iter().filter(|other| other.reference == one.reference && !rejected(other)).count();
            prop_assert_eq!(rivals, 1);
        }
    }
}
