//! What people do on a working day, as data: whom they visit, what they find out, what they claim. Each phone's script
//! draws from its own generator, so a phone does the same however the others are scheduled.

use super::bank::PhoneOwner;
use super::communities::{households, other_bank};
use super::notes;
use canvass_core::domain::campaign::{self, Campaign};
use canvass_core::domain::outcome::{Outcome, Product};
use canvass_core::domain::prospect::Prospect;
use canvass_core::domain::visit::Visit;
use canvass_core::domain::{
    Bank, Date, DeviceNumber, FieldName, Fields, Invalid, Money, PhoneTime, RecordId, Role, UnitLevel, Value, Week,
    Zone,
};
use jiff::ToSpan;
use jiff::civil::Weekday;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::collections::{BTreeMap, BTreeSet};

/// A prospect as the phone knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// Its record.
    pub id: RecordId,
    /// Its name.
    pub name: String,
    /// What its fund is thought to hold, if anyone has said.
    pub fund_estimate: Option<Money>,
    /// Whether somebody has claimed its account already, as far as this phone knows.
    pub won: bool,
}

/// One thing a person records.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Act {
    /// A community nobody had on the list.
    RecordProspect(Prospect),
    /// A visit to a prospect.
    Visit {
        /// The prospect.
        prospect: RecordId,
        /// The visit.
        visit: Visit,
    },
    /// Something found out about a prospect. Colleagues find out differently, so conflicts arise.
    EditProspect {
        /// The prospect.
        prospect: RecordId,
        /// What changes.
        fields: Fields,
    },
    /// A result claimed.
    ClaimOutcome {
        /// The prospect.
        prospect: RecordId,
        /// The result.
        outcome: Outcome,
    },
    /// A claim put right.
    EditOutcome {
        /// Which of this phone's claims, counted from 0 in the order of their acts.
        claim: usize,
        /// What changes.
        fields: Fields,
    },
    /// A visit taken back.
    WithdrawVisit {
        /// Which of this phone's visits, counted from 0 in the order of their acts.
        visit: usize,
        /// Why.
        reason: &'static str,
    },
}

/// An act and when the person takes out the phone for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// When, by a phone whose clock is right.
    pub at: PhoneTime,
    /// What.
    pub act: Act,
}

/// A phone's randomness: of its own, whatever other phones draw.
pub fn phone_rng(seed: u64, device: DeviceNumber) -> ChaCha8Rng {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream(u64::from(device.get()));
    rng
}

/// What one phone's owner does, day after day.
#[derive(Debug, Clone)]
pub struct Script {
    rng: ChaCha8Rng,
    device: DeviceNumber,
    role: Role,
    /// When the next community is won. First in the second to fourth week (`[case]`: it takes several visits).
    next_win: Date,
    won: Vec<RecordId>,
    claims: Vec<Outcome>,
    visits: usize,
    /// Prospects called on before: nobody is won at the first visit.
    met: BTreeSet<RecordId>,
}

const MINUTE: i64 = 60_000;

impl Script {
    /// The script of a phone whose work begins on a day.
    pub fn new(seed: u64, owner: &PhoneOwner, starts: Date) -> Self {
        let mut rng = phone_rng(seed, owner.device);
        let next_win = starts.saturating_add(rng.random_range(7_i64..=23).days());
        Self {
            rng,
            device: owner.device,
            role: owner.role,
            next_win,
            won: Vec::new(),
            claims: Vec::new(),
            visits: 0,
            met: BTreeSet::new(),
        }
    }

