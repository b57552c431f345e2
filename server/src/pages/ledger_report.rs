//! What a ledger file says of what was claimed: matched, differing, unknown, missing, made anew at each look.

use super::account::moment;
use super::form::{Posted, carried};
use super::format;
use super::frame::{Live, Page};
use super::ledger_tables::Writer;
use super::ledgers::opens;
use super::parts::{LEDGERS, ledger_path};
use super::query::{Plain, Raw, State as _};
use super::reader::Reader;
use super::users::name;
use super::verdict;
use super::words;
use super::wrong::{Instead, Whom, Wrong};
use crate::app::App;
use crate::store::claims::{Beside, Claim, LedgerFile, LedgerFileId};
use crate::store::{Deed, Entry, StoreError, VerifyOrder};
use crate::verification::{Claimed, LedgerRow, Reference, Report, Standing, matching};
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use canvass_core::domain::verification::Verdict;
use canvass_core::domain::{Label, Zone};
use canvass_core::projection::Row;
use maud::{Markup, html};

/// So many verdicts one transaction has: others write in between.
const AT_ONCE: usize = 50;

/// A file beside the claims as they are now.
pub(super) struct Look {
    pub(super) file: LedgerFile,
    pub(super) rows: Vec<LedgerRow>,
    beside: Beside,
    pub(super) report: Report,
}

impl Look {
    async fn at(app: &App, plain: &Plain, id: &str) -> Result<Self, Instead> {
        let lang = plain.lang;
        let failed = |error: StoreError| Wrong::from(error).told(lang);
        let missing = || Wrong::NoLedger(id.chars().take(20).collect()).told(lang);
        let number: LedgerFileId = id.parse().map_err(|_| missing())?;
        let found = app.store.ledger_file(number).await.map_err(failed)?;
        let (file, rows) = found.filter(|(file, _)| opens(plain, file)).ok_or_else(missing)?;
        let bookings = rows.iter().filter_map(|row| Reference::of(&row.reference)).collect();
        let beside = app.store.claims_with(plain.reader.as_judge(plain.today), bookings).await.map_err(failed)?;
        let pending = beside
            .pending
            .iter()
            .map(|claim| claimed(&claim.row, Standing::Pending { undecided: claim.row.scoring_conflict() }));
        let others = beside.others.iter().map(|naming| claimed(&naming.row, naming.standing));
        let report = matching(&rows, &pending.chain(others).collect::<Vec<_>>());
        Ok(Self { file, rows, beside, report })
    }

    /// The row of the claim at a place, and what its prospect is called.
    pub(super) fn claim(&self, place: usize) -> Option<(&Row, Option<&str>)> {
        let pending = self.beside.pending.get(place).map(|claim| (&claim.row, claim.prospect.as_deref()));
        let other = || self.beside.others.get(place.checked_sub(self.beside.pending.len())?);
        pending.or_else(|| other().map(|naming| (&naming.row, naming.prospect.as_deref())))
    }

    /// The claim at a place, if it waits for the reader's verdict.
    pub(super) fn pending(&self, place: usize) -> Option<&Claim> {
        self.beside.pending.get(place)
    }
}

fn claimed(row: &Row, standing: Standing) -> Claimed {
    Claimed {
        outcome: row.id,
        reference: row.fields.text("reference").and_then(Reference::of),
        amount: row.fields.money("amount"),
        of_money: verdict::of_money(row),
        date: row.fields.date("opened_on"),
        standing,
    }
}

