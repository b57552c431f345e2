//! The founding case, worked by hand: forty branches, five communities each as the target, funds in tiers, three weeks, and
//! everything that makes a ranking doubted. Every figure here was written down by a person, none is computed.

#![expect(clippy::expect_used, reason = "fixtures are right or the test is wrong")]

use canvass_core::domain::campaign::{self, Campaign, Metric};
use canvass_core::domain::verification::Verdict;
use canvass_core::domain::{
    Bank, Device, DeviceNumber, Membership, Person, PhoneTime, RecordId, Role, Unit, UnitLevel, Zone,
};
use canvass_core::ranking::{Basis, Bulletin, Cause, Rule, Why};
use canvass_server::calendar;
use canvass_server::clock::Clock;
use canvass_server::demo::bank::PhoneOwner;
use canvass_server::ingest::Assigned;
use canvass_server::store::{Actor, AssignOrder, BankOrder, BulletinKey, Bulletins, SealOrder, Store};
use canvass_tests::{World, date, person, unit, week};
use std::collections::BTreeMap;

/// Head office with one phone, and forty branches, each with one sub-branch and one account manager.
fn forty_branches() -> (Bank, Vec<PhoneOwner>) {
    let new_unit = |id: &str, parent: Option<&str>, level| Unit {
        id: unit(id),
        parent: parent.map(unit),
        level,
        name: format!("{id}支行"),
    };
    let mut units = vec![new_unit("H", None, UnitLevel::HeadOffice)];
    let mut owners = vec![("H-P".to_owned(), "H".to_owned(), Role::HeadOffice)];
    for n in 1..=40 {
        let (branch, sub) = (format!("B{n:02}"), format!("B{n:02}-S"));
        units.push(new_unit(&branch, Some("H"), UnitLevel::Branch));
        units.push(new_unit(&sub, Some(&branch), UnitLevel::SubBranch));
        owners.push((format!("P{n:02}"), sub, Role::AccountManager));
    }
    let phone = |(n, (code, home, role)): (u32, &(String, String, Role))| PhoneOwner {
        device: DeviceNumber::new(n),
        person: person(code),
        unit: unit(home),
        role: *role,
    };
    let phones: Vec<PhoneOwner> = (1..).zip(&owners).map(phone).collect();
    let people =
        owners.iter().map(|(code, _, role)| Person { id: person(code), name: code.clone(), roles: (*role).into() });
    let from = date("2025-01-01");
    let members =
        owners.iter().map(|(code, home, _)| Membership { person: person(code), unit: unit(home), from, until: None });
    let devices = phones.iter().map(|it| Device { number: it.device, person: it.person.clone() });
    let bank = Bank::new(units, people.collect(), members.collect(), devices.collect()).expect("a bank");
    (bank, phones)
}

/// A community is 100 points; of a fund every full 100,000 yuan is 1, up to 50 million yuan; a visit is 2, and 5 from the
/// third week on. Tier 2 begins at 20 million yuan, tier 3 at 100 million.
fn hundred_days() -> Campaign {
    let first = [
        ("target", 5),
        ("points/communities", 100),
        ("points/fund", 1),
        ("per/fund", 10_000_000),
        ("cap/fund", 5_000_000_000),
        ("points/visits", 2),
        ("tier/1", 0),
        ("tier/2", 2_000_000_000),
        ("tier/3", 10_000_000_000),
    ];
    let version =
        |pairs: &[(&str, i64)]| pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).into())).collect();
    Campaign {
        name: "百日会战".to_owned(),
        starts: date("2026-03-02"),
        ends: date("2026-03-29"),
        zone: Zone::china(),
        cutoff: campaign::CUTOFF,
        units: (1..=40).map(|n| unit(&format!("B{n:02}"))).collect(),
        versions: BTreeMap::from([
            (week("2026-W10"), version(&first)),
            (week("2026-W12"), version(&[("points/visits", 5)])),
        ]),
    }
}

struct Case {
    world: World,
    campaign: RecordId,
}

fn at(day: &str, hour: i64) -> PhoneTime {
    PhoneTime::from_millis(Zone::china().start_of(date(day)) + hour * 3_600_000).expect("in range")
}

