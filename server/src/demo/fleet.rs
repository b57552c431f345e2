//! The fleet: every phone with its owner's script and its link, played day by day. Phones work in parallel; what each
//! does follows from the seed alone.

use super::bank::PhoneOwner;
use super::link::{HttpTransport, Link, LinkCounts, Weather};
use super::phone::{Phone, PhoneError, Setup, enrol};
use super::script::{Act, Known, Script, phone_rng};
use crate::clock::{Clock, ManualClock};
use canvass_core::domain::{
    Date, FieldName, Fields, Invalid, PhoneTime, RecordId, Role, ServerTime, Week, Zone, campaign::Campaign, outcome,
    prospect, visit,
};
use canvass_core::replica::{Durability, Query, ReplicaError};
use canvass_core::wire::Invitation;
use jiff::civil::Weekday;
use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

/// How many phones work at once.
const HANDS: usize = 4;
/// How often a phone tries to sync at the end before it is given up.
const LAST_TRIES: usize = 40;

/// One phone and all that belongs to it.
struct Hand {
    phone: Phone,
    script: Script,
    link: Link<HttpTransport>,
    rng: ChaCha8Rng,
    visits: Vec<RecordId>,
    claims: Vec<RecordId>,
    failed_syncs: usize,
    syncs: usize,
}

/// All phones of the bank.
pub struct Fleet {
    hands: Vec<Mutex<Hand>>,
    clock: ManualClock,
}

/// What the fleet did.
#[derive(Debug, Clone, Copy, Default)]
pub struct FleetCounts {
    /// Phones.
    pub phones: usize,
    /// Syncs that were finished.
    pub syncs: usize,
    /// Syncs that gave up; they were tried again later.
    pub failed_syncs: usize,
    /// Fields seen in conflict, each counted once in the bank.
    pub conflicts: usize,
    /// What the links did.
    pub link: LinkCounts,
}

impl Fleet {
    /// Hands out the phones: each enrols by its owner's invitation, in order.
    ///
    /// # Errors
    /// When a phone cannot enrol, or a database cannot be made.
    pub fn hand_out(
        invited: &[(PhoneOwner, Invitation)],
        folder: &Path,
        base: &str,
        seed: u64,
        starts: Date,
        clock: ManualClock,
    ) -> Result<Self, PhoneError> {
        let now = clock.now().as_recorded();
        let hand = |(owner, invitation): &(PhoneOwner, Invitation)| -> Result<Mutex<Hand>, PhoneError> {
            let mut rng = phone_rng(seed.wrapping_add(0x7068_6f6e_6573), owner.device);
            let skew_ms = rng.random_range(-180_000..=180_000);
            let mut keys = phone_rng(seed.wrapping_add(0x6b65_7973), owner.device);
            let identity = enrol(invitation, &mut HttpTransport::new(base), &mut keys, now)?;
            let owner = PhoneOwner { device: identity.enrolled.device, ..owner.clone() };
            let (folder, durability) = (folder.to_owned(), Durability::PowerLoss);
            let setup = Setup { folder, durability, key: None, seed, skew_ms };
            let phone = Phone::take(owner.clone(), identity, setup, now)?;
            let faults = phone_rng(seed.wrapping_add(0x6c69_6e6b), owner.device);
            Ok(Mutex::new(Hand {
                phone,
                script: Script::new(seed, &owner, starts),
                link: Link::new(HttpTransport::new(base), Weather::BASEMENT, faults),
                rng,
                visits: Vec::new(),
                claims: Vec::new(),
                failed_syncs: 0,
                syncs: 0,
            }))
        };
        Ok(Self { hands: invited.iter().map(hand).collect::<Result<_, _>>()?, clock })
    }

    /// Head office records the campaign on its phone, and everybody gets a first sync.
    ///
    /// # Errors
    /// When a phone fails.
    pub fn launch(
        &self,
        campaign: &Campaign,
        now: PhoneTime,
        done: &(dyn Fn() + Sync),
    ) -> Result<RecordId, PhoneError> {
        let mut launched = None;
        for hand in &self.hands {
            let mut hand = hand.lock().unwrap_or_else(PoisonError::into_inner);
            if launched.is_none() && hand.phone.owner().role == Role::HeadOffice {
                let kind = &canvass_core::domain::campaign::KIND;
                launched = Some(hand.phone.record(kind, None, &campaign.to_fields(), now)?);
                hand.sync_at_last(now)?;
            }
        }
        self.each(&|hand| {
            let synced = hand.sync_at_last(now);
            done();
            synced
        })?;
        launched.ok_or_else(|| {
            Invalid::new("phones", "none of head office", "a phone of head office to launch a campaign").into()
        })
    }