    /// What the owner does on the next day, in order of time. An account manager makes 2 to 6 visits; on most weekends
    /// some, as committee members meet then (`[case]`). A branch leader calls on the largest funds; head office stays in.
    /// The order of `known` counts: give it sorted.
    ///
    /// # Errors
    /// When the day lies before 1970 or after 2199.
    pub fn day(&mut self, date: Date, known: &[Known]) -> Result<Vec<Step>, Invalid> {
        let weekend = matches!(date.weekday(), Weekday::Saturday | Weekday::Sunday);
        let visits = match (self.role, weekend) {
            (Role::BranchLeader, true) => 0,
            (Role::BranchLeader, false) => self.rng.random_range(0..=1),
            (Role::AccountManager, false) => self.rng.random_range(2..=6),
            (Role::AccountManager, true) => self.rng.random_range(0..=3),
            _ => 0,
        };
        if known.is_empty() || visits == 0 {
            return Ok(Vec::new());
        }
        let mut open: Vec<&Known> = known.iter().filter(|known| !self.is_won(known)).collect();
        open.sort_by_key(|known| std::cmp::Reverse(known.fund_estimate));
        let mut steps = Vec::new();
        // 9 to 18 o'clock, shared out evenly: a visit ends before the next begins.
        let slot = 9 * 60 / visits;
        for turn in 0..visits {
            let start = 9 * 60 + turn * slot + self.rng.random_range(0..slot / 3);
            let minutes = self.rng.random_range(10..=slot.min(100) / 2);
            let prospect = self.choose(&open, known);
            self.visit(&mut steps, date, (start, minutes), prospect)?;
        }
        Ok(steps)
    }

    fn is_won(&self, prospect: &Known) -> bool {
        prospect.won || self.won.contains(&prospect.id)
    }

