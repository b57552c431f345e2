//! What must hold after every run, once the network is good and everybody has synced to the end.

use super::plan::Road;
use super::server::{Inside, has_something_of};
use super::stage::{Deeds, Stage};
use crate::bank::person;
use canvass_core::document::ChangeHash;
use canvass_core::domain::{Place, RecordId, prospect};
use canvass_core::projection::Row;
use canvass_core::ranking::{Basis, standings, tallies};
use canvass_core::replica::{InboxEntry, InboxReason};
use canvass_core::sync::CheckReport;
use canvass_server::ingest::Grants;
use canvass_server::store::{Queue, Store};
use std::collections::{BTreeMap, BTreeSet};

/// Why a change of an honest phone can be refused: by what its person may do, never because it does not fit its record.
const HONEST: [&str; 6] =
    ["author-only", "not-in-your-audience", "not-your-role", "leader-refused", "depends-on-refused", "erased"];

/// After how many rounds of syncs everything has to be at rest.
const ROUNDS: usize = 6;

/// Lets everything come to rest: what hangs arrives, all lines are mended, leaders decide, everybody syncs.
pub(super) fn rest(stage: &mut Stage) -> Result<(), String> {
    for hand in &mut stage.hands {
        hand.cut = false;
        if let Some(holder) = &hand.holder {
            holder.release_late();
        }
    }
    stage.planted.on_their_way(BTreeMap::new());
    for round in 0..ROUNDS {
        let before = stage.deeds;
        for phone in 0..stage.hands.len() {
            stage.sync(phone, Road::Clear, 0)?;
        }
        if stage.deeds.given_up > before.given_up {
            return Err("a sync over a good line gave up".to_owned());
        }
        // Something held can wait for something else that is held.
        for n in 0..100 {
            if !stage.decide(n, !(n + round).is_multiple_of(3))? {
                break;
            }
        }
        let syncs = stage.deeds.syncs;
        if stage.deeds == (Deeds { syncs, ..before }) {
            return Ok(());
        }
    }
    Err(format!("after {ROUNDS} rounds there is still something to send or to fetch"))
}

/// Checks every promise.
pub(super) fn all(stage: &mut Stage) -> Result<(), String> {
    nothing_acknowledged_is_lost(stage)?;
    nothing_saved_is_lost(stage)?;
    everybody_holds_their_own(stage)?;
    nobody_holds_what_was_erased(stage)?;
    what_is_derived_equals_a_recomputation(stage)
}

/// Nothing of which a phone was told that the server has it is lost; but for what nobody had any more after a restore.
pub(super) fn nothing_acknowledged_is_lost(stage: &Stage) -> Result<(), String> {
    // What belongs to something erased may have been lost with a restore before, and come back never more.
    let noted = stage.hands.iter().flat_map(|hand| {
        hand.acknowledged.iter().copied().filter(|hash| !stage.is_erased(hand, hash)).collect::<Vec<_>>()
    });
    let noted: BTreeSet<_> = noted.collect();
    let there = stage.world.run(stage.world.store.has_changes(noted.iter().copied().collect()));
    let mut there = there.map_err(|error| error.to_string())?;
    if stage.server_restored {
        // What came back from a phone that was put back itself, without its receipt, was judged anew.
        there.extend(Inside::of(&stage.world.store).kept().into_keys().map(|(_, hash)| hash));
    }
    match noted.iter().find(|hash| !there.contains(hash) && !stage.gone.contains(hash)) {
        Some(lost) => Err(format!("acknowledged and lost: {lost:?}")),
        None => Ok(()),
    }
}