    /// One day: everybody works offline, and in the evening most phones find a network.
    ///
    /// # Errors
    /// When a phone fails.
    pub fn play(&self, date: Date, done: &(dyn Fn() + Sync)) -> Result<(), PhoneError> {
        let midnight = Zone::china().start_of(date);
        let (morning, evening) = (time(midnight, 8)?, time(midnight, 20)?);
        self.move_clock(evening)?;
        self.each(&|hand| {
            hand.work(date, morning)?;
            if hand.rng.random_bool(0.7) {
                hand.sync(evening)?;
            }
            done();
            Ok(())
        })
    }

    /// Everybody syncs until nobody has anything left to send or to fetch.
    ///
    /// # Errors
    /// When a phone cannot sync even after many tries.
    pub fn settle(&self, now: PhoneTime, done: &(dyn Fn() + Sync)) -> Result<(), PhoneError> {
        self.move_clock(now)?;
        for _ in 0..8 {
            let news = AtomicUsize::new(0);
            self.each(&|hand| {
                let report = hand.sync_at_last(now)?;
                let applied = report.applied;
                let moved = applied.acknowledged + applied.pulled + applied.redone + applied.refused + applied.evicted;
                news.fetch_add(moved, Ordering::Relaxed);
                done();
                Ok(())
            })?;
            if news.into_inner() == 0 {
                break;
            }
        }
        Ok(())
    }

    /// What was done so far.
    pub fn counts(&self) -> FleetCounts {
        let mut counts = FleetCounts { phones: self.hands.len(), ..FleetCounts::default() };
        let mut conflicts = BTreeSet::new();
        self.visit(|hand| {
            counts.syncs += hand.syncs;
            counts.failed_syncs += hand.failed_syncs;
            counts.link += hand.link.counts;
            conflicts.extend(hand.phone.conflicts().iter().cloned());
        });
        counts.conflicts = conflicts.len();
        counts
    }

    /// How many phones there are.
    pub fn size(&self) -> usize {
        self.hands.len()
    }

    /// Looks at one phone; `None` beyond the last.
    pub fn phone<T>(&self, number: usize, look: impl FnOnce(&mut Phone) -> T) -> Option<T> {
        let mut hand = self.hands.get(number)?.lock().unwrap_or_else(PoisonError::into_inner);
        Some(look(&mut hand.phone))
    }

    fn visit(&self, mut look: impl FnMut(&mut Hand)) {
        for hand in &self.hands {
            look(&mut hand.lock().unwrap_or_else(PoisonError::into_inner));
        }
    }

    fn move_clock(&self, now: PhoneTime) -> Result<(), Invalid> {
        self.clock.advance_to(ServerTime::from_millis(now.millis())?);
        Ok(())
    }

    /// Does something with every phone, several at once. The first failure ends it.
    fn each<T>(&self, work: &(dyn Fn(&mut Hand) -> Result<T, PhoneError> + Sync)) -> Result<(), PhoneError> {
        let next = AtomicUsize::new(0);
        let failed: Mutex<Option<PhoneError>> = Mutex::new(None);
        std::thread::scope(|scope| {
            for _ in 0..HANDS {
                scope.spawn(|| {
                    while let Some(hand) = self.hands.get(next.fetch_add(1, Ordering::Relaxed)) {
                        let mut hand = hand.lock().unwrap_or_else(PoisonError::into_inner);
                        if let Err(error) = work(&mut hand) {
                            failed.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
                            next.store(usize::MAX / 2, Ordering::Relaxed);
                        }
                    }
                });
            }
        });
        failed.into_inner().unwrap_or_else(PoisonError::into_inner).map_or(Ok(()), Err)
    }
}

fn time(midnight: i64, hour: i64) -> Result<PhoneTime, Invalid> {
    PhoneTime::from_millis(midnight + hour * 3_600_000)
}

