//! Who asks, and how: the address of the other side, and whether what it says travels encrypted. A proxy that was declared
//! is believed about both; anybody else is not.

use super::{App, Problem, health};
use crate::access::block;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use ipnet::IpNet;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Once;

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
/// How proxies say for whom they speak.
const SPEAKS_FOR: [HeaderName; 3] =
    [FORWARDED_FOR, HeaderName::from_static("x-real-ip"), HeaderName::from_static("forwarded")];
const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// The other end of a connection, as the system says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Peer {
    /// Its address.
    pub address: IpAddr,
    /// Whether the connection is encrypted.
    pub tls: bool,
}

impl Default for Peer {
    /// This machine itself: a request that came over no connection.
    fn default() -> Self {
        Self { address: Ipv4Addr::LOCALHOST.into(), tls: false }
    }
}

/// The address of who sent a request; a declared proxy is asked for whom it speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ClientAddress {
    address: IpAddr,
    /// Whether it is of a proxy that nobody declared, and so anybody's.
    anybodys: bool,
}

impl ClientAddress {
    /// An address; an IPv4 one in IPv6's clothes is what it is.
    pub fn new(address: IpAddr) -> Self {
        Self { address: address.to_canonical(), anybodys: false }
    }

    /// The address.
    pub fn ip(self) -> IpAddr {
        self.address
    }

    /// What one household, office or attacker has of addresses: one of IPv4, 64 bits of IPv6.
    pub fn block(self) -> IpAddr {
        block(self.address)
    }

    /// Whether it is this machine itself, where the operator is, and not a proxy there that speaks for anybody.
    pub fn is_own(self) -> bool {
        self.address.is_loopback() && !self.anybodys
    }
}

impl fmt::Display for ClientAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.address.fmt(f)
    }
}

/// How the request travelled to us, or to the proxy that speaks for us.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    /// In the clear.
    Http,
    /// Encrypted.
    Https,
}

/// The proxies that are believed. Without any, nobody's word counts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Proxies(Vec<IpNet>);

impl Proxies {
    /// Those in some networks.
    pub fn within(networks: Vec<IpNet>) -> Self {
        Self(networks)
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether an address is one of theirs.
    pub fn has(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.0.iter().any(|network| network.contains(&address))
    }

    /// Who asks, and how. None when the request should have come through a proxy and did not.
    fn client(&self, peer: Peer, headers: &HeaderMap) -> Option<(ClientAddress, Scheme)> {
        let own = if peer.tls { Scheme::Https } else { Scheme::Http };
        if self.has(peer.address) {
            // Only the last hop is the proxy's own word; those before it are what it was told.
            let told = last(headers, &FORWARDED_FOR).and_then(address);
            let encrypted = last(headers, &FORWARDED_PROTO).is_some_and(|scheme| scheme.eq_ignore_ascii_case("https"));
            let scheme = if encrypted { Scheme::Https } else { Scheme::Http };
            // A proxy that does not say for whom it speaks may do so for anybody, from this machine too.
            let unsaid = ClientAddress { anybodys: true, ..ClientAddress::new(peer.address) };
            // The proxy's own loopback is not this machine's operator either.
            let told = told.map(ClientAddress::new).filter(|told| !told.is_own());
            return Some((told.unwrap_or(unsaid), scheme));
        }
        let around = !self.is_empty() && !peer.tls && !peer.address.to_canonical().is_loopback();
        let anybodys = SPEAKS_FOR.iter().any(|name| headers.contains_key(name));
        (!around).then_some((ClientAddress { anybodys, ..ClientAddress::new(peer.address) }, own))
    }
}

/// The last of a header's values.
fn last<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    let value = headers.get_all(name).iter().next_back()?.to_str().ok()?;
    value.rsplit(',').next().map(str::trim)
}

fn address(text: &str) -> Option<IpAddr> {
    text.parse().ok().or_else(|| text.parse::<SocketAddr>().ok().map(|address| address.ip()))
}

/// So that the log says once that a proxy was not declared.
static UNDECLARED: Once = Once::new();

