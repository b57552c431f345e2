//! The demo: several weeks of field work played for real, from a seed: real replicas on disk, real HTTP on loopback over a
//! bad link, a real server. Its phones, link and clock are also what tests and load generators play with.

pub mod bank;
pub mod checks;
pub mod communities;
pub mod fleet;
pub mod link;
mod notes;
pub mod phone;
pub mod plant;
mod play;
mod report;
pub mod script;

pub use play::{DemoError, Played, Setting, play};
