//! What the promises are played with: a small bank, a campaign, and rows as a server has them.

use canvass_core::document::ChangeHash;
use canvass_core::domain::campaign::{CUTOFF, Campaign};
use canvass_core::domain::outcome::{Outcome, Product};
use canvass_core::domain::verification::{Verdict, Verification};
use canvass_core::domain::visit::Visit;
use canvass_core::domain::{
    Bank, Date, Device, DeviceNumber, FieldName, Fields, Kind, KindSpec, Membership, Money, Person, PersonId,
    PhoneTime, RecordId, Role, ServerTime, Unit, UnitId, UnitLevel, Value, Week, Zone, outcome, verification, visit,
};
use canvass_core::projection::{Claim, Conflict, Row};
use canvass_core::ranking::{Contribution, Group, GroupRow, contributions};
use std::collections::BTreeMap;

pub(crate) const DAY: i64 = 86_400_000;
/// Monday 2026-03-02, nine in the morning in Shanghai: the first day of the campaign, in 2026-W10.
pub(crate) const START: i64 = 1_772_413_200_000;

pub(crate) fn week(text: &str) -> Week {
    text.parse().expect("a week")
}

pub(crate) fn unit_id(id: &str) -> UnitId {
    id.parse().expect("a unit")
}

pub(crate) fn march(day: i8) -> Date {
    Date::constant(2026, 3, day)
}

/// Nine in the morning of a day in March.
pub(crate) fn morning(day: i8) -> i64 {
    START + (i64::from(day) - 2) * DAY
}

pub(crate) fn id(n: u8) -> RecordId {
    RecordId::new(START + i64::from(n), [n; 10])
}

/// Head office H; branches B1 (with S1), B2 (with S2 and S3), B3, and B4 (with S4), which takes no part. Device n belongs
/// to person Pn: P1 in S1, P2 in S2, P3 in S3, P4 in B3, P5 in S4; P6 in S1 and S2 at once; P7 moves from S1 to S2 on 10
/// March.
pub(crate) fn bank() -> Bank {
    let unit = |id: &str, parent: Option<&str>, level| Unit {
        id: unit_id(id),
        parent: parent.map(unit_id),
        level,
        name: id.to_owned(),
    };
    let mut units = vec![unit("H", None, UnitLevel::HeadOffice)];
    units.extend(["B1", "B2", "B3", "B4"].map(|id| unit(id, Some("H"), UnitLevel::Branch)));
    let below = [("S1", "B1"), ("S2", "B2"), ("S3", "B2"), ("S4", "B4")];
    units.extend(below.map(|(id, parent)| unit(id, Some(parent), UnitLevel::SubBranch)));
    let code = |n: u32| format!("P{n}").parse().expect("a person");
    let person = |n: u32| Person { id: code(n), name: format!("P{n}"), roles: Role::AccountManager.into() };
    let member = |n: u32, unit: &str, from, until| Membership { person: code(n), unit: unit_id(unit), from, until };
    let before = march(1);
    let homes = [(1, "S1"), (2, "S2"), (3, "S3"), (4, "B3"), (5, "S4"), (6, "S1"), (6, "S2")];
    let mut members: Vec<_> = homes.map(|(n, unit)| member(n, unit, before, None)).into();
    members.push(member(7, "S1", before, Some(march(10))));
    members.push(member(7, "S2", march(10), None));
    let devices = (1..=7).map(|n| Device { number: DeviceNumber::new(n), person: code(n) }).collect();
    Bank::new(units, (1..=7).map(person).collect(), members, devices).expect("a bank")
}

/// Four weeks from 2 March 2026. A community is 100 points; of a fund each full 1,000 yuan is 1, at most 50; cards are 3
/// for every 10, up to 40 cards; a visit is 2, and from the third week on 5. Tier 2 begins at 20,000 yuan.
pub(crate) fn campaign() -> Campaign {
    let first = [
        ("target", 5),
        ("points/communities", 100),
        ("points/fund", 1),
        ("per/fund", 100_000),
        ("cap/fund", 5_000_000),
        ("points/cards", 3),
        ("per/cards", 10),
        ("cap/cards", 40),
        ("points/visits", 2),
        ("tier/1", 0),
        ("tier/2", 2_000_000),
    ];
    let version =
        |pairs: &[(&str, i64)]| pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).into())).collect();
    Campaign {
        name: "百日会战".to_owned(),
        starts: march(2),
        ends: march(29),
        zone: Zone::china(),
        cutoff: CUTOFF,
        units: ["B1", "B2", "B3"].into_iter().map(unit_id).collect(),
        versions: BTreeMap::from([
            (week("2026-W10"), version(&first)),
            (week("2026-W12"), version(&[("points/visits", 5)])),
        ]),
    }
}