/// Tells handlers who asks and how, as extensions of the request; and tells browsers that came encrypted to keep to it.
pub(super) async fn identify(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let peer = request.extensions().get::<Peer>().copied().unwrap_or_default();
    let Some((address, scheme)) = app.proxies.client(peer, request.headers()) else {
        return Problem::around_the_proxy().into_response();
    };
    if app.proxies.has(peer.address) && scheme == Scheme::Http && !health::asked(request.uri().path()) {
        return Problem::in_the_clear().into_response();
    }
    if address.anybodys && address.ip().is_loopback() && app.proxies.is_empty() {
        UNDECLARED.call_once(|| {
            tracing::warn!(
                "a proxy on this machine speaks for others, and none was declared: all of them share the limits of one \
                 address, and what it says is not believed; name it with --behind-proxy {address}"
            );
        });
    }
    request.extensions_mut().insert(address);
    request.extensions_mut().insert(scheme);
    let mut response = next.run(request).await;
    if scheme == Scheme::Https {
        let year = HeaderValue::from_static("max-age=31536000");
        response.headers_mut().entry(header::STRICT_TRANSPORT_SECURITY).or_insert(year);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    fn asked(proxies: &[&str], peer: &str, tls: bool, headers: &[(&'static str, &str)]) -> Option<(String, Scheme)> {
        let proxies = Proxies::within(proxies.iter().map(|text| text.parse().expect("a network")).collect());
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, HeaderValue::from_str(value).expect("a value"));
        }
        let found = proxies.client(Peer { address: ip(peer), tls }, &map);
        found.map(|(address, scheme)| (address.to_string(), scheme))
    }

    #[test]
    fn only_a_declared_proxy_is_believed_and_only_about_the_last_hop() {
        let lies = [("x-forwarded-for", "6.6.6.6, 203.0.113.9"), ("x-forwarded-proto", "https")];
        let is = |address: &str, scheme| Some((address.to_owned(), scheme));
        assert_eq!(asked(&["10.0.0.0/8"], "10.1.2.3", false, &lies), is("203.0.113.9", Scheme::Https));
        assert_eq!(asked(&[], "10.1.2.3", false, &lies), is("10.1.2.3", Scheme::Http));
        assert_eq!(asked(&["10.0.0.0/8"], "127.0.0.1", false, &lies), is("127.0.0.1", Scheme::Http));
        // Around the proxy: in the clear not at all, encrypted as oneself.
        assert_eq!(asked(&["10.0.0.0/8"], "203.0.113.5", false, &lies), None);
        assert_eq!(asked(&["10.0.0.0/8"], "203.0.113.5", true, &lies), is("203.0.113.5", Scheme::Https));
        // A second header, a port, an IPv4 address in IPv6's clothes, nonsense.
        let twice = [("x-forwarded-for", "6.6.6.6"), ("x-forwarded-for", "[2001:db8::7]:443")];
        assert_eq!(asked(&["10.0.0.1/32"], "::ffff:10.0.0.1", false, &twice), is("2001:db8::7", Scheme::Http));
        assert_eq!(
            asked(&["10.0.0.1/32"], "10.0.0.1", false, &[("x-forwarded-for", "unknown")]),
            is("10.0.0.1", Scheme::Http)
        );
    }

    #[test]
    fn a_proxy_on_this_machine_that_says_not_for_whom_it_speaks_is_anybody() {
        let proxies = Proxies::within(vec!["127.0.0.1/32".parse().expect("a network")]);
        let peer = Peer { address: ip("127.0.0.1"), tls: false };
        for said in [None, Some("unknown"), Some("_hidden"), Some(""), Some("127.0.0.1"), Some("::1")] {
            let headers = said.map(|said| (FORWARDED_FOR, HeaderValue::from_str(said).expect("a value")));
            let (client, _) = proxies.client(peer, &headers.into_iter().collect()).expect("a client");
            assert!(!client.is_own(), "{said:?}");
        }
    }

    #[test]
    fn a_proxy_on_this_machine_that_nobody_declared_has_limits_like_anybody() {
        let is_own = |header: Option<&'static str>| {
            let headers = header.map(|name| (HeaderName::from_static(name), HeaderValue::from_static("203.0.113.9")));
            let peer = Peer { address: ip("127.0.0.1"), tls: false };
            let found = Proxies::default().client(peer, &headers.into_iter().collect());
            found.map(|(client, _)| (client.is_own(), client.block()))
        };
        assert_eq!(is_own(None), Some((true, ip("127.0.0.1"))));
        for header in ["x-forwarded-for", "x-real-ip", "forwarded"] {
            assert_eq!(is_own(Some(header)), Some((false, ip("127.0.0.1"))), "{header}");
        }
    }

    #[test]
    fn one_attacker_is_one_block_of_addresses() {
        let block = |text: &str| ClientAddress::new(ip(text)).block();
        assert_eq!(block("2001:db8:1:2:aaaa::1"), block("2001:db8:1:2:bbbb::2"));
        assert_ne!(block("2001:db8:1:2::1"), block("2001:db8:1:3::1"));
        assert_eq!(block("::ffff:203.0.113.9"), ip("203.0.113.9"));
        assert_ne!(block("203.0.113.9"), block("203.0.113.8"));
    }
}
