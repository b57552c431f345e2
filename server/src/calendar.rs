//! Which bulletins are due: at each campaign's cut-off its week is sealed, by nobody's hand.

use crate::clock::Clock;
use crate::store::{Actor, BulletinKey, SealOrder, Store, StoreError, StoredCampaign};
use canvass_core::domain::{RecordId, ServerTime, Week};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;

/// How often it is looked whether a cut-off has passed.
const EVERY: Duration = Duration::from_secs(20);

/// For so many weeks after its last one a campaign is still revised at each cut-off: by then what was claimed is judged.
const REVISED_FOR: i64 = 4;

/// The weeks of a campaign whose cut-off has passed since anything was sealed, one that was sealed by hand before it among
/// them; of a campaign of which nothing was, only the latest: nobody published the earlier ones.
pub fn due(campaign: &StoredCampaign, newest: Option<(Week, ServerTime)>, now: ServerTime) -> Vec<Week> {
    let campaign = &campaign.campaign;
    let passed = |week: &Week| campaign.cutoff_of(*week) <= now.millis();
    let weeks: Vec<Week> = campaign.weeks().into_iter().filter(passed).collect();
    let Some((sealed, at)) = newest else { return weeks.last().copied().into_iter().collect() };
    let mut due: Vec<Week> = weeks.into_iter().filter(|week| *week > sealed).collect();
    // Cut-offs go on for a while after the campaign's last week.
    let later = (0..=REVISED_FOR).filter_map(|n| Week::from_number(sealed.number() + n).ok());
    let missed =
        later.map(|week| campaign.cutoff_of(week)).any(|cutoff| at.millis() < cutoff && cutoff <= now.millis());
    let is_last = campaign.weeks().last() == Some(&sealed);
    if due.is_empty() && missed && (is_last || at.millis() < campaign.cutoff_of(sealed)) {
        due.push(sealed);
    }
    due
}

/// Seals what is due. Returns what was written.
///
/// # Errors
/// When the store fails; what was sealed before stays.
pub async fn seal_due(store: &dyn Store, now: ServerTime) -> Result<Vec<BulletinKey>, StoreError> {
    let (mut written, mut failed) = (Vec::new(), None);
    for campaign in store.campaigns().await? {
        match seal_due_of(store, &campaign, now).await {
            Ok(sealed) => written.extend(sealed),
            // It keeps no other campaign from being sealed.
            Err(error) => {
                tracing::error!(%error, campaign = %campaign.id, "what is due of a campaign could not be sealed");
                failed = Some(error);
            }
        }
    }
    failed.filter(|_| written.is_empty()).map_or(Ok(written), Err)
}

async fn seal_due_of(
    store: &dyn Store,
    campaign: &StoredCampaign,
    now: ServerTime,
) -> Result<Vec<BulletinKey>, StoreError> {
    let mut written = Vec::new();
    let week = store.bulletins(campaign.id).await?.first().map(|newest| newest.key.week);
    let newest = week.zip(store.last_sealing(campaign.id).await?);
    for week in due(campaign, newest, now) {
        let order = SealOrder { campaign: campaign.id, week, by: Actor::Server, at: now };
        written.extend(store.seal(order).await?);
    }
    Ok(written)
}

/// Seals what is due until told to stop.
pub async fn keep(store: Arc<dyn Store>, clock: Arc<dyn Clock>, stop: CancellationToken) {
    let mut every = tokio::time::interval(EVERY);
    every.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = every.tick() => {}
        }
        match seal_due(&*store, clock.now()).await {
            Ok(written) => written.iter().for_each(tell),
            Err(error) => tracing::error!(%error, "a bulletin that is due could not be sealed; it is tried again"),
        }
    }
}

fn tell(key: &BulletinKey) {
    let BulletinKey { campaign, week, revision } = key;
    tracing::info!(%campaign, %week, revision, "a bulletin was sealed");
}

/// The campaign of a bulletin by its id, or the only one there is.
///
/// # Errors
/// When there is none, or several and none is named.
pub async fn campaign(store: &dyn Store, named: Option<RecordId>) -> Result<StoredCampaign, StoreError> {
    let mut all = store.campaigns().await?;
    if let Some(id) = named {
        let missing = StoreError::NoSuchRecord { kind: "campaign", id };
        return all.into_iter().find(|campaign| campaign.id == id).ok_or(missing);
    }
    if all.len() > 1 {
        let list: Vec<String> = all.iter().map(|one| format!("{} ({})", one.id, one.campaign.name)).collect();
        let words = format!("which one with --campaign: {}", list.join(", "));
        return Err(canvass_core::domain::Invalid::new("campaign", "several", words).into());
    }
    let none = || canvass_core::domain::Invalid::new("campaign", "none", "a campaign that head office recorded").into();
    all.pop().ok_or_else(none)
}

#[cfg(test)]
mod tests {
    use super::*;
    use canvass_core::domain::campaign::{CUTOFF, Campaign};
    use canvass_core::domain::{Date, Zone};
    use std::collections::{BTreeMap, BTreeSet};

    #[test]
    fn a_week_is_due_at_its_cut_off_and_weeks_that_a_server_slept_through_one_after_the_other() {
        let campaign = Campaign {
            name: "百日会战".to_owned(),
            starts: Date::constant(2026, 3, 2),
            ends: Date::constant(2026, 3, 29),
            zone: Zone::china(),
            cutoff: CUTOFF,
            units: BTreeSet::new(),
            versions: BTreeMap::new(),
        };
        let stored = StoredCampaign { id: RecordId::new(1, [1; 10]), campaign: Arc::new(campaign) };
        let week = |n: i8| -> Week { format!("2026-W{n}").parse().expect("a week") };
        let cutoff = |n| ServerTime::nearest(stored.campaign.cutoff_of(week(n)));
        let due_since = |newest: Option<(i8, ServerTime)>, at| due(&stored, newest.map(|(n, at)| (week(n), at)), at);
        let due = |last: Option<i8>, at| due_since(last.map(|n| (n, cutoff(n))), at);
        assert!(due(None, cutoff(10).plus_millis(-1)).is_empty());
        assert_eq!(due(None, cutoff(10)), [week(10)]);
        assert!(due(Some(10), cutoff(11).plus_millis(-1)).is_empty());
        assert_eq!(due(Some(10), cutoff(12)), [week(11), week(12)]);
        assert_eq!(due(None, cutoff(12)), [week(12)], "nobody published the earlier ones");
        // By hand, before its cut-off.
        let early = Some((10, cutoff(10).plus_millis(-36_000_000)));
        assert!(due_since(early, cutoff(10).plus_millis(-1)).is_empty());
        assert_eq!(due_since(early, cutoff(10)), [week(10)], "what came until the cut-off is in it, too");
        // After the campaign's last week, for a month.
        let later = |weeks: i64| cutoff(13).plus_millis(weeks * 7 * 86_400_000);
        assert!(due(Some(13), later(1).plus_millis(-1)).is_empty());
        assert_eq!(due(Some(13), later(1)), [week(13)]);
        assert_eq!(due_since(Some((13, later(1))), later(4)), [week(13)]);
        assert!(due_since(Some((13, later(4))), later(20)).is_empty(), "the campaign is over");
    }
}
