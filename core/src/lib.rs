//! The Canvass engine: records as documents, and everything derived from them. Data flows one way:
//! `domain ← document ← projection ← ranking`, `domain ← wire ← sync`, `domain ← lookup`, and `replica` on top.

pub mod document;
pub mod domain;
pub mod lookup;
pub mod projection;
pub mod ranking;
pub mod replica;
pub mod signing;
pub mod sync;
pub mod wire;