impl Case {
    fn read(&self, week_: &str, revision: u32) -> Bulletin {
        let key = BulletinKey { campaign: self.campaign, week: week(week_), revision };
        self.world.run(self.world.store.bulletin(key)).expect("read").expect("it was sealed").1
    }

    /// The calendar seals what is due.
    fn cutoff(&self, day: &str) -> Vec<(String, u32)> {
        self.world.becomes(date(day), 10);
        let written = self.world.run(calendar::seal_due(&*self.world.store, self.world.clock.now())).expect("sealed");
        written.into_iter().map(|key| (key.week.to_string(), key.revision)).collect()
    }
}

fn sealed(of: &[(&str, u32)]) -> Vec<(String, u32)> {
    of.iter().map(|(week, revision)| ((*week).to_owned(), *revision)).collect()
}

/// Every branch with points as `rank branch score`, and how many share the last rank with nothing.
fn places(bulletin: &Bulletin) -> (Vec<String>, (u32, usize)) {
    let (with, without): (Vec<_>, Vec<_>) = bulletin.standings.iter().partition(|one| one.score > 0);
    let said = with.iter().map(|one| format!("{} {} {}", one.rank, one.unit, one.score)).collect();
    assert!(without.iter().all(|one| one.rank == without[0].rank), "they share the last rank");
    (said, (without[0].rank, without.len()))
}

fn cause(branch: &str, metric: Metric, why: Why, count: i64, confirmed: i64, pending: i64) -> Cause {
    Cause { unit: Some(unit(branch)), metric, why, count, confirmed, pending }
}

