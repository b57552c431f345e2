//! The server's process: it says what it lost, then where it listens, and serves until its standard input ends.

use crate::bank::{enrolled, small_bank, unit};
use canvass_core::document::ChangeHash;
use canvass_core::domain::campaign::{self, Campaign};
use canvass_core::domain::{Week, Zone};
use canvass_server::clock::{Clock, SystemClock};
use canvass_server::http::limits::{Allowances, Limits};
use canvass_server::http::{App, bind, serve as serve_http};
use canvass_server::store::{ServerRecord, SqliteOptions, SqliteStore, Store};
use std::collections::BTreeMap;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;
use tokio::net::TcpListener;

pub(super) fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime")
}

pub(super) fn store_in(folder: &Path, durable: bool) -> SqliteStore {
    let options = SqliteOptions { durable, ..SqliteOptions::default() };
    SqliteStore::open(&folder.join("canvass.db"), options).expect("a store")
}

/// A server on a store, and where it is to listen.
pub(super) async fn listening(store: Arc<SqliteStore>) -> (App, TcpListener) {
    let mut app = App::new(store, Arc::new(SystemClock));
    app.limits = Limits::new(Arc::new(SystemClock), Allowances::unbounded());
    (app, bind("127.0.0.1:0".parse().expect("an address")).await.expect("listening"))
}

/// Makes a bank with a campaign and enrolled phones.
pub(super) async fn found(store: &SqliteStore) {
    let (bank, phones) = small_bank(1);
    store.set_bank(bank).await.expect("a bank");
    enrolled(store, &phones).await;
    let now = SystemClock.now();
    let week = Week::of(now.date(&Zone::china()));
    let campaign = Campaign {
        name: "百日会战".to_owned(),
        starts: week.monday(),
        ends: week.next().sunday(),
        zone: Zone::china(),
        cutoff: campaign::CUTOFF,
        units: ["B1", "B2", "B3"].into_iter().map(unit).collect(),
        versions: BTreeMap::from([(week, BTreeMap::from([("points/visits".to_owned(), 2.into())]))]),
    };
    let kind = (&campaign::KIND).into();
    let record = ServerRecord { kind, prospect: None, fields: campaign.to_fields(), assigned_to: None };
    store.write(vec![record], now).await.expect("a campaign");
}

/// A change's hash from what a phone said.
pub(super) fn hash(text: &str) -> ChangeHash {
    let digits = (0..32).map(|n| u8::from_str_radix(text.get(n * 2..n * 2 + 2).unwrap_or_default(), 16).expect("hex"));
    ChangeHash::from_bytes(&digits.collect::<Vec<_>>()).expect("a hash")
}

/// Reads `check HASH` from standard input up to `go`, says `missing HASH` for each change that is not here, then
/// `ready ADDRESS`.
///
/// # Panics
/// When the database cannot be used.
pub fn serve(folder: &Path, durable: bool) {
    runtime().block_on(async {
        let store = Arc::new(store_in(folder, durable));
        let mut asked = Vec::new();
        for line in std::io::stdin().lines() {
            match line.expect("a line").strip_prefix("check ") {
                Some(text) => asked.push(hash(text)),
                None => break,
            }
        }
        let here = store.has_changes(asked.clone()).await.expect("read");
        asked.iter().filter(|hash| !here.contains(hash)).for_each(|hash| println!("missing {hash}"));
        let (app, listener) = listening(store).await;
        println!("ready {}", listener.local_addr().expect("an address"));
        let ended = tokio::task::spawn_blocking(|| drop(std::io::stdin().read_to_end(&mut Vec::new())));
        serve_http(listener, app, async { drop(ended.await) }).await.expect("served");
    });
}
