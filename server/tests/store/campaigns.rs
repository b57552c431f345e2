//! Campaigns made and edited by head office in the browser: with its right alone, upon what was seen, only what changed; and
//! rehearsals, which say what saving then says.

use crate::Place;
use crate::stage::*;
use canvass_core::document::ChangeHash;
use canvass_core::domain::campaign::{Campaign, Metric};
use canvass_core::domain::verification::Verdict as Judgement;
use canvass_core::domain::{Fields, RecordId, UnitId, Value, Week};
use canvass_core::ranking::{Basis, Rehearsal, standings};
use canvass_server::store::audit::AuditQuery;
use canvass_server::store::{Actor, EditOrder, Edited, EraseOrder, RehearseOrder, Store, StoreError, VerifyOrder};
use std::collections::BTreeMap;

fn week(text: &str) -> Week {
    text.parse().expect("a week")
}

fn puts(pairs: &[(&str, Value)]) -> Fields {
    pairs.iter().map(|(name, value)| (name.parse().expect("a name"), value.clone())).collect()
}

async fn heads(store: &dyn Store, id: RecordId) -> Vec<ChangeHash> {
    store.rows(vec![id]).await.expect("rows").remove(0).heads
}

/// The id under which the tests begin a campaign.
fn new() -> RecordId {
    RecordId::new(NOON, [77; 10])
}

async fn seen(store: &dyn Store, id: RecordId) -> Edited {
    Edited::Seen { id, heads: heads(store, id).await }
}

async fn edit_as(store: &dyn Store, who: &str, what: Edited, puts: Fields) -> Result<(), StoreError> {
    store.edit_campaign(EditOrder { what, puts, by: Actor::Person(person(who)), at: server(NOON) }).await
}

/// Edits as head office upon what stands there.
async fn edit(store: &dyn Store, id: RecordId, pairs: &[(&str, Value)]) {
    edit_as(store, "head", seen(store, id).await, puts(pairs)).await.expect("edited");
}

async fn made(store: &dyn Store, campaign: &Campaign) -> RecordId {
    edit_as(store, "head", Edited::New(new()), campaign.to_fields()).await.expect("made");
    new()
}

async fn stored(store: &dyn Store, id: RecordId) -> Campaign {
    let all = store.campaigns().await.expect("campaigns");
    (*all.iter().find(|stored| stored.id == id).expect("it is there").campaign).clone()
}

async fn noted(store: &dyn Store) -> Vec<(String, String)> {
    let query =
        AuditQuery { deed: Some("campaign-changed".into()), limit: 100, oldest_first: true, ..AuditQuery::default() };
    let entries = store.audit(query).await.expect("a log").entries;
    entries.into_iter().map(|entry| (entry.actor, entry.detail)).collect()
}

pub(crate) async fn a_campaign_made_in_the_browser_reaches_phones_and_counts(place: &impl Place) {
    let store = with_bank(place).await;
    let mut ann = Pen::of(3);
    let mut prospect = ann.prospect("银枫家园");
    let mut visit = ann.visit(prospect.id, NOON);
    send(&*store, 3, vec![&mut prospect, &mut visit]).await;
    let id = made(&*store, &campaign(2, 10)).await;
    assert_eq!(stored(&*store, id).await, campaign(2, 10));
    assert!(held_by(&*store, "dan").await.contains(&id), "everybody's phone is told");
    assert_eq!(store.tallies(id).await.expect("tallies").len(), 1, "what was done before is counted at once");
    assert!(store.rebuild().await.expect("rebuilt").nothing_differed());
    // A phone of head office goes on with it.
    let changes = {
        let mut view = View::of("head");
        view.pull(&*store).await;
        view.held[&id].iter().cloned().collect::<Vec<_>>()
    };
    let pen = Pen::of(1);
    let mut draft = pen.held_campaign(id, &changes);
    pen.edit(&mut draft, "name", "秋季会战");
    send(&*store, 1, vec![&mut draft]).await;
    assert_eq!(stored(&*store, id).await.name, "秋季会战");
    assert_eq!(noted(&*store).await.len(), 1, "what phones change is theirs");
}

