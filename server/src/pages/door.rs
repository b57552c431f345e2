//! The door: where a session's cookie is set and read, where those are sent who lack something, and where they wanted to go.

use super::words::Lang;
use crate::access::SessionToken;
use crate::app::App;
use crate::http::client::ClientAddress;
use crate::problem::Problem;
use crate::store::Visitor;
use axum::extract::{FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::uri::PathAndQuery;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Redirect, Response};
use form_urlencoded::Serializer;
use std::convert::Infallible;
use std::net::{IpAddr, Ipv4Addr};

/// Where people log in.
pub(super) const LOGIN: &str = "/login";
/// Where they give a code of their second factor.
pub(super) const CODE: &str = "/login/code";
/// Where they log out.
pub(super) const LOGOUT: &str = "/logout";
/// Where their account is.
pub(super) const ACCOUNT: &str = "/account";
/// Where they change their password.
pub(super) const PASSWORD: &str = "/account/password";
/// Where they set up their second factor.
pub(super) const SECOND_FACTOR: &str = "/account/second-factor";

/// The cookie's name. A browser takes one with `__Host-` from this host over TLS alone.
fn cookie_name(app: &App) -> &'static str {
    if app.public_url.is_secure() { "__Host-canvass" } else { "canvass" }
}

/// The session that a request names.
pub(super) fn token(app: &App, headers: &HeaderMap) -> Option<SessionToken> {
    let name = cookie_name(app);
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = cookies.flat_map(|cookies| cookies.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(known, _)| *known == name).and_then(|(_, token)| token.parse().ok())
}

/// An answer that begins a session in the browser, or ends it.
pub(super) fn with_cookie(app: &App, token: Option<&SessionToken>, response: impl IntoResponse) -> Response {
    let mut response = response.into_response();
    let secure = if app.public_url.is_secure() { "; Secure" } else { "" };
    let (value, ends) = match token {
        Some(token) => (token.reveal(), ""),
        None => (String::new(), "; Max-Age=0"),
    };
    let cookie = format!("{}={value}; Path=/; HttpOnly; SameSite=Lax{secure}{ends}", cookie_name(app));
    if let Ok(mut value) = HeaderValue::try_from(cookie) {
        value.set_sensitive(true);
        response.headers_mut().append(header::SET_COOKIE, value);
    }
    response
}

/// The way in: people with a browser are led there, programs are told.
pub(super) fn turned_away(request: &Request, way: &str) -> Response {
    let accepted = request.headers().get(header::ACCEPT).and_then(|accepted| accepted.to_str().ok());
    if !accepted.is_some_and(|accepted| accepted.contains("text/html")) {
        return Problem::not_logged_in().into_response();
    }
    let asked = request.uri().path_and_query().map_or("/", PathAndQuery::as_str);
    // What was sent by a form is not sent again by being led somewhere.
    let wanted = if request.method().is_safe() { asked } else { "/" };
    let lang = lang(request.uri().query().unwrap_or_default());
    Redirect::to(&with_next(way, wanted, lang)).into_response()
}

/// An address of the door that remembers where somebody wanted to go.
pub(super) fn with_next(way: &str, next: &str, lang: Lang) -> String {
    let mut query = Serializer::new(String::new());
    if next != "/" {
        query.append_pair("next", next);
    }
    format!("{way}?{}", query.append_pair("lang", lang.name()).finish())
}

/// The language that a query asks for.
pub(super) fn lang(query: &str) -> Lang {
    let asked = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "lang");
    asked.and_then(|(_, lang)| Lang::named(&lang)).unwrap_or_default()
}

/// Where a query says that somebody wanted to go, if that is a page here: an address elsewhere is no such thing.
pub(super) fn local(next: &str) -> &str {
    let within = next.starts_with('/') && !next.starts_with("//") && !next.contains(['\\', '\r', '\n', '\t']);
    let door = [LOGIN, LOGOUT].iter().any(|door| next.starts_with(door));
    if within && !door && next.parse::<PathAndQuery>().is_ok() { next } else { "/" }
}

/// Where a query says that somebody wanted to go.
pub(super) fn next(query: &str) -> String {
    let asked = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "next");
    asked.map_or_else(|| "/".to_owned(), |(_, next)| local(&next).to_owned())
}

/// From where a request comes.
#[derive(Debug, Clone)]
pub(super) struct From {
    pub(super) address: IpAddr,
    pub(super) agent: String,
}

impl From {
    pub(super) fn visitor(&self) -> Visitor {
        Visitor { address: self.address.to_string(), agent: self.agent.clone() }
    }
}

impl FromRequestParts<App> for From {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, Infallible> {
        let address = parts.extensions.get::<ClientAddress>().map(|client| client.ip());
        let agent = parts.headers.get(header::USER_AGENT).and_then(|agent| agent.to_str().ok());
        let address = address.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED));
        Ok(Self { address, agent: agent.unwrap_or_default().to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn after_the_door_one_goes_to_a_page_here_and_nowhere_else() {
        for here in ["/standings?week=2026-W10&lang=en", "/units/B1", "/"] {
            assert_eq!(local(here), here);
        }
        let elsewhere = [
            "",
            "https://evil.example/",
            "//evil.example/",
            "/\\evil.example",
            "\\/evil",
            "javascript:alert(1)",
            "/\t/evil",
            "/login?next=/x",
            "/logout",
            "units/B1",
            "/a b",
            "/x\r\nSet-Cookie: a=b",
        ];
        for elsewhere in elsewhere {
            assert_eq!(local(elsewhere), "/", "{elsewhere:?}");
        }
    }
}
