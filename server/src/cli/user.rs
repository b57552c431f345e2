//! `user add|disable|enable|reset|list|sessions|end-sessions`: who comes in by a browser, from the shell.

use super::{Data, person_or_operator};
use anyhow::{Context, bail};
use canvass_core::domain::{Date, Duty, Membership, Person, PersonId, Roles, UnitId, Zone, date_from_text};
use canvass_server::access::{Passwords, one_time_password};
use canvass_server::clock::{Clock, SystemClock};
use canvass_server::store::{Actor, Logins, OneTime, SqliteStore, Store, Which};
use clap::{Args, Subcommand};
use zeroize::Zeroizing;

/// What is done with logins.
#[derive(Debug, Subcommand)]
pub(crate) enum User {
    /// Make a login, and print its one-time password once. Whoever is not of the bank yet joins it by --name and --role.
    Add {
        /// The staff code.
        person: PersonId,
        #[command(flatten)]
        joins: Joins,
        #[command(flatten)]
        common: Common,
    },
    /// Let nobody in by a login any more: its sessions end and the person's phones are revoked, at the very next request.
    Disable(One),
    /// Let a disabled login in again; phones stay revoked.
    Enable(One),
    /// Void a login's password and second factor, and print another one-time password once.
    Reset(One),
    /// List all logins.
    List {
        #[command(flatten)]
        data: Data,
    },
    /// List a person's open sessions.
    Sessions(One),
    /// End all of a person's sessions.
    EndSessions(One),
}

/// A person's login.
#[derive(Debug, Args)]
pub(crate) struct One {
    /// The staff code.
    person: PersonId,
    #[command(flatten)]
    common: Common,
}

#[derive(Debug, Args)]
pub(crate) struct Common {
    /// In whose name; otherwise the operator's.
    #[arg(long, value_name = "PERSON")]
    by: Option<PersonId>,
    #[command(flatten)]
    data: Data,
}

/// How a person joins the bank, or what they are from now on.
#[derive(Debug, Args)]
pub(crate) struct Joins {
    /// The person's name.
    #[arg(long, requires = "role")]
    name: Option<String>,
    /// What the person is: roles parted by commas, such as branch_leader,verifier.
    #[arg(long, requires = "name")]
    role: Option<Roles>,
    /// The unit the person belongs to.
    #[arg(long, requires = "name")]
    unit: Option<UnitId>,
    /// From when on, such as 2026-03-02; from today if not said.
    #[arg(long, requires = "unit", value_parser = date_from_text)]
    from: Option<Date>,
}

impl Joins {
    fn of(self, person: &PersonId) -> Option<(Person, Option<Membership>)> {
        let (name, roles) = self.name.zip(self.role)?;
        let from = self.from.unwrap_or_else(|| SystemClock.now().date(&Zone::china()));
        let member = self.unit.map(|unit| Membership { person: person.clone(), unit, from, until: None });
        Some((Person { id: person.clone(), name, roles }, member))
    }
}

impl Common {
    async fn open(self) -> anyhow::Result<(SqliteStore, Actor)> {
        let store = self.data.open_existing()?;
        let by = person_or_operator(&store, self.by, Duty::ManageLogins, None).await?;
        Ok((store, by))
    }
}

/// A fresh one-time password and its hash.
pub(super) async fn one_time() -> anyhow::Result<(Zeroizing<String>, String)> {
    let password = Zeroizing::new(one_time_password(rand::random()));
    let hash = Passwords::default().hash(password.clone()).await.context("a password could not be hashed")?;
    Ok((password, hash))
}

fn print_once(person: &PersonId, password: &str) {
    println!("one-time password of {person}, shown only now, good for 24 hours: {password}");
}

impl User {
    pub(crate) async fn run(self) -> anyhow::Result<bool> {
        let at = SystemClock.now();
        match self {
            Self::Add { person, joins, common } => {
                let (store, by) = common.open().await?;
                let joins = joins.of(&person);
                if joins.is_none() && store.bank().await?.person(&person).is_none() {
                    bail!(
                        "{person} is not of this bank: give --name and --role, and --unit for whoever belongs to one"
                    );
                }
                let (password, hash) = one_time().await?;
                store.add_login(OneTime { person: person.clone(), hash, by, at }, joins).await?;
                print_once(&person, &password);
            }
            Self::Reset(One { person, common }) => {
                let (store, by) = common.open().await?;
                let (password, hash) = one_time().await?;
                store.reset_login(OneTime { person: person.clone(), hash, by, at }).await?;
                print_once(&person, &password);
            }
            Self::Disable(One { person, common }) => {
                let (store, by) = common.open().await?;
                store.disable_login(&person, by, at).await?;
                println!("{person} is out at the very next request, by browser and by phone");
            }
            Self::Enable(One { person, common }) => {
                let (store, by) = common.open().await?;
                store.enable_login(&person, by, at).await?;
                println!("{person} may log in again, and no lock holds; phones that were revoked are invited anew");
            }
            Self::List { data } => list(&data.open_existing()?).await?,
            Self::Sessions(One { person, common }) => {
                let (store, _) = common.open().await?;
                for session in store.sessions(&person, at).await? {
                    let (number, visitor) = (session.number, session.visitor);
                    println!("{number}\t{}\tseen {}\t{}", session.made_at, session.seen_at, visitor.address);
                }
            }
            Self::EndSessions(One { person, common }) => {
                let (store, by) = common.open().await?;
                let ended = store.end_sessions(&person, Which::All, by, at).await?;
                println!("{ended} ended");
            }
        }
        Ok(true)
    }
}

async fn list(store: &SqliteStore) -> anyhow::Result<()> {
    let bank = store.bank().await?;
    for login in store.logins(SystemClock.now()).await? {
        let known = bank.person(&login.person);
        let (name, roles) = known.map_or(("", String::new()), |known| (&known.name, known.roles.to_string()));
        let state = match (login.disabled_at, login.locked_until, login.tried_until, login.one_time_until) {
            (Some(at), ..) => format!("disabled since {at}"),
            (_, Some(until), ..) => format!("locked until {until}"),
            (_, _, Some(until), _) => format!("locked until {until} for others who failed at it"),
            (.., Some(until)) => format!("awaits its first login until {until}"),
            _ => "active".to_owned(),
        };
        let second = if login.second_factor { "second factor" } else { "no second factor" };
        println!("{}\t{name}\t{roles}\t{state}\t{second}\t{} sessions", login.person, login.sessions);
    }
    Ok(())
}