pub(crate) async fn only_head_office_makes_edits_and_rehearses_campaigns(place: &impl Place) {
    let store = with_bank(place).await;
    let id = made(&*store, &campaign(2, 10)).await;
    let before = store.counts().await.expect("counts");
    let other = Edited::New(RecordId::new(NOON, [78; 10]));
    for who in ["leader", "ann"] {
        let begun = edit_as(&*store, who, other.clone(), campaign(2, 10).to_fields()).await;
        assert!(matches!(begun, Err(StoreError::Forbidden(_))), "{begun:?}");
        let edited = edit_as(&*store, who, seen(&*store, id).await, puts(&[("name", "x".into())])).await;
        assert!(matches!(edited, Err(StoreError::Forbidden(_))), "{edited:?}");
        let by = Actor::Person(person(who));
        let order = RehearseOrder { campaign: Some(id), draft: campaign(2, 20), by, at: server(NOON) };
        assert!(matches!(store.rehearse(order).await, Err(StoreError::Forbidden(_))));
    }
    let nobody = edit_as(&*store, "nobody", other.clone(), campaign(2, 10).to_fields()).await;
    assert!(matches!(nobody, Err(StoreError::UnknownPerson(_))));
    assert_eq!(store.counts().await.expect("counts"), before);
    // Nor does head office put what the fields refuse, or leave out what they need.
    let bad = edit_as(&*store, "head", seen(&*store, id).await, puts(&[("rule/2026-W10/target", (-1).into())])).await;
    assert!(matches!(&bad, Err(StoreError::Invalid(error)) if error.what == "rule/2026-W10/target"), "{bad:?}");
    let nameless = edit_as(&*store, "head", other, puts(&[("starts", "2026-03-02".into())])).await;
    assert!(matches!(nameless, Err(StoreError::Invalid(_))));
    let nothing = Edited::Seen { id: RecordId::new(1, [7; 10]), heads: vec![] };
    let missing = edit_as(&*store, "head", nothing, puts(&[("name", "x".into())])).await;
    assert!(matches!(missing, Err(StoreError::NoSuchRecord { .. })));
    assert_eq!(store.counts().await.expect("counts"), before);
}

pub(crate) async fn an_edit_puts_only_what_differs_and_names_it_in_the_log(place: &impl Place) {
    let store = with_bank(place).await;
    let id = made(&*store, &campaign(2, 10)).await;
    let changes = store.counts().await.expect("counts").changes;
    let (name, points) = ("name", "rule/2026-W10/points/visits");
    edit(&*store, id, &[(name, "百日营销".into()), (points, 10.into()), ("rule/2026-W10/tie", Value::Null)]).await;
    assert_eq!(store.counts().await.expect("counts").changes, changes, "all of that stood there");
    edit(&*store, id, &[(name, "百日营销".into()), (points, 20.into())]).await;
    assert_eq!(store.counts().await.expect("counts").changes, changes + 1);
    let log = noted(&*store).await;
    let said: Vec<_> = log.iter().map(|(who, what)| (who.as_str(), what.as_str())).collect();
    assert_eq!(said.len(), 2);
    assert!(said[0].0 == "person/head" && said[0].1.starts_with("new: ") && said[0].1.contains("name"), "{said:?}");
    assert_eq!(said[1], ("person/head", points), "the log names fields, never what they say");
}