impl Hand {
    /// A day's work, offline.
    fn work(&mut self, date: Date, morning: PhoneTime) -> Result<(), PhoneError> {
        if self.rng.random_bool(0.1) {
            self.phone.restart(morning)?;
        }
        self.settle_conflicts(morning)?;
        let known = self.known()?;
        if date.weekday() == Weekday::Monday {
            self.meet(date, &known, morning)?;
        }
        for step in self.script.day(date, &known)? {
            let now = step.at;
            match step.act {
                Act::RecordProspect(community) => {
                    self.phone.record(&prospect::KIND, None, &community.to_fields(), now)?;
                }
                Act::Visit { prospect, visit } => {
                    let id = self.phone.record(&visit::KIND, Some(prospect), &visit.to_fields(), now)?;
                    self.visits.push(id);
                }
                Act::EditProspect { prospect, fields } => self.phone.edit(prospect, &fields, now)?,
                Act::ClaimOutcome { prospect, outcome } => {
                    let id = self.phone.record(&outcome::KIND, Some(prospect), &outcome.to_fields(), now)?;
                    self.claims.push(id);
                }
                Act::EditOutcome { claim, fields } => {
                    if let Some(id) = self.claims.get(claim).copied() {
                        self.phone.edit(id, &fields, now)?;
                    }
                }
                Act::WithdrawVisit { visit, reason } => {
                    if let Some(id) = self.visits.get(visit).copied() {
                        let at = self.phone.clock(now);
                        let device = self.phone.owner().device.get();
                        let withdrawn = self.phone.replica().withdraw(id, reason, at);
                        withdrawn.map_err(|error| PhoneError::Replica { device, error })?;
                    }
                }
            }
        }
        Ok(())
    }

    /// Monday's meeting (例会, `[manuals]`): everybody notes down what they know of the community that the unit looks at this
    /// week, and not everybody knows the same.
    fn meet(&mut self, date: Date, known: &[Known], now: PhoneTime) -> Result<(), PhoneError> {
        let week = u8::try_from(Week::of(date).number() % 251).unwrap_or_default();
        // The same choice on every phone that holds the community: leaders meet with one of their units.
        let mixed = |id: &RecordId| id.as_bytes().iter().fold(week, |mix, byte| mix.wrapping_mul(31) ^ byte);
        let focus = known.iter().min_by_key(|known| (mixed(&known.id), known.id));
        if let Some(focus) = focus.filter(|_| self.rng.random_bool(0.6)) {
            let qualities = ["good", "fair", "poor"];
            let quality = qualities[self.rng.random_range(0..qualities.len())];
            let name: FieldName = "management_quality".parse()?;
            self.phone.edit(focus.id, &Fields::new().with(name, quality.into()), now)?;
        }
        Ok(())
    }

    /// Some people settle the conflicts they see, by the first value.
    fn settle_conflicts(&mut self, now: PhoneTime) -> Result<(), PhoneError> {
        let query = Query { in_conflict: true, limit: 5, ..Query::default() };
        for row in self.ask(&query)? {
            for conflict in row.conflicts {
                if self.rng.random_bool(0.15)
                    && let Some(claim) = conflict.claims.into_iter().next()
                {
                    self.phone.resolve(row.id, conflict.field.as_str(), claim.value, now)?;
                }
            }
        }
        Ok(())
    }

    /// The prospects on this phone, in order of their ids.
    fn known(&mut self) -> Result<Vec<Known>, PhoneError> {
        let all = |kind| Query { kind: Some(kind), limit: 5000, ..Query::default() };
        let outcomes = self.ask(&all((&outcome::KIND).into()))?;
        let won: BTreeSet<RecordId> = outcomes
            .iter()
            .filter(|row| row.fields.text("product") == Some("account"))
            .filter_map(|row| row.prospect)
            .collect();
        let mut known: Vec<Known> = self
            .ask(&all((&prospect::KIND).into()))?
            .iter()
            .map(|row| Known {
                id: row.id,
                name: row.fields.text("name").unwrap_or_default().to_owned(),
                fund_estimate: row.fields.money("fund_estimate"),
                won: won.contains(&row.id),
            })
            .collect();
        known.sort_by_key(|known| known.id);
        Ok(known)
    }

    fn ask(&mut self, query: &Query) -> Result<Vec<canvass_core::projection::Row>, PhoneError> {
        let device = self.phone.owner().device.get();
        self.phone.replica().query(query).map_err(|error: ReplicaError| PhoneError::Replica { device, error })
    }

    /// Tries to sync; a link too bad for it is nothing unusual.
    fn sync(&mut self, now: PhoneTime) -> Result<(), PhoneError> {
        match self.phone.sync(&mut self.link, now) {
            Ok(_) => self.syncs += 1,
            Err(PhoneError::Sync { error: canvass_core::sync::SyncError::GaveUp { .. }, .. }) => self.failed_syncs += 1,
            Err(error) => return Err(error),
        }
        Ok(())
    }

    /// Syncs, however often it takes.
    fn sync_at_last(&mut self, now: PhoneTime) -> Result<canvass_core::sync::Report, PhoneError> {
        let mut last = self.phone.sync(&mut self.link, now);
        for _ in 0..LAST_TRIES {
            if last.is_ok() {
                break;
            }
            self.failed_syncs += 1;
            last = self.phone.sync(&mut self.link, now);
        }
        self.syncs += usize::from(last.is_ok());
        last
    }
}