/// Every change that was saved is in the log, or was refused and is kept on both sides.
fn nothing_saved_is_lost(stage: &mut Stage) -> Result<(), String> {
    let held = stage.world.run(stage.world.store.held()).map_err(|error| error.to_string())?;
    if let Some(held) = held.first() {
        return Err(format!("still held after a decision: {held:?}"));
    }
    let kept = Inside::of(&stage.world.store).kept();
    for place in 0..stage.hands.len() {
        let erased: BTreeSet<_> = {
            let hand = &stage.hands[place];
            hand.about.keys().filter(|hash| stage.is_erased(hand, hash)).copied().collect()
        };
        let hand = &mut stage.hands[place];
        let saved: Vec<_> = hand.saved.keys().chain(&hand.handed_over).copied().collect();
        let in_log = stage.world.run(stage.world.store.has_changes(saved)).map_err(|error| error.to_string())?;
        let left_behind =
            |hash| !in_log.contains(hash) && !kept.contains_key(&(hand.device, *hash)) && !erased.contains(hash);
        if let Some(lost) = hand.handed_over.iter().find(|hash| left_behind(hash)) {
            return Err(format!("{} handed it over and it is lost: {lost:?}", hand.code));
        }
        let Some(holder) = &mut hand.holder else { continue };
        if !hand.outbox.is_empty() {
            return Err(format!("{} has {} changes that nobody takes", hand.code, hand.outbox.len()));
        }
        let inbox: BTreeMap<_, _> = holder.inbox().into_iter().map(|entry| (entry.hash, entry.reason)).collect();
        for (hash, reason) in &inbox {
            if let InboxReason::Refused { code, words } = reason
                && !HONEST.contains(&code.as_str())
            {
                return Err(format!("{}: {hash:?} refused by {code}: {words}", hand.code));
            }
        }
        for (hash, length) in hand.saved.iter().filter(|(hash, _)| !in_log.contains(hash) && !erased.contains(hash)) {
            match inbox.get(hash) {
                None => return Err(format!("{} saved it and it is lost: {hash:?}", hand.code)),
                // Such a one is told nobody else; what it was made upon is.
                Some(InboxReason::Refused { code, .. }) if code == "depends-on-refused" => {}
                Some(InboxReason::Overtaken) => {}
                Some(InboxReason::Refused { .. }) => match kept.get(&(hand.device, *hash)) {
                    Some(kept) if kept > length => {}
                    // The server's copy was lost with the quarantine; the phone's is here.
                    _ if stage.server_restored => {}
                    _ => return Err(format!("{}: refused without its bytes kept: {hash:?}", hand.code)),
                },
            }
        }
    }
    Ok(())
}

/// Of what was erased nothing is left, in no file.
fn nobody_holds_what_was_erased(stage: &mut Stage) -> Result<(), String> {
    let inside = Inside::of(&stage.world.store);
    let there = inside.changes().into_iter().map(|(_, record)| record).find(|record| stage.erased.contains(record));
    if let Some(record) = there {
        return Err(format!("the server still has {record}, which was erased"));
    }
    let kept = inside.kept();
    for place in 0..stage.hands.len() {
        let hand = &stage.hands[place];
        let about_erased = |hash: &ChangeHash| stage.is_erased(hand, hash);
        if let Some(((_, hash), _)) =
            kept.iter().find(|((device, hash), _)| *device == hand.device && about_erased(hash))
        {
            return Err(format!("the server keeps {hash:?} in quarantine, which is about something erased"));
        }
        let about: BTreeSet<ChangeHash> = hand.about.keys().copied().filter(about_erased).collect();
        let hand = &mut stage.hands[place];
        let Some(holder) = &mut hand.holder else { continue };
        let shown = |entry: &InboxEntry| !entry.fields.is_empty() && about.contains(&entry.hash);
        if let Some(entry) = holder.inbox().into_iter().find(shown) {
            return Err(format!("the inbox of {} still shows what was erased: {entry:?}", hand.code));
        }
        let of_erased = |row: &Row| row.prospect.is_some_and(|prospect| stage.erased.contains(&prospect));
        let shown = holder.rows().into_values().find(of_erased).map(|row| row.id);
        let here = has_something_of(holder.database());
        if let Some(record) = shown.or(here.into_iter().find(|record| stage.erased.contains(record))) {
            return Err(format!("{} still holds {record}, which was erased", hand.code));
        }
    }
    Ok(())
}