pub(crate) async fn an_edit_upon_what_somebody_else_changed_meanwhile_is_refused_and_loses_nothing(place: &impl Place) {
    let (one, two) = (with_bank(place).await, place.open());
    let id = made(&*one, &campaign(2, 10)).await;
    // Two windows, by turns.
    for (n, (store, other)) in (1..).zip([(&one, &two), (&two, &one), (&one, &two)]) {
        let early = seen(&**store, id).await;
        edit(&**other, id, &[("name", format!("第{n}版").as_str().into())]).await;
        let late = edit_as(&**store, "head", early, puts(&[("name", "覆盖".into())])).await;
        assert!(matches!(late, Err(StoreError::CampaignEditedMeanwhile(of)) if of == id), "{late:?}");
        assert_eq!(stored(&**store, id).await.name, format!("第{n}版"));
        edit(&**store, id, &[("rule/2026-W10/points/visits", (10 + n).into())]).await;
    }
    // The same campaign is begun once.
    let again = edit_as(&*two, "head", Edited::New(id), campaign(2, 99).to_fields()).await;
    assert!(matches!(again, Err(StoreError::CampaignEditedMeanwhile(of)) if of == id), "{again:?}");
    assert_eq!(one.campaigns().await.expect("campaigns").len(), 1);
    assert_eq!(noted(&*one).await.len(), 7);
    assert!(two.rebuild().await.expect("rebuilt").nothing_differed());
}

pub(crate) async fn a_phone_and_the_browser_at_once_conflict_and_the_last_unconflicted_rules_hold(place: &impl Place) {
    let store = with_bank(place).await;
    let pen_of_head = &mut Pen::of(1);
    let mut rules = pen_of_head.campaign(&campaign(2, 10));
    send(&*store, 1, vec![&mut rules]).await;
    let field = "rule/2026-W10/points/visits";
    // The phone is offline meanwhile.
    pen_of_head.edit(&mut rules, field, 20);
    edit(&*store, rules.id, &[(field, 30.into()), ("name", "浏览器里改名".into())]).await;
    send(&*store, 1, vec![&mut rules]).await;
    let row = store.rows(vec![rules.id]).await.expect("rows").remove(0);
    assert_eq!(row.conflicts.iter().map(|one| one.field.as_str()).collect::<Vec<_>>(), [field]);
    assert_eq!(row.conflicts[0].claims.len(), 2);
    let points = |campaign: &Campaign| campaign.rules(week("2026-W10")).weights[&Metric::Visits].points;
    let kept = stored(&*store, rules.id).await;
    assert_eq!((points(&kept), kept.name.as_str()), (10, "浏览器里改名"));
    // Choosing a value settles it, also the one that is shown.
    let shown = row.fields.int(field).expect("a number");
    edit(&*store, rules.id, &[(field, shown.into())]).await;
    assert_eq!(points(&stored(&*store, rules.id).await), shown);
    assert!(store.rows(vec![rules.id]).await.expect("rows")[0].conflicts.is_empty());
}

pub(crate) async fn a_withdrawn_campaign_counts_nothing_until_it_is_brought_back(place: &impl Place) {
    let store = with_bank(place).await;
    let mut ann = Pen::of(3);
    let mut prospect = ann.prospect("银枫家园");
    let mut visit = ann.visit(prospect.id, NOON);
    send(&*store, 3, vec![&mut prospect, &mut visit]).await;
    let id = made(&*store, &campaign(2, 10)).await;
    edit(&*store, id, &[("state", "withdrawn".into()), ("withdrawn_reason", "重复".into())]).await;
    assert!(store.campaigns().await.expect("campaigns").is_empty());
    assert!(store.tallies(id).await.expect("tallies").is_empty());
    edit(&*store, id, &[("state", "active".into())]).await;
    assert_eq!(store.tallies(id).await.expect("tallies").len(), 1);
}

/// Each week's places, by what a rehearsal says of the draft or by the standings.
type Places = BTreeMap<(Week, UnitId), (u32, i64)>;

fn rehearsed(rehearsal: &Rehearsal) -> Places {
    let seats = rehearsal.all.iter().filter_map(|one| Some(((one.week, one.unit.clone()), one.after?)));
    seats.map(|(key, seat)| (key, (seat.rank, seat.score))).collect()
}

async fn as_saved(store: &dyn Store, id: RecordId, until: Week) -> Places {
    let (campaign, bank) = (stored(store, id).await, store.bank().await.expect("a bank"));
    let tallies = store.tallies(id).await.expect("tallies");
    let weeks = campaign.weeks().into_iter().filter(|week| *week <= until);
    let of_week =
        |week| standings(&campaign, week, &bank, &tallies, Basis::Confirmed).into_iter().map(move |one| (week, one));
    weeks.flat_map(of_week).map(|(week, one)| ((week, one.unit), (one.rank, one.score))).collect()
}

