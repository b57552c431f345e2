//! A server in a process of its own, for programs in other languages: the test binary starts itself again, told by the
//! environment to serve. So the server is always of the same build as the library under test.

use anyhow::{Context, Result};
use canvass_core::domain::campaign::{self, Campaign};
use canvass_core::domain::{Bank, Date, Kind, Membership, Person, Role, ServerTime, Unit, UnitLevel, Week, Zone};
use canvass_core::wire::{Invitation, InvitationCode};
use canvass_server::clock::{Clock, SystemClock};
use canvass_server::http::{App, bind, serve};
use canvass_server::store::devices::{Devices, InviteOrder};
use canvass_server::store::sqlite::{SqliteOptions, database_in};
use canvass_server::store::{Actor, ServerRecord, SqliteStore, Store};
use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use tokio::runtime::Runtime;

/// Tells a process that it is the server, and where its data is.
const DATA: &str = "CANVASS_TEST_SERVER_DATA";

/// The server's process; it ends with this.
pub(crate) struct Serving {
    child: Child,
    /// Where it serves.
    pub(crate) address: String,
    /// Whom it invites, and by which text.
    pub(crate) invitations: Vec<(String, String)>,
}

impl Serving {
    /// Puts a bank and a campaign into a data folder and starts a process that serves it.
    pub(crate) fn start(data: &Path) -> Result<Self> {
        std::fs::create_dir_all(data)?;
        Runtime::new()?.block_on(found(data))?;
        let mut command = Command::new(std::env::current_exe()?);
        command.args(["--exact", "a_server_for_the_programs", "--nocapture"]).env(DATA, data);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let words = BufReader::new(child.stdout.take().context("its words")?);
        let mut serving = Self { child, address: String::new(), invitations: Vec::new() };
        for line in words.lines() {
            let line = line?;
            if let Some((person, invitation)) = line.split_once(" is invited by ") {
                serving.invitations.push((person.to_owned(), invitation.to_owned()));
            }
            if let Some((_, address)) = line.split_once("serving at ") {
                serving.address = address.to_owned();
                return Ok(serving);
            }
        }
        anyhow::bail!("the server ended before it served")
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        // No farewell: what it acknowledged is durable, as after a power cut.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Serves, in the process that was told to; in any other there is nothing to do.
pub(crate) fn serve_here() -> Result<()> {
    let Ok(data) = std::env::var(DATA) else { return Ok(()) };
    Runtime::new()?.block_on(async {
        let store = Arc::new(SqliteStore::open(&database_in(Path::new(&data)), SqliteOptions::default())?);
        let listener = bind(SocketAddr::from(([127, 0, 0, 1], 0))).await?;
        let address = format!("http://{}", listener.local_addr()?);
        println!();
        for person in ["WF", "LW", "ZL"] {
            println!("{person} is invited by {}", invite(&store, person, &address).await?);
        }
        println!("serving at {address}");
        // Until the test that started it has ended, however that went: then nobody holds the other end any more.
        let left_alone = tokio::task::spawn_blocking(|| std::io::copy(&mut std::io::stdin(), &mut std::io::sink()));
        let stop = async {
            drop(left_alone.await);
        };
        Ok(serve(listener, App::new(store, Arc::new(SystemClock)), stop).await?)
    })
}

/// An invitation as an administrator hands it out.
async fn invite(store: &SqliteStore, person: &str, address: &str) -> Result<Invitation> {
    let order = InviteOrder { person: person.parse()?, by: Actor::Operator, at: SystemClock.now() };
    let invited = store.invite(order).await?;
    let (base, code) = (address.to_owned(), InvitationCode::new(invited.code));
    Ok(Invitation { base, number: invited.number, code, fingerprint: store.secrets().fingerprint() })
}

async fn found(data: &Path) -> Result<()> {
    let store = SqliteStore::open(&database_in(data), SqliteOptions::default())?;
    store.set_bank(bank()?).await?;
    let now = SystemClock.now();
    let kind = Kind::from(&campaign::KIND);
    let fields = campaign(now)?.to_fields();
    store.write(vec![ServerRecord { kind, prospect: None, fields, assigned_to: None }], now).await?;
    Ok(())
}

/// Two branches with an account manager or two each. Their phones enrol.
fn bank() -> Result<Bank> {
    let levels = [
        ("HO", None, UnitLevel::HeadOffice, "总行"),
        ("HP", Some("HO"), UnitLevel::Branch, "黄浦支行"),
        ("HP-1", Some("HP"), UnitLevel::SubBranch, "黄浦一网点"),
        ("JA", Some("HO"), UnitLevel::Branch, "静安支行"),
        ("JA-1", Some("JA"), UnitLevel::SubBranch, "静安一网点"),
    ];
    let (mut units, mut people, mut memberships) = (vec![], vec![], vec![]);
    for (id, parent, level, name) in levels {
        let parent = parent.map(str::parse).transpose()?;
        units.push(Unit { id: id.parse()?, parent, level, name: name.to_owned() });
    }
    for (id, name, unit) in [("WF", "王芳", "HP-1"), ("LW", "李伟", "HP-1"), ("ZL", "赵磊", "JA-1")] {
        people.push(Person { id: id.parse()?, name: name.to_owned(), roles: Role::AccountManager.into() });
        let from = Date::constant(2020, 1, 1);
        memberships.push(Membership { person: id.parse()?, unit: unit.parse()?, from, until: None });
    }
    Ok(Bank::new(units, people, memberships, Vec::new())?)
}

/// Both branches, this week and the next: a visit is 2 points.
fn campaign(now: ServerTime) -> Result<Campaign> {
    let week: Week = now.week(&Zone::china());
    Ok(Campaign {
        name: "百日会战".to_owned(),
        starts: week.monday(),
        ends: week.next().sunday(),
        zone: Zone::china(),
        cutoff: campaign::CUTOFF,
        units: BTreeSet::from(["HP".parse()?, "JA".parse()?]),
        versions: BTreeMap::from([(week, BTreeMap::from([("points/visits".to_owned(), 2.into())]))]),
    })
}
