//! Promises about speed that hold on every machine: what is asked each day is found by an index, not by reading all there is.

use super::super::numbers::counting::{HAPPENED, of_person};
use super::super::today::due::{Day, due_sql};
use super::*;

fn plan(phone: &Phone, sql: &str) -> String {
    let mut select =
        phone.replica.main().expect("open").prepare(&format!("EXPLAIN QUERY PLAN {sql}")).expect("a query");
    let values = vec![rusqlite::types::Value::Null; select.parameter_count()];
    let found = select.query_map(rusqlite::params_from_iter(values), |row| row.get::<_, String>(3)).expect("explained");
    found.collect::<Result<Vec<_>, _>>().expect("text").join("\n")
}

#[test]
fn what_is_due_is_found_in_an_index_alone_and_in_its_order() {
    let phone = Phone::new(7);
    let whose = phone.replica.whose(&"P7".parse().expect("id")).expect("known");
    for whose in [None, Some(&whose)] {
        let day = Day { now: at(0), starts: at(0).millis(), ends: at(DAYS).millis(), whose };
        for order in ["ASC", "DESC"] {
            let plan = plan(&phone, &due_sql(&day, order));
            assert!(plan.contains("USING COVERING INDEX record_due (kind=? AND due_at"), "{plan}");
            assert!(!plan.contains("SCAN") && !plan.contains("TEMP B-TREE"), "{plan}");
        }
    }
}

#[test]
fn a_persons_records_are_found_by_the_indexes_of_whose_they_are() {
    let phone = Phone::new(7);
    let whose = phone.replica.whose(&"P7".parse().expect("id")).expect("known");
    let plan = plan(&phone, &of_person(&whose, "id", HAPPENED));
    for index in [
        "record_of_owner (kind=? AND owner=? AND occurred_at>",
        "record_of_author (kind=? AND author=? AND occurred_at>",
    ] {
        assert!(plan.contains(index), "{plan}");
    }
    assert!(!plan.contains("SCAN"), "{plan}");
}