    /// Half the time a large fund not yet won: one win is worth it (`[case]`). So colleagues meet at the same doors.
    fn choose<'a>(&mut self, open: &[&'a Known], known: &'a [Known]) -> &'a Known {
        let first = if self.role == Role::BranchLeader { 3 } else { 8 }.min(open.len());
        if first > 0 && (self.role == Role::BranchLeader || self.rng.random_ratio(1, 2)) {
            open[self.rng.random_range(0..first)]
        } else {
            &known[self.rng.random_range(0..known.len())]
        }
    }

    fn visit(
        &mut self,
        steps: &mut Vec<Step>,
        date: Date,
        (start, minutes): (i64, i64),
        prospect: &Known,
    ) -> Result<(), Invalid> {
        let occurred_at = moment(date, start)?;
        let won = self.is_won(prospect);
        let visit = self.words(occurred_at, date, minutes, &prospect.name, won)?;
        let mut at = occurred_at.plus_millis((minutes + self.rng.random_range(1..=8)) * MINUTE);
        let mut push = |act| {
            steps.push(Step { at, act });
            at = at.plus_millis(2 * MINUTE);
        };
        push(Act::Visit { prospect: prospect.id, visit });
        self.visits += 1;
        if self.rng.random_ratio(1, 200) {
            push(Act::WithdrawVisit { visit: self.visits - 1, reason: notes::withdrawal(&mut self.rng) });
            return Ok(());
        }
        if self.rng.random_ratio(15, 100) {
            push(Act::EditProspect { prospect: prospect.id, fields: self.finding(prospect) });
        }
        if self.role != Role::AccountManager {
            return Ok(());
        }
        if self.rng.random_ratio(1, 100) {
            push(Act::RecordProspect(self.discovery(&prospect.name)));
        }
        if let Some(outcome) = self.result(date, prospect, won) {
            self.claims.push(outcome.clone());
            push(Act::ClaimOutcome { prospect: prospect.id, outcome });
        } else if !self.claims.is_empty() && self.rng.random_ratio(1, 200) {
            let claim = self.rng.random_range(0..self.claims.len());
            if let Some(fields) = self.correction(claim) {
                push(Act::EditOutcome { claim, fields });
            }
        }
        Ok(())
    }

    fn words(
        &mut self,
        occurred_at: PhoneTime,
        date: Date,
        minutes: i64,
        name: &str,
        won: bool,
    ) -> Result<Visit, Invalid> {
        let rng = &mut self.rng;
        let (channel, minutes) = match rng.random_range(0..20) {
            0..14 => ("on_site", minutes),
            // A call takes 8 to 15 minutes ([etiquette]).
            14..18 => ("phone", rng.random_range(8..=15)),
            18 => ("video", minutes),
            _ => ("forum", minutes),
        };
        let talk = notes::talk(rng, channel, name, won);
        let gift = match rng.random_range(0..200) {
            0..2 => Some(rng.random_range(21..=48) * 10),
            2..14 => Some(rng.random_range(3..=20) * 10),
            _ => None,
        };
        let next = date.saturating_add(rng.random_range(2_i64..=14).days());
        let next_at = moment(next, rng.random_range(18..36) * 30)?;
        Ok(Visit {
            channel: channel.to_owned(),
            purpose: Some(talk.purpose.to_owned()),
            met: Some(talk.met),
            minutes: Some(minutes),
            gift_value: gift.filter(|_| channel == "on_site").and_then(|yuan| Money::from_yuan(yuan).ok()),
            next_step: Some(talk.next_step.to_owned()),
            next_at: rng.random_ratio(2, 3).then_some(next_at),
            ..Visit::on_site(occurred_at, talk.note)
        })
    }

    /// Something found out about a prospect, as this person sees it.
    fn finding(&mut self, prospect: &Known) -> Fields {
        let rng = &mut self.rng;
        let (name, value): (&str, Value) = match rng.random_range(0..10) {
            0..4 => {
                // About 18,000 yuan of fund to a household; everyone counts a little differently.
                let count = prospect.fund_estimate.map_or_else(|| households(rng), |fund| fund.fen() / 1_800_000);
                ("households", (count * rng.random_range(90..=110) / 100).clamp(1, 100_000).into())
            }
            4..7 => ("owner_committee", ["none", "forming", "elected"][rng.random_range(0..3)].into()),
            7..9 => ("current_bank", other_bank(rng).into()),
            _ => ("management_quality", ["good", "fair", "poor"][rng.random_range(0..3)].into()),
        };
        field(name, value)
    }

    /// A community next door that was not on the list.
    fn discovery(&mut self, neighbour: &str) -> Prospect {
        const SIDES: [&str; 4] = ["东区", "南区", "西区", "北区"];
        let base = SIDES.iter().find_map(|side| neighbour.strip_suffix(side)).unwrap_or(neighbour);
        let mut name: String = base.chars().take(40).collect();
        name.push_str(SIDES[self.rng.random_range(0..SIDES.len())]);
        Prospect { households: Some(households(&mut self.rng)), ..Prospect::named(name) }
    }

    /// What comes of a visit: a community won when its day has come, cards and wealth products where one is at home.
    fn result(&mut self, date: Date, prospect: &Known, won: bool) -> Option<Outcome> {
        let rng = &mut self.rng;
        let reference = format!("{}-{:04}-{:02}", date.strftime("%Y%m%d"), self.device.get(), self.claims.len() + 1);
        // One in six forgets the number, and the back office asks.
        let reference = (!rng.random_ratio(1, 6)).then_some(reference);
        let result = |product, yuan: Option<i64>, cards| Outcome {
            product,
            opened_on: date,
            amount: yuan.and_then(|yuan| Money::from_yuan(yuan).ok()),
            cards,
            reference,
        };
        if won {
            return match rng.random_range(0..10) {
                0..2 => Some(result(Product::Cards, None, Some(rng.random_range(10..=240)))),
                2..4 => Some(result(Product::Wealth, Some(rng.random_range(5..=300) * 10_000), None)),
                _ => None,
            };
        }
        let first_visit = self.met.insert(prospect.id);
        if first_visit || date < self.next_win {
            return None;
        }
        self.next_win = date.saturating_add(rng.random_range(14_i64..=28).days());
        self.won.push(prospect.id);
        let estimate = prospect.fund_estimate.map_or_else(|| households(rng) * 18_000, |fund| fund.fen() / 100);
        let yuan = estimate / 100 * rng.random_range(85..=110) / 10_000 * 10_000;
        Some(result(Product::Account, Some(yuan.max(10_000)), None))
    }

    /// A claim's figure, read again and found a little off.
    fn correction(&mut self, claim: usize) -> Option<Fields> {
        let percent = [92, 96, 103, 108][self.rng.random_range(0..4)];
        let outcome = self.claims.get_mut(claim)?;
        if let Some(amount) = outcome.amount {
            outcome.amount = Money::from_fen(amount.fen() / 100 * percent).ok();
            return outcome.amount.map(|amount| field("amount", amount.into()));
        }
        outcome.cards = Some((outcome.cards? + 1).min(100_000));
        outcome.cards.map(|cards| field("cards", cards.into()))
    }
}

