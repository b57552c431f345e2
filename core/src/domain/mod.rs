//! The words of the business as types that cannot be wrong: ids, money, weeks, places, the bank's tree,
//! and one file for each kind of record. Nothing here knows a document, a database or a network.

mod audience;
mod bank;
mod digest;
mod expected;
mod field;
mod flag;
mod ids;
mod invalid;
mod kind;
mod money;
mod place;
mod plan;
mod rights;
mod role;
mod rules;
mod time;
mod typed;
mod value;
mod versions;

pub mod activity;
pub mod assignment;
pub mod attachment;
pub mod bulletin;
pub mod campaign;
pub mod commitment;
pub mod complaint;
pub mod dispute;
pub mod dossier;
pub mod outcome;
pub mod proposal;
pub mod prospect;
pub mod stage_move;
pub mod standard;
pub mod tier;
pub mod verification;
pub mod visit;

pub use audience::Audience;
pub use bank::{Bank, BankError, Device, Membership, Person, Unit, UnitLevel};
pub use digest::Digest;
pub use expected::Expected;
pub(crate) use field::UNKNOWN_MAX;
pub use field::{Choice, FieldName, FieldSpec, FieldType, Members, Required, ScalarType};
pub use flag::{FLAGS, FlagSpec};
pub use ids::{DeviceNumber, PersonId, RecordId, UnitId};
pub use invalid::Invalid;
pub(crate) use kind::FIXED_FIELDS;
pub use kind::{AudienceRule, COMMON_FIELDS, Columns, KINDS, Kind, KindSpec, Label, SCHEMA, Words, WrittenBy};
pub use money::Money;
pub use place::GeoPoint;
pub use rights::{Action, Actions, Allowed, Duty, Place};
pub use role::{Role, Roles};
pub use time::{Date, PhoneTime, ServerTime, Week, Zone, date_from_text};
pub use value::{Fields, Value};
