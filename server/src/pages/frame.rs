//! The frame of every page, and the pages that say why there is nothing to see.

use super::events;
use super::parts::{CAMPAIGN, STANDINGS, UNPLACED};
use super::query::Asked;
use super::table::{self, Table, Tables};
use super::words::{self, Lang};
use super::wrong::{Instead, Wrong};
use crate::problem::Problem;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use maud::{DOCTYPE, Markup, html};

/// What makes a page out of date.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Live {
    /// A change of what counts.
    Standings,
    /// A change of any record.
    Records,
}

/// What one page shows.
pub(super) struct Page<'a> {
    pub(super) asked: &'a Asked,
    pub(super) path: &'a str,
    pub(super) title: String,
    pub(super) live: Live,
    pub(super) tables: Vec<Table>,
}

impl Page<'_> {
    /// Answers with the page, its tables as the address asks for them; or with one table as a file.
    pub(super) async fn answer(mut self, content: impl FnOnce(&Tables<'_>) -> Markup) -> Result<Response, Instead> {
        let Asked { lang, view, .. } = self.asked;
        let lang = *lang;
        let chosen = table::chosen(&self.tables, view).map_err(|wrong| wrong.told(lang))?;
        table::arrange(&mut self.tables, view, lang).map_err(|wrong| wrong.told(lang))?;
        let Some(export) = view.export else {
            let tables = table::tables(self.asked, self.path, &self.tables, chosen);
            return Ok(self.whole(&content(&tables)).into_response());
        };
        let table =
            self.tables.into_iter().nth(chosen).ok_or_else(|| Wrong::NoColumn("export".to_owned()).told(lang))?;
        let name = format!("canvass-{}-{}.{}", table.name, self.asked.week, export.name());
        // A long table takes a while to write.
        let written = tokio::task::spawn_blocking(move || table.file(export, lang)).await;
        let written = written.unwrap_or_else(|error| Err(Wrong::Server(Problem::failed(error))));
        let body = written.map_err(|wrong| wrong.told(lang))?;
        let disposition = HeaderValue::try_from(format!("attachment; filename=\"{name}\""));
        let disposition = disposition.unwrap_or_else(|_| HeaderValue::from_static("attachment"));
        let kind = HeaderValue::from_static(export.content_type());
        Ok(([(header::CONTENT_TYPE, kind), (header::CONTENT_DISPOSITION, disposition)], body).into_response())
    }

    fn whole(&self, content: &Markup) -> Markup {
        let Asked { lang, versions, .. } = self.asked;
        let (live, version) = (events::name(self.live), events::version(self.live, *versions));
        let here = self.asked.elsewhere();
        let other = self.asked.in_lang(lang.other()).address(self.path);
        let current = |path: &str| (path == self.path).then_some("page");
        let nav = html! {
            a href=(here.address(STANDINGS)) aria-current=[current(STANDINGS)] { (lang.of(words::STANDINGS)) }
            a href=(here.address(CAMPAIGN)) aria-current=[current(CAMPAIGN)] { (lang.of(words::CAMPAIGN)) }
            a href=(here.address(UNPLACED)) aria-current=[current(UNPLACED)] { (lang.of(words::UNPLACED_SHORT)) }
        };
        let content = html! {
            main #content tabindex="-1" data-live=(live) data-version=(version) { (content) }
            p.live role="status" data-on=(lang.of(words::LIVE)) data-off=(lang.of(words::NOT_LIVE))
                data-new=(lang.of(words::UPDATED)) hidden {}
        };
        frame(*lang, &self.title, &nav, Some(&other), &content)
    }
}

fn frame(lang: Lang, title: &str, nav: &Markup, other: Option<&str>, content: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang=(lang.name()) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) " · Canvass" }
                link rel="stylesheet" href="/style.css";
                link rel="icon" href="/icon.svg" type="image/svg+xml";
                script src="/live.js" defer {}
            }
            body {
                a.skip href="#content" { (lang.of(words::SKIP)) }
                header.top {
                    a.brand href={ (STANDINGS) "?lang=" (lang.name()) } { "Canvass" }
                    nav.rooms aria-label=(lang.of(words::ROOMS)) { (nav) }
                    @if let Some(other) = other {
                        a.language href=(other) lang=(lang.other().name()) hreflang=(lang.other().name()) {
                            (lang.other().own_name())
                        }
                    }
                }
                (content)
            }
        }
    }
}

/// A page without anything of a campaign.
fn plain(lang: Lang, title: &str, other: Option<&str>, words: &Markup) -> Markup {
    let content = html! { main #content tabindex="-1" { h1 { (title) } (words) } };
    frame(lang, title, &html! {}, other, &content)
}

/// There is no campaign yet.
pub(super) fn no_campaign(lang: Lang) -> Response {
    let other = format!("{STANDINGS}?lang={}", lang.other().name());
    let words = html! { p.empty { (lang.of(words::NO_CAMPAIGN_HELP)) } };
    plain(lang, lang.of(words::NO_CAMPAIGN), Some(&other), &words).into_response()
}

/// Something is wrong with the address, or with the server.
pub(super) fn wrong(lang: Lang, wrong: &Wrong) -> Response {
    let words = html! {
        p.empty { (wrong.words(lang)) }
        p { a href={ (STANDINGS) "?lang=" (lang.name()) } { (lang.of(words::START)) } }
    };
    (wrong.status(), plain(lang, lang.of(words::ERROR), None, &words)).into_response()
}
