//! Playing a plan: each step is done to the world as it then is. A step for which there is nothing to do does nothing.

use super::checks;
use super::fault::Fault;
use super::plan::{Road, Sort, Step};
use super::server::Inside;
use super::stage::{CODES, Deeds, Stage};
use crate::bank::{person, unit};
use canvass_core::domain::outcome::{Outcome, Product};
use canvass_core::domain::prospect::Prospect;
use canvass_core::domain::verification::Verdict as Judgement;
use canvass_core::domain::visit::Visit;
use canvass_core::domain::{
    DeviceNumber, Fields, Kind, KindSpec, Membership, Money, RecordId, Value, Zone, outcome, prospect, visit,
};
use canvass_core::projection::Row;
use canvass_core::replica::Query;
use canvass_core::sync::SyncError;
use canvass_server::clock::Clock;
use canvass_server::demo::link::Weather;
use canvass_server::ingest::Assigned;
use canvass_server::store::devices::{RevokeOrder, Revoked};
use canvass_server::store::queue::DecideOrder;
use canvass_server::store::{Actor, AssignOrder, BankOrder, Devices, EraseOrder, Queue, Store};
use std::time::Duration;

/// Where prospects and people go.
const UNITS: [&str; 6] = ["B1-S1", "B1-S2", "B2-S1", "B2-S2", "B3-S1", "B3-S2"];
/// Fields that several people edit.
const FIELDS: [&str; 3] = ["households", "note", "address"];

/// Plays some steps, lets everything come to rest, and checks every promise.
pub(super) fn play(seed: u64, steps: &[Step], fault: Option<Fault>) -> Result<Deeds, String> {
    let mut stage = Stage::set(seed, fault);
    for step in steps {
        stage.step(*step).map_err(|words| format!("at {step:?}: {words}"))?;
        if fault == Some(Fault::PositionBeforeCommit) {
            stage.tell_planted();
        }
    }
    checks::rest(&mut stage)?;
    checks::all(&mut stage)?;
    Ok(stage.deeds)
}

/// A network so bad that syncs often give up.
fn bad() -> Weather {
    Weather { drops: 300, repeats: 200, truncates: 200, delays: 0, longest_delay: Duration::ZERO }
}

/// Which of several things a number chooses.
fn choose<T: Clone>(all: &[T], pick: usize) -> Option<T> {
    (!all.is_empty()).then(|| all[pick % all.len()].clone())
}

