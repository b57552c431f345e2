//! The frame of every page, and the pages that say why there is nothing to see.

use super::door::{ACCOUNT, LOGOUT};
use super::editor;
use super::events;
use super::form::carried;
use super::parts::{
    AUDIT, BULLETIN, CAMPAIGN, DEVICES, DISPUTES, HELD, LEDGERS, MARKET, NEW_CAMPAIGN, STANDINGS, UNPLACED, USERS,
    VERIFY,
};
use super::query::{Links, State, links};
use super::reader::Reader;
use super::table::{self, Table, Tables};
use super::words::{self, Lang};
use super::wrong::{Instead, Wrong};
use crate::app::App;
use crate::problem::Problem;
use crate::store::{Deed, Entry};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use canvass_core::domain::{Duty, Label, dispute};
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
    pub(super) app: &'a App,
    pub(super) state: &'a dyn State,
    pub(super) path: &'a str,
    pub(super) title: String,
    pub(super) live: Live,
    pub(super) tables: Vec<Table>,
}

impl Page<'_> {
    /// Answers with the page, its tables as the address asks for them; or with one table as a file.
    pub(super) async fn answer(mut self, content: impl FnOnce(&Tables<'_>) -> Markup) -> Result<Response, Instead> {
        let (lang, view) = (self.state.lang(), self.state.view());
        let chosen = table::chosen(&self.tables, view).map_err(|wrong| wrong.told(lang))?;
        table::arrange(&mut self.tables, view, lang).map_err(|wrong| wrong.told(lang))?;
        let Some(export) = view.export else {
            let tables = table::tables(self.state, self.path, &self.tables, chosen);
            return Ok(self.whole(&content(&tables)).into_response());
        };
        let table =
            self.tables.into_iter().nth(chosen).ok_or_else(|| Wrong::NoColumn("export".to_owned()).told(lang))?;
        let words = format!("table {}, {} rows, {}", table.name, table.rows.len(), export.name());
        let exported = Entry::new(self.state.reader().actor(), Deed::Exported, self.path).with(words);
        let noted = self.app.store.note(exported, self.app.clock.now()).await;
        noted.map_err(|error| Wrong::from(error).told(lang))?;
        let name = format!("canvass-{}-{}.{}", table.name, self.state.of_when(), export.name());
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
        let lang = self.state.lang();
        let live =
            self.state.versions().map(|versions| (events::name(self.live), events::version(self.live, versions)));
        let (name, version) = live.unzip();
        let other = self.state.in_other_language(self.path);
        let reader = self.state.reader();
        let rooms = rooms(reader, lang, self.path, &self.state.links());
        let content = html! {
            main #content tabindex="-1" data-live=[name] data-version=[version] { (content) }
            @if name.is_some() {
                p.live role="status" data-on=(lang.of(words::LIVE)) data-off=(lang.of(words::NOT_LIVE))
                    data-new=(lang.of(words::UPDATED)) hidden {}
            }
        };
        frame(lang, &self.title, &rooms, Some(&other), Some(reader), &content)
    }
}

/// The ways to what the reader may use.
fn rooms(reader: &Reader, lang: Lang, here: &str, links: &Links) -> Markup {
    let rooms = [
        (STANDINGS, words::STANDINGS, true),
        (BULLETIN, words::BULLETIN, true),
        (CAMPAIGN, words::CAMPAIGN, true),
        (MARKET, words::MARKET, reader.sees_all()),
        (DISPUTES, words::DISPUTES, reader.reads(&dispute::KIND)),
        (UNPLACED, words::UNPLACED_SHORT, reader.sees_all()),
        (VERIFY, words::VERIFY, reader.judges()),
        (LEDGERS, words::LEDGERS, reader.judges()),
        (HELD, words::HELD, reader.has(Duty::DecideHeld)),
        (DEVICES, words::DEVICES, reader.has(Duty::RevokeDevices) || reader.has(Duty::InviteDevices)),
        (USERS, words::USERS, reader.has(Duty::ManageLogins)),
        (AUDIT, words::AUDIT, reader.has(Duty::ReadAudit)),
    ];
    // A page that is about no campaign takes none along.
    let plain = self::links([("lang", lang.name().to_owned())]);
    let of_campaigns = [STANDINGS, BULLETIN, CAMPAIGN, MARKET, DISPUTES, UNPLACED, VERIFY];
    let way = |path| if of_campaigns.contains(path) { links.to(path) } else { plain.to(path) };
    html! {
        @for (path, label, _) in rooms.iter().filter(|(.., open)| *open) {
            a href=(way(path)) aria-current=[(*path == here).then_some("page")] { (lang.of(*label)) }
        }
    }
}

/// A page with nothing but words and forms, for somebody whose session may still lack something.
pub(super) fn door(lang: Lang, path: &str, title: Label, reader: Option<&Reader>, content: &Markup) -> Markup {
    let other = format!("{path}{}lang={}", if path.contains('?') { '&' } else { '?' }, lang.other().name());
    let title = lang.of(title);
    let content = html! { main #content.door tabindex="-1" { h1 { (title) } (content) } };
    let open = reader.filter(|reader| reader.is_in());
    let links = links([("lang", lang.name().to_owned())]);
    let rooms = open.map(|reader| rooms(reader, lang, path, &links)).unwrap_or_default();
    frame(lang, title, &rooms, Some(&other), reader, &content)
}

/// Who reads, the way to their account, and the way out.
fn own(reader: &Reader, lang: Lang) -> Markup {
    html! {
        form.own method="post" action=(LOGOUT) {
            (carried(reader, lang))
            @if reader.is_in() {
                a href={ (ACCOUNT) "?lang=" (lang.name()) } { (reader.person().name) }
            } @else {
                span { (reader.person().name) }
            }
            button { (lang.of(words::LOG_OUT)) }
        }
    }
}

fn frame(
    lang: Lang,
    title: &str,
    rooms: &Markup,
    other: Option<&str>,
    reader: Option<&Reader>,
    content: &Markup,
) -> Markup {
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
                    nav.rooms aria-label=(lang.of(words::ROOMS)) { (rooms) }
                    @if let Some(other) = other {
                        a.language href=(other) lang=(lang.other().name()) hreflang=(lang.other().name()) {
                            (lang.other().own_name())
                        }
                    }
                    @if let Some(reader) = reader { (own(reader, lang)) }
                }
                (content)
            }
        }
    }
}

/// There is no campaign yet.
pub(super) fn no_campaign(lang: Lang, reader: &Reader) -> Response {
    let words = html! {
        p.empty { (lang.of(words::NO_CAMPAIGN_HELP)) }
        @if editor::edits(reader) {
            p { a href={ (NEW_CAMPAIGN) "?lang=" (lang.name()) } { (lang.of(editor::words::NEW_CAMPAIGN)) } }
        }
    };
    door(lang, STANDINGS, words::NO_CAMPAIGN, Some(reader), &words).into_response()
}

/// Something is wrong with the address, or with the server.
pub(super) fn wrong(lang: Lang, wrong: &Wrong) -> Response {
    let title = lang.of(words::ERROR);
    let content = html! {
        main #content tabindex="-1" {
            h1 { (title) }
            p.empty { (wrong.words(lang)) }
            p { a href={ (STANDINGS) "?lang=" (lang.name()) } { (lang.of(words::START)) } }
        }
    };
    (wrong.status(), frame(lang, title, &html! {}, None, None, &content)).into_response()
}
