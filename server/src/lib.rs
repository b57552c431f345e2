//! The Canvass sync server: merges what all phones recorded, keeps the ledger of contributions and ranks the branches.
//! A push flows `http → ingest → store`, a file `import → ingest → store`, a page `store → pages`; only `demo` plays phones.
//! The bytes of attachments go `http → blobs`, apart from their records.

pub mod access;
pub mod app;
pub mod backup;
pub mod blobs;
pub mod calendar;
pub mod clock;
#[cfg(feature = "demo")]
pub mod demo;
pub mod http;
pub mod import;
pub mod ingest;
pub mod live;
pub mod pages;
pub mod problem;
pub mod secrets;
pub mod store;
pub mod territory;
pub mod verification;