impl Stage {
    fn step(&mut self, step: Step) -> Result<(), String> {
        match step {
            Step::Record { phone, what, pick, amount } => self.record(phone, what, pick, amount),
            Step::Edit { phone, pick, field, value } => {
                let value = if value == 0 { Value::Null } else { self.value_of(field, value) };
                let chosen = choose(&self.rows(phone, &prospect::KIND), pick);
                chosen.map_or(Ok(()), |row| self.edit(phone, row.id, FIELDS[field % 3], value))
            }
            Step::Clash { phone, other, pick, value } => {
                let there = self.rows(other, &prospect::KIND);
                let both: Vec<_> = self.rows(phone, &prospect::KIND).into_iter().map(|row| row.id).collect();
                let both: Vec<_> = both.into_iter().filter(|id| there.iter().any(|row| row.id == *id)).collect();
                let Some(id) = choose(&both, pick) else { return Ok(()) };
                self.edit(phone, id, "households", Value::Int(value))?;
                self.edit(other, id, "households", Value::Int(value + 1))
            }
            Step::EditClaim { phone, pick, amount } => {
                let chosen = choose(&self.rows(phone, &outcome::KIND), pick);
                chosen.map_or(Ok(()), |row| self.edit(phone, row.id, "amount", Value::Int(amount)))
            }
            Step::Resolve { phone, pick } => self.resolve(phone, pick),
            Step::Withdraw { phone, pick } => {
                let chosen = choose(&self.rows(phone, &visit::KIND), pick);
                let now = self.now_of(phone);
                chosen.map_or(Ok(()), |row| {
                    self.doing(phone, |holder| holder.replica().withdraw(row.id, "记错了", now).map_err(words))
                })
            }
            Step::Sync { phone, road, luck } => self.sync(phone, road, luck),
            Step::Release { phone } => {
                if let Some(holder) = &self.hands[phone].holder {
                    holder.release_late();
                }
                Ok(())
            }
            Step::Cut { phone } | Step::Mend { phone } => {
                self.hands[phone].cut = matches!(step, Step::Cut { .. });
                Ok(())
            }
            Step::Skew { phone, ms } => {
                self.hands[phone].skew_ms = ms;
                Ok(())
            }
            Step::Pass { hours } => {
                self.back_up_server();
                self.world.pass_hours(hours);
                Ok(())
            }
            Step::Restart { phone } | Step::Crash { phone } | Step::Backup { phone } => {
                if self.hands[phone].holder.is_some() {
                    match step {
                        Step::Restart { .. } => self.restart(phone),
                        Step::Crash { .. } => self.crash(phone),
                        _ => self.back_up(phone),
                    }
                }
                Ok(())
            }
            Step::Restore { phone } => {
                self.restore(phone);
                Ok(())
            }
            Step::ServerCrash => {
                self.crash_server();
                Ok(())
            }
            Step::ServerRestore { pick } => self.restore_server(pick),
            Step::Erase { pick, whole } => self.erase(pick, if whole { &prospect::KIND } else { &visit::KIND }),
            Step::Reassign { pick, unit: to } => self.reassign(pick, UNITS[to % UNITS.len()]),
            Step::Judge { pick, confirm } => {
                let claims = Inside::of(&self.world.store).records(&outcome::KIND);
                if let Some(claim) = choose(&claims, pick) {
                    let verdict = if confirm { Judgement::Confirmed } else { Judgement::Rejected };
                    self.world.judge(claim, verdict, None);
                    self.deeds.verdicts += 1;
                }
                Ok(())
            }
            Step::Decide { pick, accept } => self.decide(pick, accept).map(drop),
            Step::Revoke { phone, hand_over } => self.revoke(phone, hand_over),
            Step::Move { phone, unit: to } => self.move_to(phone, UNITS[to % UNITS.len()]),
        }
    }

    /// The records of a kind on a phone, in the order of their ids.
    fn rows(&mut self, phone: usize, kind: &'static KindSpec) -> Vec<Row> {
        let query = Query { kind: Some(Kind::from(kind)), limit: 1000, ..Query::default() };
        self.found(phone, &query)
    }

    fn found(&mut self, phone: usize, query: &Query) -> Vec<Row> {
        let Some(holder) = &mut self.hands[phone].holder else { return Vec::new() };
        let mut rows = holder.replica().query(query).expect("read");
        rows.sort_unstable_by_key(|row| row.id);
        rows
    }

    fn value_of(&self, field: usize, value: i64) -> Value {
        if field.is_multiple_of(3) { Value::Int(value) } else { Value::from(format!("第{value}次").as_str()) }
    }

    /// Does something that saves on a phone, and notes what it saved.
    fn doing(
        &mut self,
        phone: usize,
        act: impl FnOnce(&mut crate::holder::Holder) -> Result<(), String>,
    ) -> Result<(), String> {
        let now = self.now_of(phone);
        let hand = &mut self.hands[phone];
        let Some(holder) = &mut hand.holder else { return Ok(()) };
        act(holder)?;
        hand.look(now);
        self.deeds.edits += 1;
        Ok(())
    }

    fn record(&mut self, phone: usize, what: Sort, pick: usize, amount: i64) -> Result<(), String> {
        let now = self.now_of(phone);
        let chosen = choose(&self.rows(phone, &prospect::KIND), pick).map(|row| row.id);
        let (kind, about, fields): (&'static KindSpec, _, _) = match (what, chosen) {
            (Sort::Prospect, _) => (&prospect::KIND, None, Prospect::named("小区").to_fields()),
            (Sort::Visit, Some(id)) => (&visit::KIND, Some(id), Visit::on_site(now, "谈了方案").to_fields()),
            (Sort::Claim, Some(id)) => {
                let amount = Some(Money::from_yuan(amount).map_err(words)?);
                let opened_on = now.date(&Zone::china());
                let claim = Outcome { product: Product::Account, opened_on, amount, cards: None, reference: None };
                (&outcome::KIND, Some(id), claim.to_fields())
            }
            (_, None) => return Ok(()),
        };
        let id = self.new_id(now);
        self.doing(phone, |holder| holder.replica().create(id, kind, about, &fields, now).map(drop).map_err(words))
    }

