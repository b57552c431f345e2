//! The form of a verdict and what it says: the same wherever a claim is judged.

use super::form::{Sent, carried};
use super::parts::VERIFY;
use super::reader::Reader;
use super::words::{self, Lang};
use super::wrong::{Instead, Wrong};
use crate::import::{day, yuan};
use crate::store::VerifyOrder;
use crate::store::claims::Claim;
use canvass_core::domain::outcome::{Outcome, Product};
use canvass_core::domain::verification::Verdict;
use canvass_core::domain::{Bank, Date, Label, Money, ServerTime, UnitId};
use canvass_core::projection::Row;
use data_encoding::HEXLOWER;
use maud::{Markup, html};

/// How many characters a reason may have: what a record takes in bytes of Chinese.
const LONGEST: usize = 166;

/// What every form about a claim carries: what is judged, as it was seen, and where to go afterwards.
fn about(reader: &Reader, lang: Lang, row: &Row, next: &str) -> Markup {
    html! {
        (carried(reader, lang))
        input type="hidden" name="outcome" value=(row.id);
        input type="hidden" name="heads" value=(HEXLOWER.encode(&row.heads_bytes()));
        input type="hidden" name="next" value=(next);
    }
}

/// Whether a claim is about an amount: cards are not.
pub(super) fn of_money(row: &Row) -> bool {
    Outcome::read(&row.fields).is_ok_and(|outcome| outcome.product != Product::Cards)
}

/// Both forms for a claim that is looked at by itself.
pub(super) fn forms(reader: &Reader, lang: Lang, bank: &Bank, claim: &Claim, next: &str) -> Markup {
    let row = &claim.row;
    let unit = claim.pending.iter().find_map(|one| one.unit.as_ref());
    html! {
        div.verdicts {
            form.card method="post" action=(VERIFY) {
                (about(reader, lang, row, next))
                input type="hidden" name="do" value="confirm";
                p.note { (lang.of(words::CONFIRM_HELP)) }
                // What stands there in grey is what holds if nothing is filled in.
                @if of_money(row) {
                    label {
                        (lang.of(words::LEDGER_AMOUNT))
                        input name="amount" inputmode="decimal" maxlength="24" autocomplete="off"
                            placeholder=[row.fields.money("amount")];
                    }
                }
                label {
                    (lang.of(words::LEDGER_DATE))
                    input name="date" maxlength="12" autocomplete="off" placeholder=[row.fields.date("opened_on")];
                }
                label {
                    (lang.of(words::CREDIT_UNIT))
                    input name="unit" list="units" maxlength="32" autocomplete="off" placeholder=[unit];
                }
                datalist id="units" {
                    @for unit in bank.units().take(500) { option value=(unit.id) { (unit.name) } }
                }
                button { (lang.of(words::CONFIRM)) }
            }
            form.card.reject method="post" action=(VERIFY) {
                (about(reader, lang, row, next))
                input type="hidden" name="do" value="reject";
                label { (lang.of(words::REJECT_WHY)) textarea name="reason" rows="3" maxlength=(LONGEST) required {} }
                button { (lang.of(words::REJECT)) }
            }
        }
    }
}

/// What the ledger says where it says something else than the claim.
#[derive(Clone, Copy)]
pub(super) struct Found {
    pub(super) amount: Option<Money>,
    pub(super) date: Date,
}

/// Both verdicts in the cell of a table, given what the ledger says.
pub(super) fn in_a_cell(reader: &Reader, lang: Lang, row: &Row, found: Option<Found>, next: &str) -> Markup {
    html! {
        // An amount that the ledger does not say is not confirmed by it.
        @if let Some(found) = found.filter(|found| !of_money(row) || found.amount.is_some()) {
            form.verdict method="post" action=(VERIFY) {
                (about(reader, lang, row, next))
                @if let Some(amount) = found.amount.filter(|_| of_money(row)) {
                    input type="hidden" name="amount" value=(amount);
                }
                input type="hidden" name="date" value=(found.date);
                button name="do" value="confirm" { (lang.of(words::BY_LEDGER)) }
            }
        }
        // A form of its own: the return key in the reason rejects, and never confirms.
        form.verdict method="post" action=(VERIFY) {
            (about(reader, lang, row, next))
            input name="reason" maxlength=(LONGEST) placeholder=(lang.of(words::REJECT_WHY))
                aria-label=(lang.of(words::REJECT_WHY)) autocomplete="off";
            button name="do" value="reject" { (lang.of(words::REJECT)) }
        }
    }
}

/// Reads a verdict on what was seen. What the ledger says is noted where it differs from the claim alone.
pub(super) fn read(sent: &Sent, reader: &Reader, at: ServerTime) -> Result<VerifyOrder, Instead> {
    let lang = sent.lang();
    let wrong = || Wrong::Form.told(lang);
    let outcome = sent.text("outcome").parse().map_err(|_| wrong())?;
    let heads = HEXLOWER.decode(sent.text("heads").as_bytes()).map_err(|_| wrong())?;
    let reason: String = sent.text("reason").trim().chars().take(LONGEST).collect();
    let reason = Some(reason).filter(|reason| !reason.is_empty());
    let order = |verdict| VerifyOrder { heads: Some(heads), ..VerifyOrder::new(outcome, verdict, at, reader.actor()) };
    match sent.text("do") {
        "confirm" => Ok(VerifyOrder {
            amount: field(sent, "amount", words::LEDGER_AMOUNT, yuan)?,
            opened_on: field(sent, "date", words::LEDGER_DATE, day)?,
            unit: field(sent, "unit", words::CREDIT_UNIT, |text| text.parse::<UnitId>().ok())?,
            ..order(Verdict::Confirmed)
        }),
        "reject" if reason.is_none() => Err(Wrong::NoReason.told(lang)),
        "reject" => Ok(VerifyOrder { reason, ..order(Verdict::Rejected) }),
        _ => Err(wrong()),
    }
}

fn field<T>(
    sent: &Sent,
    name: &str,
    field: Label,
    parse: impl FnOnce(&str) -> Option<T>,
) -> Result<Option<T>, Instead> {
    let text = sent.text(name).trim();
    if text.is_empty() {
        return Ok(None);
    }
    let unfit = || Wrong::Unfit { field, text: text.chars().take(60).collect() }.told(sent.lang());
    parse(text).map(Some).ok_or_else(unfit)
}