fn field(name: &str, value: Value) -> Fields {
    name.parse::<FieldName>().map_or_else(|_| Fields::new(), |name| Fields::new().with(name, value))
}

/// A minute of a day in China.
fn moment(date: Date, minute: i64) -> Result<PhoneTime, Invalid> {
    PhoneTime::from_millis(Zone::china().start_of(date) + minute * MINUTE)
}

/// The campaign of the demo: every branch takes part for so many weeks (at least one), and from the second week on fewer
/// visits count.
pub fn campaign(bank: &Bank, starts: Date, weeks: u32) -> Campaign {
    const YUAN: i64 = 100;
    const MILLION: i64 = 1_000_000 * YUAN;
    let rules = [
        ("target", 5),
        ("points/communities", 100),
        ("points/fund", 10),
        ("per/fund", MILLION),
        ("cap/fund", 500 * MILLION),
        ("points/cards", 1),
        ("per/cards", 10),
        ("points/wealth", 5),
        ("per/wealth", 100_000 * YUAN),
        ("points/visits", 1),
        ("cap/visits", 400),
        ("tier/1", 0),
        ("tier/2", 20 * MILLION),
        ("tier/3", 100 * MILLION),
    ];
    let first = Week::of(starts);
    let version =
        |rules: &[(&str, i64)]| rules.iter().map(|(key, value)| ((*key).to_owned(), (*value).into())).collect();
    Campaign {
        name: "社区维修资金百日营销".to_owned(),
        starts,
        ends: starts.saturating_add((i64::from(weeks.clamp(1, 520)) * 7 - 1).days()),
        zone: Zone::china(),
        cutoff: campaign::CUTOFF,
        units: bank.units().filter(|unit| unit.level == UnitLevel::Branch).map(|unit| unit.id.clone()).collect(),
        versions: BTreeMap::from([(first, version(&rules)), (first.next(), version(&[("cap/visits", 300)]))]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::{bank, communities};
    use canvass_core::domain::campaign::Metric;
    use canvass_core::domain::visit::GIFT_LIMIT_FEN;
    use canvass_core::domain::{KindSpec, outcome, prospect, visit};
    use std::collections::BTreeSet;

    const START: Date = Date::constant(2026, 3, 2);

    struct Played {
        owner: PhoneOwner,
        branch: String,
        steps: Vec<Step>,
    }

    /// Plays so many days of a bank of 3 branches and 8 phones each; everyone hears of wins in the unit overnight.
    fn play(seed: u64, days: i64) -> Vec<Played> {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let staff = bank::generate(&mut rng, 28, START).expect("a bank");
        let mut known: BTreeMap<_, Vec<Known>> = BTreeMap::new();
        for (number, community) in (0..).zip(communities::generate(&mut rng, &staff.bank, 30)) {
            let id = RecordId::new(number, [0; 10]);
            let prospect = community.prospect;
            let fund_estimate = prospect.fund_estimate.filter(|_| number % 5 > 0);
            known.entry(community.unit).or_default().push(Known { id, name: prospect.name, fund_estimate, won: false });
        }
        let mut scripts: Vec<Script> = staff.phones.iter().map(|owner| Script::new(seed, owner, START)).collect();
        let branch = |owner: &PhoneOwner| {
            let branch = staff.bank.upwards(&owner.unit).find(|unit| unit.level == UnitLevel::Branch);
            branch.map_or_else(String::new, |unit| unit.id.to_string())
        };
        let mut played: Vec<_> = staff
            .phones
            .iter()
            .cloned()
            .map(|owner| Played { branch: branch(&owner), owner, steps: Vec::new() })
            .collect();
        for date in (0..days).map(|day| START.saturating_add(day.days())) {
            let mut won = BTreeSet::new();
            for (script, played) in scripts.iter_mut().zip(&mut played) {
                let mut nearby: Vec<Known> = Vec::new();
                for unit in staff.bank.below(&played.owner.unit) {
                    nearby.extend(known.get(&unit.id).into_iter().flatten().cloned());
                }
                let steps = script.day(date, &nearby).expect("a day");
                won.extend(accounts(&steps));
                played.steps.extend(steps);
            }
            known.values_mut().flatten().for_each(|known| known.won |= won.contains(&known.id));
        }
        played
    }

    fn accounts(steps: &[Step]) -> impl Iterator<Item = RecordId> {
        steps.iter().filter_map(|step| match &step.act {
            Act::ClaimOutcome { prospect, outcome } if outcome.product == Product::Account => Some(*prospect),
            _ => None,
        })
    }

    fn visits(played: &[Played]) -> impl Iterator<Item = &Visit> {
        played.iter().flat_map(|played| &played.steps).filter_map(|step| match &step.act {
            Act::Visit { visit, .. } => Some(visit),
            _ => None,
        })
    }

    #[test]
    fn the_same_seed_gives_the_same_days_and_each_phone_its_own() {
        let steps = |seed| play(seed, 10).into_iter().map(|played| played.steps).collect::<Vec<_>>();
        let days = steps(7);
        assert_eq!(days, steps(7));
        assert_ne!(days, steps(8));
        let different: BTreeSet<_> = days.iter().map(|steps| format!("{steps:?}")).collect();
        assert_eq!(different.len(), days.len(), "two phones do the same");
    }

    #[test]
    fn whatever_a_script_says_can_be_recorded_at_that_moment() {
        let valid = |kind: &KindSpec, fields: &Fields, at| kind.check_new(fields, at).expect("valid");
        for Played { owner, steps, .. } in play(1, 60) {
            let (mut visited, mut claimed) = (0, 0);
            assert!(steps.is_sorted_by_key(|step| step.at), "device {}", owner.device);
            for Step { at, act } in steps {
                match act {
                    Act::RecordProspect(new) => valid(&prospect::KIND, &new.to_fields(), at),
                    Act::Visit { visit, .. } => {
                        assert!(visit.occurred_at < at, "recorded before it happened");
                        valid(&visit::KIND, &visit.to_fields(), at);
                        visited += 1;
                    }
                    Act::ClaimOutcome { outcome, .. } => {
                        let fields = outcome.to_fields();
                        valid(&outcome::KIND, &fields, at);
                        assert!((outcome::KIND.flags)(&fields).is_empty(), "{outcome:?}");
                        claimed += 1;
                    }
                    Act::EditProspect { fields, .. } => {
                        assert!(!fields.is_empty());
                        prospect::KIND.check_edit(&fields, at).expect("valid");
                    }
                    Act::EditOutcome { claim, fields } => {
                        assert!(claim < claimed && !fields.is_empty());
                        outcome::KIND.check_edit(&fields, at).expect("valid");
                    }
                    Act::WithdrawVisit { visit, .. } => assert!(visit < visited),
                }
            }
        }
    }

    #[test]
    fn notes_are_40_to_200_characters_varied_and_made_between_9_and_18() {
        let played = play(2, 21);
        let notes: Vec<_> = visits(&played).map(|visit| visit.note.clone().expect("a note")).collect();
        assert!(notes.len() > 1_000, "{}", notes.len());
        for note in &notes {
            assert!((40..=200).contains(&note.chars().count()), "{note}");
        }
        let different: BTreeSet<_> = notes.iter().collect();
        assert!(different.len() * 100 > notes.len() * 95, "{} of {}", different.len(), notes.len());
        for word in ["业委会主任", "维修资金查询", "遮阳伞", "选票", "木偶戏", "缴费机", "论坛"]
        {
            assert!(notes.iter().any(|note| note.contains(word)), "nobody writes of {word}");
        }
        for visit in visits(&played) {
            let minute = (visit.occurred_at.millis() / MINUTE + 8 * 60) % (24 * 60);
            assert!((9 * 60..18 * 60).contains(&minute), "{minute}");
        }
        let weekend = |visit: &&Visit| visit.occurred_at.date(&Zone::china()).weekday().to_monday_one_offset() > 5;
        assert!(visits(&played).filter(weekend).count() > 100, "committee members meet on weekends");
        let above = |visit: &&Visit| visit.gift_value.is_some_and(|gift| gift.fen() > GIFT_LIMIT_FEN);
        assert!((1..30).contains(&visits(&played).filter(above).count()), "a few gifts are above the limit");
    }

    #[test]
    fn after_three_weeks_a_branch_has_won_3_to_8_communities_and_none_twice_by_one_phone() {
        for seed in 0..20 {
            let mut branches: BTreeMap<String, BTreeSet<RecordId>> = BTreeMap::new();
            for played in play(seed, 21).iter().filter(|played| played.owner.role == Role::AccountManager) {
                let won: Vec<_> = accounts(&played.steps).collect();
                assert_eq!(won.iter().collect::<BTreeSet<_>>().len(), won.len());
                branches.entry(played.branch.clone()).or_default().extend(won);
            }
            assert_eq!(branches.len(), 3);
            for (branch, won) in branches {
                assert!((3..=8).contains(&won.len()), "seed {seed}, {branch}: {}", won.len());
            }
        }
    }

    #[test]
    fn colleagues_edit_the_same_field_of_the_same_prospect_differently_on_one_day() {
        let played = play(3, 21);
        let mut edits: BTreeMap<_, BTreeSet<(DeviceNumber, String)>> = BTreeMap::new();
        for (phone, step) in played.iter().flat_map(|phone| phone.steps.iter().map(move |step| (phone, step))) {
            if let Act::EditProspect { prospect, fields } = &step.act {
                for (name, value) in fields.iter() {
                    let key = (step.at.date(&Zone::china()), *prospect, name.to_string());
                    edits.entry(key).or_default().insert((phone.owner.device, value.to_string()));
                }
            }
        }
        let differing = |edits: &&BTreeSet<(DeviceNumber, String)>| {
            edits.iter().map(|(_, value)| value).collect::<BTreeSet<_>>().len() > 1
                && edits.iter().map(|(device, _)| device).collect::<BTreeSet<_>>().len() > 1
        };
        assert!(edits.values().filter(differing).count() > 0);
    }

    #[test]
    fn the_campaign_is_valid_and_counts_fewer_visits_from_its_second_week_on() {
        let staff = bank::generate(&mut ChaCha8Rng::seed_from_u64(1), 24, START).expect("a bank");
        let campaign = campaign(&staff.bank, START, 3);
        let fields = campaign.to_fields();
        let now = PhoneTime::from_millis(1_772_985_600_000).expect("in range");
        campaign::KIND.check_new(&fields, now).expect("valid");
        assert_eq!(Campaign::read(&fields).as_ref(), Ok(&campaign));
        assert_eq!((campaign.units.len(), campaign.weeks().len()), (3, 3));
        let rules = |week: usize| campaign.rules(campaign.weeks()[week]);
        let cap = |week| rules(week).weights.get(&Metric::Visits).and_then(|weight| weight.cap);
        assert_eq!((cap(0), cap(1), cap(2)), (Some(400), Some(300), Some(300)));
        assert_eq!((rules(2).target, rules(2).weights.len(), rules(2).tiers.len()), (5, 5, 3));
        assert_eq!(rules(0).tier(Money::from_yuan(20_000_000).expect("money")), Some(2));
    }
}
