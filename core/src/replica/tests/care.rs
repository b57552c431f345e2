//! Promises of care dates and of what else of dossiers one looks back on: shown only while they are open, and noted as read.

use super::dossiers::{ids, lease, leased, readings, reopen, sync};
use super::encrypted::files_with;
use super::*;
use crate::domain::dossier;
use tempfile::TempDir;

fn person(name: &str, more: &[(&str, &str)]) -> Fields {
    let named = fields(&[("name", name.into())]);
    more.iter().fold(named, |fields, (field, day)| fields.with(field.parse().expect("name"), (*day).into()))
}

fn asking(now: PhoneTime, scope: Scope) -> Asking {
    Asking { now, zone: Zone::china(), scope }
}

fn care(replica: &mut Replica, now: PhoneTime, scope: Scope) -> Care {
    replica.today(&asking(now, scope), ids()).expect("answers").care
}

fn dates(care: Care) -> Vec<(String, String, &'static str)> {
    let Care::Dates { dates, more: 0 } = care else { panic!("{care:?}") };
    dates.into_iter().map(|date| (date.on.to_string(), date.name, date.what.en)).collect()
}

/// A phone with five dossiers.
fn with_days() -> (TempDir, Replica) {
    let (folder, mut replica) = leased();
    let people: [(&str, &[(&str, &str)]); 5] = [
        ("周建国", &[("birthday", "1961-03-16")]),
        ("陈阿姨", &[("birthday", "1950-03-17"), ("anniversary/moved-in", "2010-03-09")]),
        ("吴老师", &[("birthday", "1970-03-08")]),
        ("郑先生", &[("anniversary/founding", "2026-03-10")]),
        ("老李", &[("career", "生于 1960-03-10\"")]),
    ];
    for (n, (name, days)) in (11..).zip(people) {
        replica.create(id(n), &dossier::KIND, Some(id(1)), &person(name, days), at(10)).expect("created");
    }
    (folder, replica)
}

#[test]
fn the_days_of_this_week_are_told_by_date_and_whoever_is_named_was_read() {
    let (_folder, mut replica) = with_days();
    let told = dates(care(&mut replica, at(12 * HOUR), Scope::Mine));
    let expected = [
        ("2026-03-09", "陈阿姨", "anniversary"),
        ("2026-03-10", "郑先生", "anniversary"),
        ("2026-03-16", "周建国", "birthday"),
    ];
    assert_eq!(told, expected.map(|(on, name, what)| (on.to_owned(), name.to_owned(), what)));
    let mut read: Vec<_> = readings(&replica).into_iter().map(|(_, dossier)| dossier).collect();
    read.sort_unstable();
    assert_eq!(read, [11, 12, 14].map(id), "each once, and nobody else");
}

#[test]
fn a_birthday_of_29_february_is_kept_the_day_before_in_other_years() {
    let (_folder, mut replica) = leased();
    let leap = person("周建国", &[("birthday", "1964-02-29")]);
    replica.create(id(11), &dossier::KIND, Some(id(1)), &leap, at(10)).expect("created");
    // 28 February 2027 and 29 February 2028, each seen from the day itself. The lease goes on with a sync of that day.
    for (days, on) in [(356, "2027-02-28"), (722, "2028-02-29")] {
        sync(&mut replica, at(days * DAYS), lease);
        sync(&mut replica, at(days * DAYS), lease);
        let told = dates(care(&mut replica, at(days * DAYS), Scope::Mine));
        assert_eq!(told, [(on.to_owned(), "周建国".to_owned(), "birthday")]);
    }
}

#[test]
fn locked_dossiers_show_no_day_and_say_that_they_are_locked() {
    let (folder, replica) = with_days();
    let late = at(15 * DAYS);
    let mut replica = reopen(&folder, replica, 1, late);
    assert_eq!(care(&mut replica, late, Scope::Mine), Care::Locked);
    let counts = replica.today(&asking(late, Scope::Mine), ids()).expect("answers").counts;
    assert_eq!((counts.locked, counts.unsynced_changes), (5, 5));
    assert_eq!(readings(&replica), []);
}

#[test]
fn a_day_is_shown_even_when_no_reading_can_be_noted_but_nobodys_name() {
    let (_folder, mut replica) = with_days();
    let pages = replica.main().expect("open").query_row("SELECT * FROM pragma_page_count", [], |row| row.get(0));
    replica.cap_pages(pages.expect("a number"));
    let mut looks = 0;
    let last = loop {
        looks += 1;
        let mut n = looks * 1_000;
        let fresh = move || {
            n += 1;
            RecordId::new(DAY + n, [7; 10])
        };
        match replica.today(&asking(at(12 * HOUR), Scope::Mine), fresh).expect("answers").care {
            Care::Dates { .. } if looks < 500 => {}
            last => break last,
        }
    };
    assert_eq!(last, Care::Full);
}

#[test]
fn a_draft_of_a_dossier_lies_with_the_dossiers_and_is_locked_with_them() {
    let (folder, mut replica) = leased();
    let draft = |n: u8, record: Option<RecordId>| Draft {
        id: id(n),
        kind: (&dossier::KIND).into(),
        prospect: Some(id(1)),
        record,
        fields: person("周建国", &[]),
    };
    replica.save_draft(&draft(11, None), at(10)).expect("saved");
    assert_eq!(replica.drafts().expect("reads"), []);
    assert_eq!(files_with(folder.path(), "周建国"), Vec::<String>::new());
    assert_eq!(replica.dossier_drafts(at(20), ids()).expect("open").len(), 1);
    assert_eq!(readings(&replica), [], "one's own words are no reading");
    let mut replica = reopen(&folder, replica, 1, at(30));
    assert_eq!(replica.finish_draft(id(11), at(40)).expect("finished"), id(11));
    // From here on there is a dossier, and a draft that edits it shows something of it.
    replica.save_draft(&draft(12, Some(id(11))), at(50)).expect("saved");
    assert_eq!(replica.dossier_drafts(at(60), ids()).expect("open").len(), 1);
    assert_eq!(readings(&replica).len(), 1);
    let late = at(15 * DAYS);
    assert!(matches!(replica.dossier_drafts(late, ids()), Err(ReplicaError::DossiersLocked)));
    assert!(matches!(replica.save_draft(&draft(13, None), late), Err(ReplicaError::DossiersLocked)));
    assert!(replica.finish_draft(id(12), late).is_err());
    sync(&mut replica, late, lease);
    assert_eq!(replica.dossier_drafts(late, ids()).expect("open").len(), 1, "it is there again");
}

#[test]
fn exporting_dossiers_or_their_history_is_reading_them() {
    let (_folder, mut replica) = with_days();
    let mut bytes = Vec::new();
    assert_eq!(replica.export(&mut bytes).expect("exported"), 1);
    assert!(!String::from_utf8(bytes).expect("text").contains("周建国"));
    assert_eq!(readings(&replica), []);
    let mut bytes = Vec::new();
    assert_eq!(replica.export_dossiers(&mut bytes, at(20), ids()).expect("exported"), 5);
    assert!(String::from_utf8(bytes).expect("text").contains("\"birthday\":\"1961-03-16\""));
    assert_eq!(readings(&replica).len(), 5);
    let history = replica.dossier_history(id(11), at(30), id(90)).expect("shown");
    assert!(history.iter().any(|edit| edit.to == "1961-03-16".into()));
    assert_eq!(readings(&replica).len(), 6);
    assert!(replica.history(id(11)).is_err(), "not without that");
}