pub(super) async fn page(
    State(app): State<App>,
    reader: Reader,
    id: Result<Path<String>, PathRejection>,
    raw: Result<Query<Raw>, QueryRejection>,
) -> Result<Response, Instead> {
    let plain = Raw::of(raw)?.plain(&app, reader)?;
    let lang = plain.lang;
    if !plain.reader.judges() {
        return Err(Wrong::NotYours(Whom::BackOffice).told(lang));
    }
    let look = Look::at(&app, &plain, &id.map_or_else(|_| String::new(), |Path(id)| id)).await?;
    let bank = app.store.bank().await.map_err(|error| Wrong::from(error).told(lang))?;
    let path = ledger_path(look.file.id);
    let tables = Writer { plain: &plain, bank: &bank, look: &look, path: &path }.all();
    let counts: Vec<(Label, &str, usize)> =
        tables.iter().map(|table| (table.title, table.name, table.rows.len())).collect();
    let title = look.file.name.clone();
    let page = Page { app: &app, state: &plain, path: &path, title: title.clone(), live: Live::Records, tables };
    page.answer(|tables| {
        html! {
            p.kicker { a href=(plain.links().to(LEDGERS)) { "← " (lang.of(words::BACK_TO_LEDGERS)) } }
            h1 { (title) }
            p.sub {
                (number(look.file.rows)) " " (lang.of(words::ROWS)) " · " (name(&bank, &look.file.by)) " · " (moment(look.file.at))
            }
            p.note { (lang.of(words::REPORT_HELP)) }
            nav.figures aria-label=(title) {
                @for (label, anchor, count) in &counts {
                    a href={ "#" (anchor) } { span { (lang.of(*label)) } strong { (number(*count)) } }
                }
            }
            @if !look.report.matched.is_empty() { (confirm_form(&plain, &look, &path)) }
            @for (_, anchor, _) in &counts { (tables.show(anchor)) }
        }
    })
    .await
}

fn number(count: usize) -> String {
    format::number(i64::try_from(count).unwrap_or(i64::MAX))
}

fn confirm_form(plain: &Plain, look: &Look, path: &str) -> Markup {
    let lang = plain.lang;
    html! {
        form.card method="post" action=(path) {
            (carried(&plain.reader, lang))
            // What came since is not what was seen.
            input type="hidden" name="until" value=(look.beside.sequence);
            p.note { (lang.of(words::CONFIRM_ALL_HELP)) }
            button { (lang.of(words::CONFIRM_ALL)) " · " (number(look.report.matched.len())) }
        }
    }
}

/// Confirms all that match and were seen to. Each verdict is noted by itself, and what was pressed before them.
pub(super) async fn confirm_all(
    State(app): State<App>,
    id: Result<Path<String>, PathRejection>,
    Posted { reader, sent }: Posted,
) -> Result<Response, Instead> {
    let lang = sent.lang();
    if !reader.judges() {
        return Err(Wrong::NotYours(Whom::BackOffice).told(lang));
    }
    let failed = |error: StoreError| Wrong::from(error).told(lang);
    let until: u64 = sent.text("until").parse().map_err(|_| Wrong::Form.told(lang))?;
    let now = app.clock.now();
    let plain = Plain::answering(lang, reader, now.date(&Zone::china()));
    let look = Look::at(&app, &plain, &id.map_or_else(|_| String::new(), |Path(id)| id)).await?;
    let matched = look.report.matched.iter().filter_map(|matched| look.pending(matched.claim));
    let orders: Vec<VerifyOrder> = matched
        .filter(|claim| claim.seq <= until)
        .map(|claim| VerifyOrder {
            heads: Some(claim.row.heads_bytes()),
            ..VerifyOrder::new(claim.row.id, Verdict::Confirmed, now, plain.reader.actor())
        })
        .collect();
    let entry = Entry::new(plain.reader.actor(), Deed::MatchedConfirmed, format!("ledger/{}", look.file.id));
    app.store.note(entry.with(format!("{} claims", orders.len())), now).await.map_err(failed)?;
    for some in orders.chunks(AT_ONCE) {
        // What was judged or edited in this very moment stays as it is, and is in the report that follows.
        app.store.verify_each(some.to_vec()).await.map_err(failed)?;
    }
    Ok(Redirect::to(&plain.links().to(&ledger_path(look.file.id))).into_response())
}
