//! The tables of a ledger file's report, with the way to each claim, and the verdict on each that differs.

use super::ledger_report::Look;
use super::parts::{VERIFY, prospect_path};
use super::query::{Plain, State as _, links};
use super::table::{Cell, Column, Line, Table, Value};
use super::users::at;
use super::verdict::{self, Found};
use super::words::{self, Lang};
use crate::verification::{Difference, Differing, LedgerRow, Matched, Settled};
use canvass_core::domain::{Bank, FieldType, Label, Money};
use canvass_core::projection::Row;
use maud::{Markup, html};

/// Writes the report's tables.
pub(super) struct Writer<'a> {
    pub(super) plain: &'a Plain,
    pub(super) bank: &'a Bank,
    pub(super) look: &'a Look,
    pub(super) path: &'a str,
}

impl Writer<'_> {
    /// All of them, in the order of the page.
    pub(super) fn all(&self) -> Vec<Table> {
        vec![self.matched(), self.differing(), self.unknown(), self.missing(), self.settled()]
    }

    fn lang(&self) -> Lang {
        self.plain.lang
    }

    fn words(&self, name: &'static str, label: Label) -> Column {
        Column::words(name, self.lang().of(label))
    }

    fn money(&self, name: &'static str, label: Label) -> Column {
        Column::money(name, self.lang().of(label))
    }

    fn line_column(&self) -> Column {
        Column::number("line", self.lang().of(words::LINE))
    }

    /// What is known of a claim besides its figures: prospect, claimant, product.
    fn about(&self, place: usize) -> [Cell; 3] {
        let lang = self.lang();
        let Some((row, prospect)) = self.look.claim(place) else {
            return [Value::Nothing.into(), Value::Nothing.into(), Value::Nothing.into()];
        };
        let to = row.prospect.filter(|_| prospect.is_some());
        let name = prospect.unwrap_or(lang.of(words::UNKNOWN_PROSPECT)).to_owned();
        let cell = Cell::from(Value::Text(name));
        let cell = match to {
            Some(to) => cell.to(self.plain.links().to(&prospect_path(to))),
            None => cell,
        };
        let person = row.author.and_then(|device| self.bank.holder(device)).map(|person| person.name.clone());
        let product = row.kind.spec().and_then(|spec| spec.field("product"));
        let choice = match product.map(|spec| spec.ty) {
            Some(FieldType::Choice(choices)) => {
                choices.iter().find(|choice| Some(choice.name) == row.fields.text("product"))
            }
            _ => None,
        };
        [cell, Value::text(person).into(), Value::text(choice.map(|choice| lang.of(choice.label))).into()]
    }

    fn about_columns(&self) -> [Column; 3] {
        [
            self.words("prospect", words::PROSPECT),
            self.words("person", words::CLAIMED_BY),
            self.words("product", words::PRODUCT),
        ]
    }

    /// The way to a claim in the queue.
    fn way(&self, place: usize) -> Option<String> {
        let claim = self.look.pending(place)?;
        let campaign = claim.pending.first()?.campaign.to_string();
        let lang = self.lang().name().to_owned();
        Some(links([("campaign", campaign), ("claim", claim.row.id.to_string()), ("lang", lang)]).to(VERIFY))
    }

    fn look_at(&self, place: usize) -> Cell {
        let cell = Cell::from(Value::Text(self.lang().of(words::LOOK_AT_IT).to_owned()));
        self.way(place).map_or_else(|| Value::Nothing.into(), |way| cell.to(way))
    }

    fn matched(&self) -> Table {
        let [prospect, person, product] = self.about_columns();
        let columns = vec![
            self.line_column(),
            self.words("reference", words::REFERENCE).heads_rows(),
            prospect,
            person,
            product,
            self.money("amount", words::FUND_VALUE),
            self.words("date", words::LEDGER_DATE),
            self.words("look", words::VERDICT),
        ];
        let line = |matched: &Matched| {
            let row = self.look.rows.get(matched.row)?;
            let [prospect, person, product] = self.about(matched.claim);
            let cells = vec![
                Value::Number(row.line.into()).into(),
                Value::Text(row.reference.clone()).into(),
                prospect,
                person,
                product,
                exact(row.amount),
                Value::Day(row.date).into(),
                self.look_at(matched.claim),
            ];
            Some(Line { key: format!("matched-{}", row.line), cells })
        };
        let rows = self.look.report.matched.iter().filter_map(line).collect();
        Table { name: "matched", title: words::MATCHED, columns, rows, nothing: words::NO_MATCHED }
    }

    fn differing(&self) -> Table {
        let [prospect, person, product] = self.about_columns();
        let columns = vec![
            self.line_column(),
            self.words("reference", words::REFERENCE).heads_rows(),
            self.words("difference", words::DIFFERENCE),
            prospect,
            person,
            Column::code("product", product.title),
            self.money("claimed", words::CLAIMED_AMOUNT),
            self.money("amount", words::IN_LEDGER),
            self.words("claimed-date", words::CLAIMED_DATE),
            self.words("date", words::LEDGER_DATE),
            Column::plot("verdict", self.lang().of(words::VERDICT)),
        ];
        let rows = self.look.report.differing.iter().enumerate().map(|(n, one)| self.differs(n, one)).collect();
        Table { name: "differing", title: words::DIFFERING, columns, rows, nothing: words::NO_DIFFERING }
    }

    fn differs(&self, n: usize, one: &Differing) -> Line {
        let row = one.row.and_then(|row| self.look.rows.get(row));
        let claim = one.claim.and_then(|claim| self.look.claim(claim)).map(|(row, _)| row);
        let said = row.map(|row| row.reference.as_str()).or_else(|| claim.and_then(|row| row.fields.text("reference")));
        let why: Vec<&str> = one.differences.iter().map(|why| self.lang().of(difference(*why))).collect();
        let [prospect, person, product] = match one.claim {
            Some(claim) => self.about(claim),
            None => [Value::Nothing.into(), Value::Nothing.into(), Value::Nothing.into()],
        };
        let cells = vec![
            row.map_or(Value::Nothing, |row| Value::Number(row.line.into())).into(),
            Value::text(said).into(),
            Value::Text(why.join(if self.lang() == Lang::Zh { "、" } else { ", " })).into(),
            prospect,
            person,
            product,
            exact(claim.and_then(|row| row.fields.money("amount"))),
            exact(row.and_then(|row| row.amount)),
            claim.and_then(|row| row.fields.date("opened_on")).map_or(Value::Nothing, Value::Day).into(),
            row.map_or(Value::Nothing, |row| Value::Day(row.date)).into(),
            Value::Drawn(self.verdict(one, row, claim)).into(),
        ];
        Line { key: format!("differing-{n}"), cells }
    }

    /// The way to the claim, and both verdicts, unless people disagree about it.
    fn verdict(&self, one: &Differing, row: Option<&LedgerRow>, claim: Option<&Row>) -> Markup {
        let lang = self.lang();
        let undecided = one.differences.contains(&Difference::Undecided);
        let found = row.map(|row| Found { amount: row.amount, date: row.date });
        let back = format!("{}#differing", self.plain.links().to(self.path));
        html! {
            @if let Some(way) = one.claim.and_then(|claim| self.way(claim)) {
                a href=(way) { (lang.of(words::LOOK_AT_IT)) }
            }
            @if let Some(claim) = claim.filter(|_| !undecided) {
                (verdict::in_a_cell(&self.plain.reader, lang, claim, found, &back))
            }
        }
    }

    fn unknown(&self) -> Table {
        let columns = vec![
            self.line_column(),
            self.words("reference", words::REFERENCE).heads_rows(),
            self.money("amount", words::IN_LEDGER),
            self.words("date", words::LEDGER_DATE),
        ];
        let line = |place: &usize| {
            let row = self.look.rows.get(*place)?;
            let cells = vec![
                Value::Number(row.line.into()).into(),
                Value::Text(row.reference.clone()).into(),
                exact(row.amount),
                Value::Day(row.date).into(),
            ];
            Some(Line { key: format!("unknown-{}", row.line), cells })
        };
        let rows = self.look.report.unknown.iter().filter_map(line).collect();
        Table { name: "unknown", title: words::UNKNOWN_ROWS, columns, rows, nothing: words::NO_UNKNOWN }
    }

    fn missing(&self) -> Table {
        let [prospect, person, product] = self.about_columns();
        let columns = vec![
            self.words("reference", words::REFERENCE),
            prospect.heads_rows(),
            person,
            product,
            self.money("claimed", words::CLAIMED_AMOUNT),
            self.words("claimed-date", words::CLAIMED_DATE),
            self.words("received", words::RECEIVED),
            self.words("look", words::VERDICT),
        ];
        let line = |place: &usize| {
            let claim = self.look.pending(*place)?;
            let [prospect, person, product] = self.about(*place);
            let cells = vec![
                Value::text(claim.row.fields.text("reference")).into(),
                prospect,
                person,
                product,
                exact(claim.row.fields.money("amount")),
                claim.row.fields.date("opened_on").map_or(Value::Nothing, Value::Day).into(),
                at(claim.received_at).into(),
                self.look_at(*place),
            ];
            Some(Line { key: format!("missing-{}", claim.row.id), cells })
        };
        let rows = self.look.report.missing.iter().filter_map(line).collect();
        Table { name: "missing", title: words::MISSING, columns, rows, nothing: words::NO_MISSING }
    }

    fn settled(&self) -> Table {
        let [prospect, person, product] = self.about_columns();
        let columns = vec![
            self.line_column(),
            self.words("reference", words::REFERENCE).heads_rows(),
            self.words("status", words::STATUS),
            prospect,
            person,
            product,
            self.money("claimed", words::CLAIMED_AMOUNT),
            self.money("amount", words::IN_LEDGER),
            self.words("date", words::LEDGER_DATE),
        ];
        let line = |one: &Settled| {
            let row = self.look.rows.get(one.row)?;
            let [prospect, person, product] = self.about(one.claim);
            let claim = self.look.claim(one.claim).map(|(row, _)| row);
            let cells = vec![
                Value::Number(row.line.into()).into(),
                Value::Text(row.reference.clone()).into(),
                Value::Status(one.status).into(),
                prospect,
                person,
                product,
                exact(claim.and_then(|row| row.fields.money("amount"))),
                exact(row.amount),
                Value::Day(row.date).into(),
            ];
            Some(Line { key: format!("settled-{}", row.line), cells })
        };
        let rows = self.look.report.settled.iter().filter_map(line).collect();
        Table { name: "settled", title: words::SETTLED, columns, rows, nothing: words::NO_SETTLED }
    }
}

fn exact(amount: Option<Money>) -> Cell {
    amount.map_or(Value::Nothing, |amount| Value::Exact(amount.fen())).into()
}

fn difference(difference: Difference) -> Label {
    match difference {
        Difference::Amount => words::DIFFERS_AMOUNT,
        Difference::Date => words::DIFFERS_DATE,
        Difference::ClaimedTwice => words::CLAIMED_TWICE,
        Difference::TwiceInFile => words::TWICE_IN_FILE,
        Difference::Undecided => words::CONFLICTS,
    }
}