#[test]
fn the_founding_case_comes_to_the_figures_that_were_worked_by_hand() {
    let world = World::of(1, forty_branches());
    let campaign = world.launch(&hundred_days());
    let case = Case { campaign, world };
    let world = &case.world;
    let confirm = |outcome| {
        world.judge(outcome, Verdict::Confirmed, None);
    };

    // The first week, 2 to 8 March. Everything but P06's last four visits has come in by Monday at ten.
    world.becomes(date("2026-03-03"), 9);
    let mut first = world.phone("P01");
    let tiantong = first.prospect("天通苑");
    for hour in 9..12 {
        first.visit_at(tiantong, at("2026-03-03", hour).plus_millis(-3_600_000));
    }
    let large = first.claim_account(tiantong, date("2026-03-03"), 100_000_000);
    world.becomes(date("2026-03-04"), 18);
    first.sync();
    confirm(large);
    let mut claims = BTreeMap::new();
    for (code, yuan, visits) in [
        ("P02", 20_000_000, 2),
        ("P03", 20_000_000, 2),
        ("P04", 5_000_000, 5),
        ("P05", 5_000_000, 1),
        ("P07", 10_000_000, 0),
    ] {
        let mut phone = world.phone(code);
        let community = phone.prospect(&format!("{code}的小区"));
        for hour in 0..visits {
            phone.visit_at(community, at("2026-03-04", 9 + hour));
        }
        let claim = phone.claim_account(community, date("2026-03-04"), yuan);
        phone.sync();
        claims.insert(code, (claim, community));
    }
    confirm(claims["P02"].0);
    confirm(claims["P03"].0);
    world.judge(claims["P04"].0, Verdict::Rejected, Some("台账中无此账户"));
    // Confirmed, and edited afterwards by its claimant: pending again.
    confirm(claims["P07"].0);
    world.becomes(date("2026-03-08"), 20);
    let mut seventh = world.phone("P07");
    seventh.edit(claims["P07"].0, "amount", 1_200_000_000);
    seventh.sync();
    let mut sixth = world.phone("P06");
    let olympic = sixth.prospect("奥林匹克花园");
    sixth.visit_at(olympic, at("2026-03-05", 10));
    sixth.sync();
    for hour in 11..15 {
        sixth.visit_at(olympic, at("2026-03-05", hour));
    }
    let mut homes = BTreeMap::new();
    for code in ["P08", "P10"] {
        let mut phone = world.phone(code);
        let community = phone.prospect(&format!("{code}的小区"));
        phone.visit_at(community, at("2026-03-06", 10));
        phone.visit_at(community, at("2026-03-06", 11));
        phone.sync();
        homes.insert(code, community);
    }
    assert_eq!(case.cutoff("2026-03-09"), sealed(&[("2026-W10", 1)]));
    let w10 = case.read("2026-W10", 1);
    let expected = ["1 B01 606", "2 B02 304", "2 B03 304", "4 B04 10", "5 B08 4", "5 B10 4", "7 B05 2", "7 B06 2"];
    assert_eq!(places(&w10), (expected.map(str::to_owned).to_vec(), (9, 32)));
    let total = |bulletin: &Bulletin, metric: Metric| -> (i64, i64) {
        bulletin
            .standings
            .iter()
            .fold((0, 0), |sum, one| (sum.0 + one.total[&metric].confirmed, sum.1 + one.total[&metric].pending))
    };
    assert_eq!(total(&w10, Metric::Communities), (3, 2), "P05's and P07's wait");
    assert_eq!(total(&w10, Metric::Fund), (14_000_000_000, 1_700_000_000));
    assert_eq!(total(&w10, Metric::Visits), (18, 0));
    assert_eq!(w10.standings.iter().filter(|one| one.is_blank(Basis::Confirmed)).count(), 37);
    assert!(w10.standings.iter().all(|one| one.target == 5 && one.movement.is_none()));
    assert_eq!(w10.standings[0].share_of_target(Basis::Confirmed), Some(2_000), "one of five");

    // The second week: what was pending is judged, late visits come, somebody changes units, a community changes hands.
    world.becomes(date("2026-03-10"), 9);
    sixth.sync();
    confirm(claims["P05"].0);
    confirm(claims["P07"].0);
    let (by, from) = (Actor::Operator, date("2025-01-01"));
    let moved = date("2026-03-10");
    let memberships = vec![
        Membership { person: person("P08"), unit: unit("B08-S"), from, until: Some(moved) },
        Membership { person: person("P08"), unit: unit("B09-S"), from: moved, until: None },
    ];
    let order = BankOrder { units: vec![], people: vec![], memberships, by: by.clone(), at: world.clock.now() };
    world.run(world.store.extend_bank(order)).expect("moved");
    world.becomes(date("2026-03-11"), 9);
    let to = Assigned { unit: unit("B11-S"), owner: Some(person("P11")) };
    let order = AssignOrder { prospect: homes["P10"], to, by: by.clone(), at: world.clock.now() };
    world.run(world.store.assign(order)).expect("assigned");
    let mut eighth = world.phone("P08");
    eighth.sync();
    let shared = eighth.prospect("银枫家园");
    for hour in 0..3 {
        eighth.visit_at(shared, at("2026-03-11", hour + 6));
    }
    eighth.sync();
    let mut eleventh = world.phone("P11");
    eleventh.sync();
    eleventh.visit_at(homes["P10"], at("2026-03-11", 8));
    eleventh.sync();
    assert_eq!(case.cutoff("2026-03-16"), sealed(&[("2026-W10", 2), ("2026-W11", 1)]));
    let w10 = case.read("2026-W10", 2);
    let expected =
        ["1 B01 606", "2 B02 304", "2 B03 304", "4 B07 220", "5 B05 152", "6 B04 10", "6 B06 10", "8 B08 4", "8 B10 4"];
    assert_eq!(places(&w10), (expected.map(str::to_owned).to_vec(), (10, 31)));
    let expected = [
        cause("B05", Metric::Communities, Why::Confirmed, 1, 1, -1),
        cause("B05", Metric::Fund, Why::Confirmed, 1, 500_000_000, -500_000_000),
        cause("B06", Metric::Visits, Why::Late, 4, 4, 0),
        cause("B07", Metric::Communities, Why::Confirmed, 1, 1, -1),
        cause("B07", Metric::Fund, Why::Confirmed, 1, 1_200_000_000, -1_200_000_000),
    ];
    assert_eq!(w10.causes, expected);
    let w11 = case.read("2026-W11", 1);
    let expected = [
        "1 B01 606",
        "2 B02 304",
        "2 B03 304",
        "4 B07 220",
        "5 B05 152",
        "6 B04 10",
        "6 B06 10",
        "8 B09 6",
        "9 B08 4",
        "9 B10 4",
        "11 B11 2",
    ];
    assert_eq!(places(&w11), (expected.map(str::to_owned).to_vec(), (12, 29)));
    let movement = |bulletin: &Bulletin, branch: &str| {
        bulletin.standings.iter().find(|one| one.unit == unit(branch)).expect("ranked").movement
    };
    let moved = ["B01", "B09", "B08", "B10", "B11", "B12"].map(|branch| movement(&w11, branch));
    assert_eq!(moved, [Some(0), Some(2), Some(-1), Some(-1), Some(-1), Some(-2)]);

    // The third week: other rules for visits, and one more community.
    world.becomes(date("2026-03-18"), 9);
    let mut second = world.phone("P02");
    let small = second.prospect("远郊小区");
    second.visit_at(small, at("2026-03-18", 8));
    let claim = second.claim_account(small, date("2026-03-18"), 3_000_000);
    second.sync();
    confirm(claim);
    assert_eq!(case.cutoff("2026-03-23"), sealed(&[("2026-W12", 1)]), "nothing of the weeks before differs");
    let w12 = case.read("2026-W12", 1);
    let expected = [
        "1 B01 615",
        "2 B02 445",
        "3 B03 310",
        "4 B07 220",
        "5 B05 155",
        "6 B04 25",
        "6 B06 25",
        "8 B09 15",
        "9 B08 10",
        "9 B10 10",
        "11 B11 5",
    ];
    assert_eq!(places(&w12), (expected.map(str::to_owned).to_vec(), (12, 29)));
    assert_eq!(movement(&w12, "B03"), Some(-1), "no longer beside B02");
    assert_eq!((total(&w12, Metric::Communities), total(&w12, Metric::Fund)), ((6, 0), (16_000_000_000, 0)));
    let tiers: BTreeMap<String, Vec<u32>> =
        world.contributions(campaign).into_iter().fold(BTreeMap::new(), |mut tiers, one| {
            if let (Rule::Won { tier: Some(tier) }, Some(home)) = (one.rule, one.unit) {
                tiers.entry(home.to_string()).or_insert_with(Vec::new).push(tier);
            }
            tiers
        });
    let tiers: BTreeMap<&str, Vec<u32>> = tiers
        .iter()
        .map(|(home, all)| {
            let mut all = all.clone();
            all.sort_unstable();
            (home.as_str(), all)
        })
        .collect();
    let expected =
        [("B01-S", vec![3]), ("B02-S", vec![1, 2]), ("B03-S", vec![2]), ("B05-S", vec![1]), ("B07-S", vec![1])];
    assert_eq!(tiers, BTreeMap::from(expected));

    // Found out long afterwards: one of the claims of the first week was none.
    world.becomes(date("2026-03-24"), 9);
    world.judge(claims["P03"].0, Verdict::Rejected, Some("账户已销户"));
    let order = SealOrder { campaign, week: week("2026-W12"), by, at: world.clock.now() };
    let written = world.run(world.store.seal(order)).expect("sealed");
    let written: Vec<_> = written.into_iter().map(|key| (key.week.to_string(), key.revision)).collect();
    assert_eq!(written, sealed(&[("2026-W10", 3), ("2026-W11", 2), ("2026-W12", 2)]));
    let w10 = case.read("2026-W10", 3);
    let expected =
        ["1 B01 606", "2 B02 304", "3 B07 220", "4 B05 152", "5 B04 10", "5 B06 10", "7 B03 4", "7 B08 4", "7 B10 4"];
    assert_eq!(places(&w10), (expected.map(str::to_owned).to_vec(), (10, 31)));
    let expected = [
        cause("B03", Metric::Communities, Why::Rejected, 1, -1, 0),
        cause("B03", Metric::Fund, Why::Rejected, 1, -2_000_000_000, 0),
    ];
    assert_eq!(w10.causes, expected);
    assert_eq!(case.read("2026-W10", 1).standings[2].score, 304, "what was published then is still to be read");

    // All of it can be proven.
    for one in world.run(world.store.bulletins(campaign)).expect("bulletins") {
        let folder = tempfile::tempdir().expect("a folder");
        let check = world.run(world.store.check_bulletin(one.key, folder.path().join("anew.db"))).expect("checked");
        assert!(check.holds(), "{check:?}");
    }
}