    fn edit(&mut self, phone: usize, id: RecordId, field: &str, value: Value) -> Result<(), String> {
        let now = self.now_of(phone);
        let puts = Fields::new().with(field.parse().map_err(words)?, value);
        self.doing(phone, |holder| holder.phone().edit(id, &puts, now).map_err(words))
    }

    fn resolve(&mut self, phone: usize, pick: usize) -> Result<(), String> {
        let rows = self.found(phone, &Query { in_conflict: true, limit: 1000, ..Query::default() });
        let Some(row) = choose(&rows, pick) else { return Ok(()) };
        let conflict = &row.conflicts[pick % row.conflicts.len()];
        let claim = &conflict.claims[pick / 7 % conflict.claims.len()];
        let (field, value, now) = (conflict.field.as_str(), claim.value.clone(), self.now_of(phone));
        self.doing(phone, |holder| holder.phone().resolve(row.id, field, value, now).map_err(words))
    }

    /// A phone syncs. Giving up on a bad network is nothing out of the way; anything else is.
    pub(super) fn sync(&mut self, phone: usize, road: Road, luck: u64) -> Result<(), String> {
        let now = self.now_of(phone);
        let hand = &mut self.hands[phone];
        let Some(holder) = &mut hand.holder else { return Ok(()) };
        holder.weather_by(if road == Road::Basement { bad() } else { Weather::CLEAR }, luck);
        match road {
            Road::Clear | Road::Basement => {}
            Road::Unheard(answers) => hand.line.lose_answers(answers),
            Road::Hanging(requests) => hand.line.hold_requests(requests),
            Road::Flipped(there, bit) => hand.line.flip_bit(there, bit),
        }
        if hand.cut {
            hand.line.cut();
        }
        let result = holder.sync_by(now);
        hand.line.mend();
        hand.line.take_log();
        match result {
            Ok(report) => {
                if report.applied.redone > 0 {
                    // What was made again stands for what it replaced.
                    hand.saved.clear();
                }
                self.deeds.syncs += 1;
                self.deeds.acknowledged += report.applied.acknowledged;
                self.deeds.pulled += report.applied.pulled;
                self.deeds.refused += report.applied.refused;
                self.deeds.evicted += report.applied.evicted;
            }
            Err(SyncError::GaveUp { .. }) => self.deeds.given_up += 1,
            // An answer in words carries no checksum: damaged, it says that nothing can be done.
            Err(SyncError::Rejected { .. }) if matches!(road, Road::Basement | Road::Flipped(..)) => {
                self.deeds.given_up += 1;
            }
            Err(SyncError::Revoked { handed_over, not_taken, not_sent }) => {
                let may = hand.revoked.ok_or("a phone was wiped that nobody revoked")?;
                let lasting = hand.outbox.len();
                if handed_over + not_taken + not_sent != lasting {
                    return Err(format!(
                        "{} had {lasting} changes to leave and spoke of {handed_over} + {not_taken} + {not_sent}",
                        hand.code
                    ));
                }
                if may && not_sent == 0 {
                    hand.handed_over.extend(hand.outbox.keys().copied());
                }
                hand.acknowledged.extend(holder.phone().acknowledged());
                hand.holder = None;
                (hand.saved, hand.outbox) = Default::default();
                self.deeds.wiped += 1;
                self.forget_what_is_gone();
                return Ok(());
            }
            Err(error) => return Err(format!("{} cannot sync: {error}", hand.code)),
        }
        hand.look(now);
        Ok(())
    }

    fn reassign(&mut self, pick: usize, to: &str) -> Result<(), String> {
        let prospects = Inside::of(&self.world.store).records(&prospect::KIND);
        let Some(prospect) = choose(&prospects, pick) else { return Ok(()) };
        let to = Assigned { unit: unit(to), owner: None };
        let order = AssignOrder { prospect, to, by: Actor::Operator, at: self.world.clock.now() };
        self.deeds.moves += 1;
        self.world.run(self.world.store.assign(order)).map_err(words)
    }

