//! What a page's form sends. Besides where it comes from, which the browser says, each carries its session's own token: a page
//! elsewhere can know neither.

use super::door;
use super::reader::Reader;
use super::words::Lang;
use super::wrong::{Instead, Wrong};
use crate::app::App;
use axum::body::{Bytes, to_bytes};
use axum::extract::{FromRequest, Request};
use axum::http::header;
use maud::{Markup, html};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// So long may a form be.
pub(super) const LONGEST: usize = 16 * 1024;

/// So long may the one be that edits a campaign: it carries all that the campaign said.
pub(super) const LONGEST_CAMPAIGN: usize = 2 * 1024 * 1024;

/// The fields of a form.
pub(super) struct Sent(Vec<(String, Zeroizing<String>)>);

impl Sent {
    async fn read(request: Request) -> Result<Self, Instead> {
        let lang = door::lang(request.uri().query().unwrap_or_default());
        let kind = request.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        if !kind.is_some_and(|kind| kind.starts_with("application/x-www-form-urlencoded")) {
            return Err(Wrong::Form.told(lang));
        }
        // What its route takes was made sure of before.
        let body: Bytes = to_bytes(request.into_body(), LONGEST_CAMPAIGN).await.map_err(|_| Wrong::Form.told(lang))?;
        let fields = form_urlencoded::parse(&body).map(|(name, value)| (name.into_owned(), value.into_owned().into()));
        Ok(Self(fields.collect()))
    }

    /// A field as it was sent; empty if it was not.
    pub(super) fn text(&self, name: &str) -> &str {
        self.0.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value.as_str())
    }

    /// Every field, in the order of the form.
    pub(super) fn all(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// A field that nobody else is to see.
    pub(super) fn secret(&self, name: &str) -> Zeroizing<String> {
        Zeroizing::new(self.text(name).to_owned())
    }

    /// The language in which the form was shown.
    pub(super) fn lang(&self) -> Lang {
        Lang::named(self.text("lang")).unwrap_or_default()
    }

    /// Where the person wanted to go.
    pub(super) fn next(&self) -> String {
        door::local(self.text("next")).to_owned()
    }
}

/// A form of the log-in page, which has no session yet.
pub(super) struct Knock(pub(super) Sent);

impl FromRequest<App> for Knock {
    type Rejection = Instead;

    async fn from_request(request: Request, _: &App) -> Result<Self, Instead> {
        Sent::read(request).await.map(Self)
    }
}

/// A form of a session: whose it is, and what it says.
pub(super) struct Posted {
    pub(super) reader: Reader,
    pub(super) sent: Sent,
}

impl FromRequest<App> for Posted {
    type Rejection = Instead;

    async fn from_request(request: Request, _: &App) -> Result<Self, Instead> {
        let reader = request.extensions().get::<Reader>().cloned();
        let sent = Sent::read(request).await?;
        let reader = reader.ok_or_else(|| Wrong::Form.told(sent.lang()))?;
        let (given, wanted) = (sent.text("form").as_bytes(), reader.session().form_token.as_bytes());
        if !bool::from(given.ct_eq(wanted)) {
            return Err(Wrong::Form.told(sent.lang()));
        }
        Ok(Self { reader, sent })
    }
}

/// What every form of a session carries.
pub(super) fn carried(reader: &Reader, lang: Lang) -> Markup {
    html! {
        input type="hidden" name="form" value=(reader.session().form_token);
        input type="hidden" name="lang" value=(lang.name());
    }
}
