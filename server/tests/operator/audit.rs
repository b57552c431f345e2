//! The audit log cannot be changed unseen by whoever can write the database.

use crate::{Bank, done, refused, utf8};
use std::path::Path;

const UNGUARD: &str = "DROP TRIGGER audit_is_never_changed; DROP TRIGGER audit_is_never_shortened;";

fn verify(data: &Path) -> Vec<String> {
    ["audit", "verify", "--data", utf8(data)].map(str::to_owned).to_vec()
}

fn holds(data: &Path) -> String {
    done(&verify(data).iter().map(String::as_str).collect::<Vec<_>>())
}

fn does_not_hold(data: &Path) -> String {
    refused(&verify(data).iter().map(String::as_str).collect::<Vec<_>>())
}

#[test]
fn what_changes_rights_is_in_the_log_and_the_log_holds() {
    let bank = Bank::new();
    let tail = done(&["audit", "tail", "-n", "2", "--data", utf8(&bank.data())]);
    let lines: Vec<&str> = tail.lines().collect();
    assert_eq!(lines.len(), 2, "{tail}");
    assert!(lines[0].contains("operator\tbank-changed\tperson/LD\tnew, branch_leader; in B1"), "{tail}");
    assert!(lines[1].contains("operator\tbank-changed\tperson/WF\tnew, account_manager; in B1"), "{tail}");
    assert!(holds(&bank.data()).starts_with("4 entries hold; the last one's mark is "));
    // Names and what records say are not in it.
    let all = done(&["audit", "export", "--data", utf8(&bank.data())]);
    assert!(crate::NAMES.iter().all(|name| !all.contains(name)), "{all}");
}

#[test]
fn an_export_has_every_entry_and_is_noted_itself() {
    let bank = Bank::new();
    let data = bank.data();
    let csv = done(&["audit", "export", "--data", utf8(&data)]);
    assert!(csv.starts_with("n,at,actor,deed,subject,detail,mark\n1,"), "{csv}");
    assert_eq!(csv.lines().count(), 1 + 4);
    let jsonl = done(&["audit", "export", "--format", "jsonl", "--data", utf8(&data)]);
    assert_eq!(jsonl.lines().count(), 5);
    let last = jsonl.lines().last().expect("a line");
    assert!(last.contains(r#""deed":"exported""#) && last.contains(r#""n":5"#), "{last}");
    let later = done(&["audit", "export", "--from", "2150-01-01", "--data", utf8(&data)]);
    assert_eq!(later.lines().count(), 1);
    let until = done(&["audit", "export", "--to", "2020-01-01", "--data", utf8(&data)]);
    assert_eq!(until.lines().count(), 1);
    let words = refused(&["audit", "export", "--from", "2026-03-02", "--to", "2026-03-01", "--data", utf8(&data)]);
    assert!(words.contains("--from is after --to"), "{words}");
}

#[test]
fn an_entry_that_was_changed_moved_or_taken_out_is_named() {
    let attacks = [
        (
            "UPDATE audit SET detail = 'new, account_manager; in B1 from 2020-01-01' WHERE n = 3",
            "entry 3 is not as it was",
        ),
        ("UPDATE audit SET at = at + 1 WHERE n = 1", "entry 1 is not as it was"),
        ("UPDATE audit SET actor = 'nobody' WHERE n = 4", "entry 4 is not as it was"),
        ("UPDATE audit SET hash = zeroblob(32) WHERE n = 2", "entry 2 is not as it was"),
        ("UPDATE audit SET subject = x'ff' WHERE n = 2", "entry 2 is not as it was"),
        ("DELETE FROM audit WHERE n = 2", "entry 2 is missing"),
        ("DELETE FROM audit WHERE n = 1", "entry 1 is missing"),
        ("DELETE FROM audit WHERE n = 2; UPDATE audit SET n = n - 1 WHERE n > 2", "entry 2 is not as it was"),
        ("DELETE FROM audit WHERE n > 2", "ends at entry 2, but went on to entry 4"),
        ("DELETE FROM audit", "ends at entry 0, but went on to entry 4"),
    ];
    for (sql, words) in attacks {
        let bank = Bank::new();
        bank.database().execute_batch(&format!("{UNGUARD} {sql}")).expect("tampered");
        let said = does_not_hold(&bank.data());
        assert!(said.contains(words), "{sql}: {said}");
    }
}

#[test]
fn a_chain_made_anew_without_the_secret_file_does_not_hold() {
    // The whole log of another bank, in itself without a fault, under another secret file.
    let (bank, other) = (Bank::new(), Bank::new());
    let attached = format!("ATTACH '{}' AS other", other.data().join("canvass.db").display());
    let sql = format!("{UNGUARD} {attached}; DELETE FROM audit; INSERT INTO audit SELECT * FROM other.audit;");
    bank.database().execute_batch(&sql).expect("tampered");
    assert!(
        does_not_hold(&bank.data()).contains("entry 1 is not as it was written, or was not written by this server")
    );
}

#[test]
fn the_database_itself_refuses_to_change_or_shorten_the_log() {
    let bank = Bank::new();
    for sql in ["UPDATE audit SET detail = ''", "DELETE FROM audit"] {
        let error = bank.database().execute_batch(sql).expect_err("refused").to_string();
        assert!(error.contains("append-only"), "{error}");
    }
}

#[test]
fn an_end_that_was_cut_off_stays_known_whatever_is_noted_afterwards() {
    let bank = Bank::new();
    bank.database().execute_batch(&format!("{UNGUARD} DELETE FROM audit WHERE n > 3")).expect("cut off");
    for n in 0..3 {
        bank.import("people", &format!("id,name,role,unit,from,until\nN{n},某人,auditor,HQ,2026-01-01,\n"));
    }
    // Longer again than it was: but not with what was there.
    let said = does_not_hold(&bank.data());
    assert!(said.contains("entry 4 is not as it was written"), "{said}");
}

#[test]
fn an_older_database_put_in_place_is_known_by_its_short_log() {
    let bank = Bank::new();
    let database = bank.data().join("canvass.db");
    let older = std::fs::read(&database).expect("read");
    bank.import("people", "id,name,role,unit,from,until\nNN,某人,auditor,HQ,2026-01-01,\n");
    assert!(holds(&bank.data()).starts_with("5 entries"));
    std::fs::write(&database, older).expect("written");
    assert!(does_not_hold(&bank.data()).contains("ends at entry 4, but went on to entry 5"));
}

#[test]
fn a_lost_second_place_is_said_and_the_operator_may_take_the_end_as_it_is() {
    let bank = Bank::new();
    let data = bank.data();
    std::fs::remove_file(data.join("canvass.audit")).expect("removed");
    bank.import("people", "id,name,role,unit,from,until\nNN,某人,auditor,HQ,2026-01-01,\n");
    assert!(does_not_hold(&data).contains("entries may be gone from its end"));
    let said = done(&["audit", "verify", "--accept", "--data", utf8(&data)]);
    assert!(said.contains("5 entries hold, and the end is taken as it is"), "{said}");
    assert!(holds(&data).starts_with("6 entries hold"));
    std::fs::write(data.join("canvass.audit"), "00000000000000000001 aa bb\n").expect("forged");
    assert!(does_not_hold(&data).contains("was not written by this server"));
}
