//! The demo: field work played from a seed. This file only lists its parts.

pub mod bank;
pub mod communities;
mod notes;
pub mod script;
