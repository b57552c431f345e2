//! 片区: prospects handed over together. Each is a transaction of its own, so the bank goes on working meanwhile, and one that was
//! cut off is gone on with by saying the same again: what was handed over is no longer in the territory.

use crate::clock::Clock;
use crate::ingest::Assigned;
use crate::store::{Actor, AssignOrder, Store, StoreError};
use canvass_core::domain::RecordId;

/// What is handed over to whom.
#[derive(Debug, Clone)]
pub struct TerritoryOrder {
    /// The prospects.
    pub prospects: Vec<RecordId>,
    /// To whom.
    pub to: Assigned,
    /// By whom.
    pub by: Actor,
}

/// Hands prospects over one by one; `progress` is told how many are done. Returns how many that were.
///
/// # Errors
/// When one cannot be assigned so; those before it are.
pub async fn assign(
    store: &dyn Store,
    clock: &dyn Clock,
    order: TerritoryOrder,
    progress: impl Fn(usize),
) -> Result<usize, StoreError> {
    let mut done = 0;
    for prospect in order.prospects {
        let (to, by) = (order.to.clone(), order.by.clone());
        store.assign(AssignOrder { prospect, to, by, at: clock.now() }).await?;
        done += 1;
        progress(done);
    }
    Ok(done)
}
