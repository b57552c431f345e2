//! The server is reached by others than its own machine over TLS or through a declared proxy, or not at all; and one address
//! does not keep it from the others.

use crate::{Bank, Serving, refused, utf8};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned, crypto::ring};

/// A certificate for `localhost`, made here, and its key.
fn certificate(bank: &Bank) -> (PathBuf, PathBuf) {
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).expect("made");
    let (certificate, key) = (bank.beside("tls.pem"), bank.beside("tls.key"));
    std::fs::write(&certificate, made.cert.pem()).expect("written");
    std::fs::write(&key, made.signing_key.serialize_pem()).expect("written");
    (certificate, key)
}

fn request(line: &str, headers: &str) -> String {
    format!("{line} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{headers}\r\n")
}

fn ask(address: &str, request: &str) -> String {
    let mut stream = TcpStream::connect(address).expect("connected");
    stream.write_all(request.as_bytes()).expect("sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("answered");
    answer
}

/// Asks over TLS, trusting one certificate.
fn ask_encrypted(address: &str, certificate: &Path, request: &str) -> String {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(certificate).expect("a certificate")).expect("added");
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::try_from("localhost").expect("a name");
    let connection = ClientConnection::new(Arc::new(config), name).expect("a connection");
    let mut stream = StreamOwned::new(connection, TcpStream::connect(address).expect("connected"));
    stream.write_all(request.as_bytes()).expect("sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("answered to its end");
    answer
}

#[test]
fn a_server_offered_to_others_wants_a_certificate_or_a_proxy() {
    let bank = Bank::new();
    let data = bank.data();
    let words = refused(&["serve", "--data", utf8(&data), "--listen", "0.0.0.0:0"]);
    for remedy in ["in the clear", "--tls-cert", "--behind-proxy", "127.0.0.1"] {
        assert!(words.contains(remedy), "{words}");
    }
    let (certificate, key) = certificate(&bank);
    let words = refused(&["serve", "--data", utf8(&data), "--tls-cert", utf8(&certificate)]);
    assert!(words.contains("--tls-key"), "{words}");
    let swapped = ["--tls-cert", utf8(&key), "--tls-key", utf8(&certificate)];
    let words = refused(&[&["serve", "--data", utf8(&data)], &swapped[..]].concat());
    assert!(words.contains("cannot be used") && words.contains("as PEM"), "{words}");
    let others = self::certificate(&Bank::new());
    let words =
        refused(&["serve", "--data", utf8(&data), "--tls-cert", utf8(&certificate), "--tls-key", utf8(&others.1)]);
    assert!(words.contains("cannot be used"), "{words}");
    let words = refused(&["serve", "--data", utf8(&data), "--behind-proxy", "everybody"]);
    assert!(words.contains("10.0.0.0/24"), "{words}");
    let words = refused(&["serve", "--data", utf8(&data), "--behind-proxy", "0.0.0.0/0"]);
    assert!(words.contains("would believe strangers"), "{words}");
    let words = refused(&["serve", "--data", utf8(&data), "--public-url", "canvass.example.com"]);
    assert!(words.contains("https://canvass.example.com"), "{words}");
}

#[test]
fn over_tls_pages_are_answered_and_browsers_told_to_keep_to_it() {
    let bank = Bank::new();
    let (certificate, key) = certificate(&bank);
    let serving = Serving::start(
        &bank.data(),
        &["--listen", "0.0.0.0:0", "--tls-cert", utf8(&certificate), "--tls-key", utf8(&key)],
    );
    let address = serving.address.replace("0.0.0.0", "127.0.0.1");
    let answer = ask_encrypted(&address, &certificate, &request("GET /livez", "")).to_lowercase();
    assert!(answer.starts_with("http/1.1 200") && answer.ends_with("live\n"), "{answer}");
    assert!(answer.contains("strict-transport-security: max-age=31536000"), "{answer}");
    // In the clear nothing is said at all.
    let mut stream = TcpStream::connect(&address).expect("connected");
    stream.write_all(request("GET /livez", "").as_bytes()).expect("sent");
    let mut heard = Vec::new();
    drop(stream.read_to_end(&mut heard));
    assert!(!String::from_utf8_lossy(&heard).contains("HTTP/"), "{heard:?}");
}

#[test]
fn behind_a_proxy_its_word_counts_and_nobody_elses() {
    let bank = Bank::new();
    let told = "X-Forwarded-For: 203.0.113.9\r\nX-Forwarded-Proto: https\r\n";
    let hsts = |answer: &str| answer.to_lowercase().contains("strict-transport-security");
    let proxied = Serving::start(&bank.data(), &["--listen", "127.0.0.1:0", "--behind-proxy", "127.0.0.1"]);
    assert!(hsts(&ask(&proxied.address, &request("GET /livez", told))));
    assert!(!hsts(&ask(&proxied.address, &request("GET /livez", "X-Forwarded-Proto: http\r\n"))));
    for in_the_clear in ["X-Forwarded-Proto: http\r\n", ""] {
        let answer = ask(&proxied.address, &request("GET /login", in_the_clear));
        assert!(answer.starts_with("HTTP/1.1 403") && answer.contains("urn:canvass:problem:in-the-clear"), "{answer}");
    }
    assert!(ask(&proxied.address, &request("GET /login", told)).starts_with("HTTP/1.1 200"));
    drop(proxied);
    let plain = Serving::start(&bank.data(), &["--listen", "127.0.0.1:0", "--behind-proxy", "10.0.0.0/8"]);
    assert!(!hsts(&ask(&plain.address, &request("GET /livez", told))), "the word of who is no proxy");
}

#[test]
fn who_tries_codes_from_one_address_is_slowed_and_the_next_one_is_not() {
    let bank = Bank::new();
    let serving = Serving::start(&bank.data(), &["--listen", "127.0.0.1:0", "--behind-proxy", "127.0.0.1"]);
    let trying = |from: &str| {
        let type_of = "Content-Type: application/vnd.canvass.sync\r\nContent-Length: 0\r\n";
        ask(
            &serving.address,
            &request("POST /v1/enrol", &format!("{type_of}X-Forwarded-For: {from}\r\nX-Forwarded-Proto: https\r\n")),
        )
    };
    let turned_away = (0..40).map(|_| trying("203.0.113.9")).find(|answer| answer.starts_with("HTTP/1.1 429"));
    let turned_away = turned_away.expect("somewhen too many");
    assert!(turned_away.contains("urn:canvass:problem:too-many-requests"), "{turned_away}");
    assert!(turned_away.to_lowercase().contains("retry-after: "), "{turned_away}");
    assert!(turned_away.contains("wait ") && turned_away.contains(" seconds and send it again"), "{turned_away}");
    assert!(trying("203.0.113.10").starts_with("HTTP/1.1 400"));
    assert!(
        ask(&serving.address, &request("GET /livez", "X-Forwarded-For: 203.0.113.9\r\n")).starts_with("HTTP/1.1 200")
    );
}
