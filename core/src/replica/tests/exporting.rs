//! Promises of the export: everything that is here and nothing else, in an order that stays, readable by other programs.

use super::*;
use crate::domain::KINDS;

fn export(phone: &Phone) -> (usize, String) {
    let mut bytes = Vec::new();
    let written = phone.replica.export(&mut bytes).expect("exported");
    (written, String::from_utf8(bytes).expect("text"))
}

#[test]
fn every_record_stands_in_the_export_once_with_names_and_labels() {
    let mut phone = Phone::new(7);
    for n in 1..=205 {
        phone.begin(n);
    }
    phone.create(250, &visit::KIND, 1, &visited(0, "换行\n与\"引号\"，🏠"));
    let (written, text) = export(&phone);
    let (headings, records): (Vec<&str>, Vec<&str>) = text.lines().partition(|line| line.contains("\"labels_of\""));
    assert_eq!((written, records.len(), headings.len()), (206, 206, KINDS.len() - 1));
    let ids: std::collections::BTreeSet<_> = records.iter().map(|line| line.split("\"record\":").nth(1)).collect();
    assert_eq!(ids.len(), 206);
    let visit = records.iter().find(|line| line.contains("\"kind\":\"visit\",\"occurred_at\"")).expect("the visit");
    for part in ["2026-03-08T16:00:00Z", "换行\\n与\\\"引号\\\"，🏠", &format!("\"prospect\":\"{}\"", id(1))] {
        assert!(visit.contains(part), "{part} in {visit}");
    }
    assert!(headings.iter().any(|line| line.contains("\"minutes\":{\"en\":\"minutes\",\"zh\":\"时长（分钟）\"}")));
    assert!(!text.contains("\"labels_of\":\"dossier\""));
    phone.reopen();
    assert_eq!(export(&phone).1, text, "the same again");
}

#[test]
fn what_cannot_be_written_is_said_so_and_dossiers_need_to_be_open() {
    struct Torn;
    impl std::io::Write for Torn {
        fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
            Err(std::io::ErrorKind::StorageFull.into())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let mut phone = Phone::new(7);
    phone.begin(1);
    assert!(matches!(phone.replica.export(&mut Torn), Err(ReplicaError::Full)));
    let dossiers = phone.replica.export_dossiers(&mut Vec::new(), at(0), || id(99));
    assert!(matches!(dossiers, Err(ReplicaError::NoDossiers)));
}
