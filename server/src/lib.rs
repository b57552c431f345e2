//! The Canvass sync server.

#[cfg(feature = "demo")]
pub mod demo;