pub(crate) fn head(n: u8) -> ChangeHash {
    ChangeHash::from_bytes(&[n; 32]).expect("32 bytes")
}

/// Record n of a device, with one head that is all n; it came at a time, and n is its place in the server's order.
pub(crate) fn record(n: u8, spec: &'static KindSpec, device: u32, fields: Fields, came_at: i64) -> GroupRow {
    let row = Row {
        id: id(n),
        kind: Kind::from(spec),
        prospect: Some(id(0)),
        author: Some(DeviceNumber::new(device)),
        unit: None,
        owner: None,
        withdrawn: false,
        occurred_at: None,
        due_at: None,
        fields,
        conflicts: Vec::new(),
        flags: Vec::new(),
        heads: vec![head(n)],
    };
    GroupRow {
        row,
        received_at: ServerTime::from_millis(came_at).expect("in range"),
        changed_at: ServerTime::from_millis(came_at).expect("in range"),
        seq: n.into(),
    }
}

pub(crate) fn visit_at(n: u8, device: u32, at: i64) -> GroupRow {
    let visit = Visit::on_site(PhoneTime::from_millis(at).expect("in range"), "谈了方案");
    record(n, &visit::KIND, device, visit.to_fields(), at)
}

/// An outcome that came on its own day; the figure is yuan or cards.
pub(crate) fn claim(n: u8, device: u32, product: Product, day: i8, figure: Option<i64>) -> GroupRow {
    let cards = figure.filter(|_| product == Product::Cards);
    let amount = figure.filter(|_| product != Product::Cards).map(|yuan| Money::from_yuan(yuan).expect("money"));
    let outcome = Outcome { product, opened_on: march(day), amount, cards, reference: None };
    record(n, &outcome::KIND, device, outcome.to_fields(), morning(day))
}

pub(crate) fn account(n: u8, device: u32, day: i8, yuan: i64) -> GroupRow {
    claim(n, device, Product::Account, day, Some(yuan))
}

/// A verdict on an outcome as [`record`] makes it.
pub(crate) fn judged(outcome: u8, verdict: Verdict) -> Verification {
    Verification {
        outcome: id(outcome),
        heads: head(outcome).as_bytes().to_vec(),
        verdict,
        reason: None,
        amount: None,
        opened_on: None,
        unit: None,
        verified_at: PhoneTime::from_millis(START).expect("in range"),
    }
}

pub(crate) fn verdict(n: u8, verification: &Verification) -> GroupRow {
    record(n, &verification::KIND, 0, verification.to_fields(), START)
}

pub(crate) fn confirmed(n: u8, outcome: u8) -> GroupRow {
    verdict(n, &judged(outcome, Verdict::Confirmed))
}

pub(crate) fn put(row: &mut GroupRow, field: &str, value: Value) {
    row.row.fields.put(field.parse().expect("a name"), value);
}

/// The row with two values on a field, of which the second is shown.
pub(crate) fn in_conflict(mut row: GroupRow, field: &str, values: [Value; 2], before: Option<Value>) -> GroupRow {
    put(&mut row, field, values[1].clone());
    let field: FieldName = field.parse().expect("a name");
    let claims = values.map(|value| Claim { value, author: None, at: None }).into();
    row.row.conflicts.push(Conflict { field, claims, before });
    row
}

pub(crate) fn came_at(mut row: GroupRow, at: i64) -> GroupRow {
    row.received_at = ServerTime::from_millis(at).expect("in range");
    row.changed_at = row.received_at;
    row
}

/// Everything of the one prospect, which has no team.
pub(crate) fn group(rows: &[GroupRow]) -> Group<'_> {
    static NO_TEAM: BTreeMap<PersonId, i64> = BTreeMap::new();
    Group { prospect: id(0), known: true, team: &NO_TEAM, rows, erased: &[] }
}

pub(crate) fn count(rows: &[GroupRow]) -> Vec<Contribution> {
    contributions(&group(rows), &[(id(200), campaign())], &bank())
}

/// Every contribution as `source metric unit week value status rule`.
pub(crate) fn lines(rows: &[GroupRow]) -> Vec<String> {
    count(rows).into_iter().map(line).collect()
}

pub(crate) fn line(c: Contribution) -> String {
    let unit = c.unit.map_or("-".to_owned(), |unit| unit.to_string());
    let source = c.source.as_bytes()[15];
    format!("{source} {} {unit} {} {} {} {}", c.metric.name(), c.week, c.value, c.status.name(), c.rule)
}

pub(crate) fn only(row: GroupRow) -> String {
    let mut lines = lines(&[row]);
    assert_eq!(lines.len(), 1, "{lines:?}");
    lines.remove(0)
}
