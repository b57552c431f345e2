//! The World in which the promises of `tests/` are tested end to end: phones with real replicas on disk, the real router
//! on a real store, a network as bad as asked for, and one clock that is moved by hand. The same seed plays the same.

#![expect(clippy::expect_used, clippy::panic, reason = "fixtures are right or the test is wrong")]

mod bank;
pub mod browser;
mod form;
pub mod golden;
mod holder;
pub mod item;
mod keyring;
pub mod killing;
mod line;

pub mod simulation;
pub mod visitor;
mod world;

pub use bank::{NAMES, date, enrolled, identity, key_of, person, small_bank, unit, week};
pub use form::Form;
pub use holder::Holder;
pub use keyring::{Authenticator, session};
pub use line::{Door, Exchange, Faults, Line};
pub use world::{Answer, World, basement, sync_all};