/// Every phone that was not revoked holds what the server says, row by row, and nothing that its person may not read; one that
/// was revoked holds nothing.
fn everybody_holds_their_own(stage: &mut Stage) -> Result<(), String> {
    let today = stage.world.today();
    let bank = stage.world.run(stage.world.store.bank()).map_err(|error| error.to_string())?;
    for hand in &mut stage.hands {
        let left = hand.files();
        let Some(holder) = &mut hand.holder else {
            if let Some(left) = left.first() {
                return Err(format!("{} was wiped and {left} is left of it", hand.code));
            }
            continue;
        };
        if hand.revoked.is_some() {
            return Err(format!("{} was revoked and is not wiped", hand.code));
        }
        let (here, there) = (holder.rows(), stage.world.rows_for(hand.code));
        differing(&here, &there).map_or(Ok(()), |words| Err(format!("{} {words}", hand.code)))?;
        let check = holder.check();
        if check != (CheckReport { records: there.len(), found: 0, differing: 0 }) {
            return Err(format!("{} holds what it should, and a check says {check:?}", hand.code));
        }
        let about = |row: &Row| if row.kind.is(&prospect::KIND) { Some(row.id) } else { row.prospect };
        let prospects: BTreeSet<RecordId> = here.values().filter_map(about).collect();
        let assigned = stage.world.run(stage.world.store.assigned(prospects.into_iter().collect()));
        let assigned = assigned.map_err(|error| error.to_string())?;
        let grants = Grants::of(&bank, &person(hand.code), today).ok_or("somebody left the bank")?;
        for row in here.values() {
            let to = about(row).and_then(|prospect| assigned.get(&prospect));
            if grants.place(&bank, &row.kind, to) != Place::Own || !grants.reads(&row.kind) {
                return Err(format!("{} holds {} {}, which is not for them", hand.code, row.kind, row.id));
            }
        }
    }
    Ok(())
}

/// In what two sets of rows differ, if they do.
fn differing(here: &BTreeMap<RecordId, Row>, there: &BTreeMap<RecordId, Row>) -> Option<String> {
    let words = |row: &Row| format!("{} {}", row.kind, row.id);
    let lacking = there.values().find(|row| !here.contains_key(&row.id));
    let other = here.values().find(|row| there.get(&row.id).is_some_and(|theirs| theirs != *row));
    let beyond = here.values().find(|row| !there.contains_key(&row.id));
    let lacking = lacking.map(|row| format!("lacks {}", words(row)));
    let other = other.map(|row| format!("has another row of {}", words(row)));
    lacking.or(other).or_else(|| beyond.map(|row| format!("still holds {}", words(row))))
}

fn what_is_derived_equals_a_recomputation(stage: &Stage) -> Result<(), String> {
    let (world, campaign) = (&stage.world, stage.campaign);
    let failed = |error: canvass_server::store::StoreError| error.to_string();
    let kept = world.tallies(campaign);
    let mut sums = tallies(&world.contributions(campaign));
    sums.sort_unstable();
    let mut sorted = kept.clone();
    sorted.sort_unstable();
    if sums != sorted {
        return Err("the tallies are not the sums of the contributions".to_owned());
    }
    let other = world.run(world.store.recomputed_at(&stage.scratch())).map_err(failed)?;
    let anew = world.run(other.tallies(campaign)).map_err(failed)?;
    if anew != kept {
        return Err("the tallies are not those of a recomputation from the change log".to_owned());
    }
    let bank = world.run(world.store.bank()).map_err(failed)?;
    let plain = crate::world::World::plain_campaign();
    for week in plain.weeks() {
        if world.standings(campaign, week) != standings(&plain, week, &bank, &anew, Basis::Counted) {
            return Err(format!("the standings of {week} are not those of a recomputation"));
        }
    }
    let rebuilt = world.run(world.store.rebuild()).map_err(failed)?;
    if !rebuilt.nothing_differed() {
        return Err(format!("a rebuild differs from what was kept: {rebuilt:?}"));
    }
    Ok(())
}