pub(crate) async fn a_rehearsal_says_what_saving_the_draft_then_says_and_writes_nothing(place: &impl Place) {
    let store = with_bank(place).await;
    let store = &*store;
    let head = made(store, &campaign(3, 10)).await;
    edit(store, head, &[("rule/2026-W10/points/communities", 100.into())]).await;
    let (mut ann, mut dan) = (Pen::of(3), Pen::of(6));
    let (mut yinfeng, mut tiantong) = (ann.prospect("银枫家园"), dan.prospect("天通苑"));
    let (mut small, mut large) = (ann.account(yinfeng.id, today(), 15_000), dan.account(tiantong.id, today(), 50_000));
    let mut visits: Vec<_> = (0..3).map(|n| ann.visit(yinfeng.id, NOON + n * DAY)).collect();
    let mut forgotten = dan.visit(tiantong.id, NOON + 8 * DAY);
    let mut all = vec![&mut yinfeng, &mut small];
    all.extend(visits.iter_mut());
    let pushes = all.into_iter().map(|draft| draft.push()).collect();
    push_at(store, 3, NOON + 9 * DAY, pushes).await;
    push_at(store, 6, NOON + 9 * DAY, vec![tiantong.push(), large.push(), forgotten.push()]).await;
    for outcome in [small.id, large.id] {
        let order = VerifyOrder::new(outcome, Judgement::Confirmed, server(NOON + 9 * DAY), Actor::Operator);
        store.verify(order).await.expect("verified");
    }
    // What was erased goes on counting, in a rehearsal as well.
    let order =
        EraseOrder {
            record: forgotten.id, reason: "本人要求".into(), by: Actor::Operator, at: server(NOON + 9 * DAY)
        };
    store.erase(order).await.expect("erased");
    let now = server(NOON + 9 * DAY);
    let drafts: [&[(&str, Value)]; 6] = [
        &[("rule/2026-W10/points/visits", 0.into())],
        &[("rule/2026-W10/points/visits", 10.into()), ("rule/2026-W10/minutes", 5.into())],
        &[("rule/2026-W10/minutes", Value::Null), ("rule/2026-W10/least/account", 2_000_000.into())],
        &[("rule/2026-W11/end/least/account", true.into()), ("unit/S1/in", true.into())],
        &[("starts", "2026-03-09".into())],
        &[
            ("rule/2026-W10/tier/1", 0.into()),
            ("rule/2026-W10/reward/1", 100_000.into()),
            ("starts", "2026-03-02".into()),
        ],
    ];
    let mut rewards = Vec::new();
    for pairs in drafts {
        let mut fields = store.rows(vec![head]).await.expect("rows").remove(0).settled_fields();
        fields.extend(puts(pairs));
        let draft = Campaign::read(&fields).expect("a campaign");
        let before = (store.counts().await.expect("counts"), store.versions().await.expect("versions"));
        let by = Actor::Person(person("head"));
        let order = RehearseOrder { campaign: Some(head), draft, by, at: now };
        let played = store.rehearse(order).await.expect("rehearsed");
        assert_eq!((store.counts().await.expect("counts"), store.versions().await.expect("versions")), before);
        edit(store, head, pairs).await;
        assert_eq!(
            rehearsed(&played),
            as_saved(store, head, now.week(&canvass_core::domain::Zone::china())).await,
            "{pairs:?}"
        );
        assert!(played.moved().count() > 0, "{pairs:?}");
        rewards.push(played.reward_change());
    }
    // Only dan's account qualifies by then.
    assert_eq!(rewards, [0, 0, 0, 0, 0, 100_000]);
    // Of a campaign that is not there yet, the same.
    let by = Actor::Person(person("head"));
    let order = RehearseOrder { campaign: None, draft: stored(store, head).await, by, at: now };
    let new = store.rehearse(order).await.expect("rehearsed");
    let known: Places = rehearsed(&new);
    assert!(new.all.iter().all(|one| one.before.is_none()) && known.len() == 6, "{known:?}");
}
