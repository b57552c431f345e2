//! What lies encrypted in the file: changes and rows of confidential records, whatever was refused or is held, and ledger
//! files. Connections carry the keys as SQL functions, so what reads a column reads it whole, and a file without its secrets says nothing.

use crate::secrets::{Purpose, Secrets};
use crate::store::StoreError;
use rusqlite::Connection;
use rusqlite::config::DbConfig;
use rusqlite::functions::{Context, FunctionFlags};

/// No trigger, view or index that somebody put into the file can make use of the keys.
const OURS: FunctionFlags = FunctionFlags::SQLITE_UTF8.union(FunctionFlags::SQLITE_DIRECTONLY);

/// Gives a connection `seal(what, plain, about)` and `unseal(what, sealed, about)`, for `what` of `dossier`, `quarantine` or `ledger`.
/// Text stays text. `audit_mark(said)` chains the audit log.
pub(super) fn install(db: &Connection, secrets: &Secrets) -> Result<(), StoreError> {
    db.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
    let sealing = secrets.clone();
    db.create_scalar_function("seal", 3, OURS, move |context| {
        let plain = context.get_raw(1);
        let plain = plain.as_bytes().map_err(|error| failed(error.to_string()))?;
        let sealed = sealing.seal(purpose(context)?, &about(context)?, plain, rand::random());
        sealed.map_err(|error| failed(error.to_string()))
    })?;
    let opening = secrets.clone();
    db.create_scalar_function("unseal", 3, OURS, move |context| opened(&opening, context).map(|plain| plain.to_vec()))?;
    let opening = secrets.clone();
    db.create_scalar_function("unseal_text", 3, OURS, move |context| {
        let plain = opened(&opening, context)?;
        String::from_utf8(plain.to_vec()).map_err(|error| failed(error.to_string()))
    })?;
    let marking = secrets.clone();
    db.create_scalar_function("audit_mark", 1, OURS, move |context| {
        let said = context.get_raw(0);
        let said = said.as_bytes().map_err(|error| failed(error.to_string()))?;
        Ok(marking.mark(Purpose::Audit, said).to_vec())
    })?;
    Ok(())
}

fn opened(secrets: &Secrets, context: &Context<'_>) -> rusqlite::Result<zeroize::Zeroizing<Vec<u8>>> {
    let sealed = context.get_raw(1);
    let sealed = sealed.as_bytes().map_err(|error| failed(error.to_string()))?;
    let plain = secrets.open(purpose(context)?, &about(context)?, sealed);
    plain.ok_or_else(|| failed("sealed bytes are damaged, or were sealed by another secret file".to_owned()))
}

fn purpose(context: &Context<'_>) -> rusqlite::Result<Purpose> {
    match context.get_raw(0).as_str() {
        Ok("dossier") => Ok(Purpose::Dossiers),
        Ok("quarantine") => Ok(Purpose::Quarantine),
        Ok("ledger") => Ok(Purpose::LedgerFiles),
        _ => Err(failed("nothing of the sort is sealed".to_owned())),
    }
}

/// The record or file, so that what was sealed for one cannot be put in the place of another's.
fn about(context: &Context<'_>) -> rusqlite::Result<Vec<u8>> {
    context.get_raw(2).as_bytes().map(<[u8]>::to_vec).map_err(|error| failed(error.to_string()))
}

fn failed(words: String) -> rusqlite::Error {
    rusqlite::Error::UserFunctionError(words.into())
}