    /// Erases something: nobody asks for it any more.
    fn erase(&mut self, pick: usize, kind: &'static KindSpec) -> Result<(), String> {
        let inside = Inside::of(&self.world.store);
        let Some(record) = choose(&inside.records(kind), pick) else { return Ok(()) };
        let there = inside.changes();
        let order =
            EraseOrder { record, reason: "要求删除".to_owned(), by: Actor::Operator, at: self.world.clock.now() };
        let erased = self.world.run(self.world.store.erase(order)).map_err(words)?;
        self.gone.extend(there.into_iter().filter(|(_, record)| erased.contains(record)).map(|(hash, _)| hash));
        self.erased.extend(erased);
        self.deeds.erasures += 1;
        Ok(())
    }

    /// Decides on something that is held. Returns whether there was anything.
    pub(super) fn decide(&mut self, pick: usize, accept: bool) -> Result<bool, String> {
        let held = self.world.run(self.world.store.held()).map_err(words)?;
        let Some(held) = choose(&held, pick) else { return Ok(false) };
        let order = DecideOrder {
            record: held.record,
            device: held.device,
            accept,
            reason: "看过了".to_owned(),
            until: held.until,
            by: Actor::Operator,
            at: self.world.clock.now(),
        };
        let decided = self.world.run(self.world.store.decide(order)).map_err(words)?;
        self.deeds.decided += decided.accepted + decided.refused;
        Ok(true)
    }

    fn revoke(&mut self, phone: usize, hand_over: bool) -> Result<(), String> {
        let hand = &mut self.hands[phone];
        if hand.revoked.is_some() {
            return Ok(());
        }
        hand.revoked = Some(hand_over);
        let device = hand.device;
        self.revoke_device(device, hand_over)
    }

    fn revoke_device(&self, device: DeviceNumber, hand_over: bool) -> Result<(), String> {
        let (devices, by, reason) = (Revoked::Device(device), Actor::Operator, "lost".to_owned());
        let order = RevokeOrder { devices, by, reason, hand_over, at: self.world.clock.now() };
        self.world.run(self.world.store.revoke(order)).map(drop).map_err(words)
    }

    /// Puts the server back to a backup. The operator revokes again whoever was revoked since.
    fn restore_server(&mut self, pick: usize) -> Result<(), String> {
        let Some(backup) = choose(&self.backups, pick) else { return Ok(()) };
        if !self.server_restored {
            checks::nothing_acknowledged_is_lost(self)?;
        }
        self.start_server_from(&backup);
        self.server_restored = true;
        self.deeds.server_restores += 1;
        for (device, hand_over) in self.hands.iter().filter_map(|hand| Some((hand.device, hand.revoked?))) {
            self.revoke_device(device, hand_over)?;
        }
        self.forget_what_is_gone();
        Ok(())
    }

    /// Somebody belongs to another unit from today on; who came to theirs only today stays.
    fn move_to(&mut self, phone: usize, to: &str) -> Result<(), String> {
        let (who, to, today) = (person(CODES[phone]), unit(to), self.world.today());
        let bank = self.world.run(self.world.store.bank()).map_err(words)?;
        let present: Vec<Membership> =
            bank.memberships_of(&who).iter().filter(|member| member.holds_on(today)).cloned().collect();
        if present.iter().any(|member| member.from == today || member.unit == to) {
            return Ok(());
        }
        let ended = present.into_iter().map(|member| Membership { until: Some(today), ..member });
        let memberships = ended.chain([Membership { person: who, unit: to, from: today, until: None }]).collect();
        let (units, people, at) = (Vec::new(), Vec::new(), self.world.clock.now());
        let order = BankOrder { units, people, memberships, by: Actor::Operator, at };
        self.deeds.moves += 1;
        self.world.run(self.world.store.extend_bank(order)).map(drop).map_err(words)
    }
}

fn words(error: impl ToString) -> String {
    error.to_string()
}
