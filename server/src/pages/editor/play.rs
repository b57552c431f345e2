//! What a rehearsal came to, on the editor's page: whose rank or reward would move, week by week, and by how much in all.

use super::words;
use crate::pages::format;
use crate::pages::words::{self as common, Lang};
use canvass_core::domain::Bank;
use canvass_core::ranking::{Rehearsal, Rehearsed, Seat};
use maud::{Markup, html};

/// So many rows are shown.
const SHOWN: usize = 300;

pub(super) fn rehearsal(lang: Lang, bank: &Bank, rehearsal: &Rehearsal) -> Markup {
    let moved: Vec<&Rehearsed> = rehearsal.moved().collect();
    let change = rehearsal.reward_change();
    html! {
        section id="rehearsal" {
            h2 { (lang.of(words::REHEARSAL)) }
            p.summary {
                strong { (rehearsal.units_moved()) } " " (lang.of(words::UNITS_MOVE)) " · "
                @match change.signum() {
                    1 => { (lang.of(words::REWARDS_RISE)) " " strong { (format::yuan(change, lang)) } }
                    -1 => { (lang.of(words::REWARDS_FALL)) " " strong { (format::yuan(change.saturating_neg(), lang)) } }
                    _ => (lang.of(words::REWARDS_SAME)),
                }
            }
            p.note { (lang.of(words::NOT_SAVED_YET)) }
            @if moved.is_empty() { p.empty { (lang.of(words::REHEARSAL_NOTHING)) } } @else {
                div.scroll tabindex="0" role="region" aria-label=(lang.of(words::REHEARSAL)) {
                    table {
                        thead { tr {
                            th scope="col" { (lang.of(common::WEEK)) }
                            th scope="col" { (lang.of(common::UNIT)) }
                            @for title in [common::RANK, common::SCORE, words::REWARDS] {
                                th.number scope="col" {
                                    (lang.of(title)) br; (lang.of(words::BEFORE)) " → " (lang.of(words::AFTER))
                                }
                            }
                        } }
                        tbody { @for one in moved.iter().take(SHOWN) { (line(lang, bank, one)) } }
                    }
                }
                @if moved.len() > SHOWN { p.note { (moved.len() - SHOWN) " " (lang.of(words::MORE_MOVED)) } }
            }
        }
    }
}

fn line(lang: Lang, bank: &Bank, one: &Rehearsed) -> Markup {
    let name = bank.unit(&one.unit).map_or(one.unit.as_str(), |unit| &unit.name);
    let seats = [one.before, one.after];
    let reward = |seat: Seat| format::yuan(seat.reward, lang);
    html! {
        tr data-key={ (one.week) "-" (one.unit) } {
            td.whole { (one.week) }
            th scope="row" { (name) }
            (change(lang, seats, |seat| seat.rank.to_string()))
            (change(lang, seats, |seat| format::number(seat.score)))
            (change(lang, seats, reward))
        }
    }
}

/// What is now, and what would be; once, where they are the same.
fn change(lang: Lang, [before, after]: [Option<Seat>; 2], of: impl Fn(Seat) -> String) -> Markup {
    let told = |seat: Option<Seat>| seat.map_or_else(|| lang.of(words::TAKES_NO_PART).to_owned(), &of);
    let (before, after) = (told(before), told(after));
    html! {
        td.number { @if before == after { (before) } @else { (before) " → " strong { (after) } } }
    }
}
