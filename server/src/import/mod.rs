//! Import: the files of a bank (units, people) and of a city (its communities) come in. A file is read twice: once to see
//! that all of it is sound, before anything is written, and once to write it in bounded batches. Every row of it is
//! accounted for in a report. A ledger file, which is matched with claims, is read here too. `table → mapping → cells → listed → prospects → store`; nothing here names a database.

mod assign;
mod cells;
mod error;
mod index;
mod ledger_file;
mod listed;
mod mapping;
mod people;
mod progress;
mod prospects;
mod report;
mod sheet;
mod table;
mod text;
mod twins;
mod units;

pub use assign::Assign;
pub use error::ImportError;
pub use ledger_file::{BadCell, Fault, LedgerColumn, LedgerFileError, MOST_ROWS, ledger_rows};
pub(crate) use ledger_file::{day, yuan};
pub use listed::{Areas, areas, record_id};
pub use mapping::{Encoding, Mapping};
pub use people::people;
pub use prospects::ProspectImport;
pub use report::{Outcome, Report, Summary};
pub use table::Table;
pub use units::units;
