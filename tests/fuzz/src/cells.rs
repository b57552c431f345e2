//! The rows of files of prospects, units and people, previewed upon a small bank: no cell makes an import panic, and its
//! outcomes add up to its rows.

use crate::files::{file, folder};
use canvass_core::domain::{Bank, ServerTime, Unit, UnitLevel};
use canvass_server::import::{self, Mapping, ProspectImport, Report, Table};
use canvass_server::store::{SqliteOptions, SqliteStore, Store};
use indicatif::ProgressBar;
use std::sync::LazyLock;
use tokio::runtime::Runtime;

const PROSPECTS: &str = "name;district;area;price;address;households;fund;bank;quality;committee;lat;lon;note\n";
const UNITS: &str = "id;parent;level;name\n";
const PEOPLE: &str = "id;name;role;unit;from;until\n";

static WORLD: LazyLock<(Runtime, SqliteStore)> = LazyLock::new(|| {
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let store = SqliteStore::open(
        &folder().join("canvass.db"),
        SqliteOptions { durable: false, seed: Some(1), secret_file: None },
    );
    let store = store.expect("a store");
    let unit = |id: &str, parent: Option<&str>, level, name: &str| Unit {
        id: id.parse().expect("an id"),
        parent: parent.map(|parent| parent.parse().expect("an id")),
        level,
        name: name.to_owned(),
    };
    let units = vec![
        unit("HQ", None, UnitLevel::HeadOffice, "总行"),
        unit("B1", Some("HQ"), UnitLevel::Branch, "黄浦支行"),
        unit("S1", Some("B1"), UnitLevel::SubBranch, "五里桥网点"),
    ];
    let bank = Bank::new(units, vec![], vec![], vec![]).expect("a bank");
    runtime.block_on(store.set_bank(bank)).expect("set");
    (runtime, store)
});

/// Runs on an input.
pub fn run(input: &[u8]) {
    let [how, rows @ ..] = input else { return };
    let (runtime, store) = &*WORLD;
    let header = [PROSPECTS, UNITS, PEOPLE][usize::from(how % 3)];
    let path = file("rows.csv", &[header.as_bytes(), rows].concat());
    let mapping = Mapping { unit: (how & 64 == 64).then(|| "S1".to_owned()), ..Mapping::default() };
    let Ok(table) = Table::open(&path, &mapping) else { return };
    let (bar, mut report) = (ProgressBar::hidden(), Report::sums());
    let done = runtime.block_on(async {
        match how % 3 {
            0 => {
                let at = ServerTime::from_millis(1_772_000_000_000).expect("in range");
                let import = ProspectImport { table: &table, mapping: &mapping, at, dry_run: true, bar: &bar };
                import.run(store, &mut report).await
            }
            1 => import::units(store, &table, &mapping, None, &bar, &mut report).await,
            _ => import::people(store, &table, &mapping, None, &bar, &mut report).await,
        }
    });
    let summary = report.finish().expect("there is no file to write");
    if done.is_ok() {
        let rows = table.rows().expect("the file is still there").count();
        assert_eq!((summary.rows, summary.outcomes.values().sum::<usize>()), (rows, rows));
    }
}
