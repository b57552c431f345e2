//! Listening, until told to stop: what is under way is finished, and nothing new begun. Beyond this machine only where what is
//! said travels encrypted. A connection that stalls is ended, and one address has only so many.

use super::client::{ClientAddress, Peer, Proxies};
use super::{App, router};
use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use std::collections::HashMap;
use std::future::Future;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

/// Why the server does not listen.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// What is said there would travel in the clear.
    #[error(
        "{0} is reached by others than this machine, and what they say would travel in the clear: give --tls-cert and --tls-key, or name the proxy that encrypts with --behind-proxy, or use 127.0.0.1 or [::1]"
    )]
    InTheClear(SocketAddr),
    /// The address cannot be had.
    #[error("cannot listen on {address}: {error}; choose another with --listen")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the system says.
        error: std::io::Error,
    },
    /// The certificate or its key cannot be used.
    #[error(
        "{file} cannot be used: {words}; --tls-cert takes the chain of certificates and --tls-key its key, both as PEM"
    )]
    Tls {
        /// The file.
        file: PathBuf,
        /// Why.
        words: String,
    },
    /// The listener broke.
    #[error("the server stopped: {0}")]
    Io(#[from] std::io::Error),
}

/// A certificate and its key.
#[derive(Clone)]
pub struct Tls(TlsAcceptor);

impl Tls {
    /// Reads a chain of certificates and its key, both as PEM.
    ///
    /// # Errors
    /// When they cannot be read, or do not fit each other.
    pub fn read(certificates: &Path, key: &Path) -> Result<Self, ServeError> {
        let failed = |file: &Path, words: String| ServeError::Tls { file: file.to_owned(), words };
        let chain = CertificateDer::pem_file_iter(certificates).and_then(Iterator::collect::<Result<Vec<_>, _>>);
        let chain = chain.map_err(|error| failed(certificates, error.to_string()))?;
        if chain.is_empty() {
            return Err(failed(certificates, "it holds no certificate".to_owned()));
        }
        let private = PrivateKeyDer::from_pem_file(key).map_err(|error| failed(key, error.to_string()))?;
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .and_then(|config| config.with_no_client_auth().with_single_cert(chain, private));
        let mut config = config.map_err(|error| failed(key, error.to_string()))?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self(TlsAcceptor::from(Arc::new(config))))
    }
}

/// How others than this machine may come in.
#[derive(Clone, Default)]
pub struct Entrance {
    /// The server's own encryption.
    pub tls: Option<Tls>,
    /// Proxies that encrypt in its place.
    pub proxies: Proxies,
}

/// Takes an address to listen on, for this machine alone.
///
/// # Errors
/// When it is not a loopback address, or taken.
pub async fn bind(address: SocketAddr) -> Result<TcpListener, ServeError> {
    Entrance::default().bind(address).await
}

/// Serves this machine until `shutdown` comes; then finishes what is under way, but waits for nobody who stalls.
///
/// # Errors
/// When the listener breaks.
pub async fn serve(
    listener: TcpListener,
    app: App,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<(), ServeError> {
    Entrance::default().serve(listener, app, shutdown).await
}

/// How long requests under way may take to finish after the server was told to stop. A phone that stalls in the middle of
/// one sends it again.
const DRAIN: Duration = Duration::from_secs(10);

/// How long a connection may take for its handshake, for the head of a request, or between two requests.
const HEAD_PATIENCE: Duration = Duration::from_secs(10);

/// How many headers a request may have.
const MAX_HEADERS: usize = 64;

/// How much of a request is read before it is understood.
const MAX_HEAD: usize = 64 * 1024;

/// How many connections one address may have: a branch of 300 phones with its pages is one.
const PER_ADDRESS: usize = 1024;

/// How many connections there may be, if the system allows the process so many open files.
const CONNECTIONS: u64 = 12_288;

impl Entrance {
    /// Takes an address to listen on.
    ///
    /// # Errors
    /// When what is said there would travel in the clear, or it is taken.
    pub async fn bind(&self, address: SocketAddr) -> Result<TcpListener, ServeError> {
        let guarded = self.tls.is_some() || !self.proxies.is_empty();
        if !guarded && !address.ip().is_loopback() {
            return Err(ServeError::InTheClear(address));
        }
        TcpListener::bind(address).await.map_err(|error| ServeError::Listen { address, error })
    }

    /// Serves until `shutdown` comes; then finishes what is under way, but waits for nobody who stalls.
    ///
    /// # Errors
    /// When the listener breaks.
    pub async fn serve(
        self,
        listener: TcpListener,
        mut app: App,
        shutdown: impl Future<Output = ()> + Send + 'static,
    ) -> Result<(), ServeError> {
        let stopping = CancellationToken::new();
        let live = app.live.clone();
        app.proxies = self.proxies.clone();
        let router = router(app);
        let (places, callers) = (Arc::new(Semaphore::new(connections())), Callers::default());
        let mut under_way = JoinSet::new();
        let mut shutdown = pin!(shutdown);
        loop {
            while under_way.try_join_next().is_some() {}
            let accepted = async {
                let place = places.clone().acquire_owned().await;
                (listener.accept().await, place)
            };
            let (accepted, place) = tokio::select! {
                () = &mut shutdown => break,
                accepted = accepted => accepted,
            };
            let (stream, from) = match accepted {
                Ok(accepted) => accepted,
                Err(error) if is_the_callers(&error) => continue,
                Err(error) => {
                    // Mostly that the process has no more files; it will when somebody goes.
                    tracing::warn!(%error, "no connection could be taken");
                    tokio::time::sleep(Duration::from_secs(1)).await;
                    continue;
                }
            };
            let client = ClientAddress::new(from.ip());
            // A proxy speaks for many, and counts them itself.
            let counted = (!client.is_own() && !self.proxies.has(client.ip())).then(|| client.block());
            let Some(call) = callers.take(counted) else { continue };
            let (tls, router, stopping) = (self.tls.clone(), router.clone(), stopping.clone());
            under_way.spawn(async move {
                welcome(stream, from, tls, router, stopping).await;
                drop((place, call));
            });
        }
        drop(listener);
        live.stop();
        stopping.cancel();
        let finished = async { while under_way.join_next().await.is_some() {} };
        if tokio::time::timeout(DRAIN, finished).await.is_err() {
            tracing::warn!("requests that did not finish were cut off");
            under_way.shutdown().await;
        }
        Ok(())
    }
}

/// As many connections as the system allows files for, with some left for databases.
fn connections() -> usize {
    let files = rlimit::increase_nofile_limit(CONNECTIONS + CONNECTIONS / 3).unwrap_or(256);
    usize::try_from(CONNECTIONS.min(files * 3 / 4)).unwrap_or(64)
}

/// Whether a connection broke before it was taken.
fn is_the_callers(error: &std::io::Error) -> bool {
    use std::io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}

/// Serves one connection to its end.
async fn welcome(stream: TcpStream, from: SocketAddr, tls: Option<Tls>, router: Router, stopping: CancellationToken) {
    drop(stream.set_nodelay(true));
    let peer = Peer { address: from.ip(), tls: tls.is_some() };
    match tls {
        None => converse(stream, peer, router, stopping).await,
        Some(Tls(acceptor)) => match tokio::time::timeout(HEAD_PATIENCE, acceptor.accept(stream)).await {
            Ok(Ok(stream)) => converse(stream, peer, router, stopping).await,
            Ok(Err(error)) => tracing::debug!(%error, "no handshake"),
            Err(_) => tracing::debug!("a handshake took too long"),
        },
    }
}

/// Answers requests until the other side is done, stalls, or the server stops.
async fn converse(
    io: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
    peer: Peer,
    router: Router,
    stopping: CancellationToken,
) {
    let answer = hyper::service::service_fn(move |request: hyper::Request<Incoming>| {
        let mut request: Request = request.map(Body::new);
        request.extensions_mut().insert(peer);
        router.clone().oneshot(request)
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_PATIENCE)
        .max_headers(MAX_HEADERS)
        .max_buf_size(MAX_HEAD)
        .serve_connection(TokioIo::new(io), answer);
    let mut connection = pin!(connection);
    let ended = tokio::select! {
        ended = &mut connection => ended,
        () = stopping.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection broke");
    }
}

/// How many connections each address has.
#[derive(Clone, Default)]
struct Callers(Arc<Mutex<HashMap<IpAddr, usize>>>);

/// One connection among those of its address.
struct Call {
    from: Option<IpAddr>,
    callers: Callers,
}

impl Callers {
    /// Counts a connection; none if its address has too many. What is not counted is always taken.
    fn take(&self, from: Option<IpAddr>) -> Option<Call> {
        if let Some(address) = from {
            let mut callers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            let count = callers.entry(address).or_default();
            if *count >= PER_ADDRESS {
                return None;
            }
            *count += 1;
        }
        Some(Call { from, callers: self.clone() })
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        let Some(address) = self.from else { return };
        let mut callers = self.callers.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = callers.get_mut(&address) {
            *count -= 1;
            if *count == 0 {
                callers.remove(&address);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::routing::get;
    use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

    /// A connection on which something was said, and what came back until it ended, by a clock that leaps ahead.
    async fn heard(said: &[u8]) -> String {
        let (mut ours, theirs) = duplex(1 << 20);
        let router = Router::new().route("/livez", get(|| async { "live" }));
        let serving = tokio::spawn(converse(theirs, Peer::default(), router, CancellationToken::new()));
        ours.write_all(said).await.expect("said");
        let mut answer = String::new();
        ours.read_to_string(&mut answer).await.expect("heard");
        serving.await.expect("ended");
        answer
    }

    #[tokio::test(start_paused = true)]
    async fn a_connection_that_stalls_in_a_head_or_between_requests_is_ended() {
        let begun = tokio::time::Instant::now();
        let half = heard(b"GET /livez HTTP/1.1\r\nhost: x\r\n").await;
        assert!(half.is_empty() || half.starts_with("HTTP/1.1 408"), "{half}");
        assert!(begun.elapsed() < 2 * HEAD_PATIENCE);
        let whole = heard(b"GET /livez HTTP/1.1\r\nhost: x\r\n\r\n").await;
        assert!(whole.starts_with("HTTP/1.1 200") && whole.ends_with("live"), "{whole}");
        assert!(begun.elapsed() < 4 * HEAD_PATIENCE, "{:?}", begun.elapsed());
        assert!(heard(b"").await.is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn a_head_of_too_many_or_too_long_headers_is_turned_away() {
        let many = (0..MAX_HEADERS + 1).map(|n| format!("x-{n}: 1\r\n")).collect::<String>();
        let many = heard(format!("GET /livez HTTP/1.1\r\n{many}\r\n").as_bytes()).await;
        assert!(many.starts_with("HTTP/1.1 431"), "{many}");
        let long = heard(format!("GET /livez HTTP/1.1\r\nx: {}\r\n\r\n", "a".repeat(2 * MAX_HEAD)).as_bytes()).await;
        assert!(long.starts_with("HTTP/1.1 431"), "{long}");
    }

    #[test]
    fn one_address_has_so_many_connections_and_gets_them_back() {
        let callers = Callers::default();
        let (one, other) = (IpAddr::from([203, 0, 113, 9]), IpAddr::from([203, 0, 113, 10]));
        let mut calls: Vec<_> = (0..PER_ADDRESS).map(|_| callers.take(Some(one)).expect("taken")).collect();
        assert!(callers.take(Some(one)).is_none());
        assert!(callers.take(Some(other)).is_some() && callers.take(None).is_some());
        calls.pop();
        assert!(callers.take(Some(one)).is_some());
        calls.clear();
        assert!(callers.0.lock().expect("callers").is_empty());
    }
}
