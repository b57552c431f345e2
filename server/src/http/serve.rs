//! Listening, until told to stop: what is under way is finished, and nothing new begun.

use super::{App, router};
use std::future::Future;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// Why the server does not listen.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// Devices and logins do not exist yet, so nobody else may reach the server.
    #[error(
        "{0} is not a loopback address: until devices enrol and people log in, only this machine may reach the server; use 127.0.0.1 or [::1]"
    )]
    NotLoopback(SocketAddr),
    /// The address cannot be had.
    #[error("cannot listen on {address}: {error}; choose another with --listen")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the system says.
        error: std::io::Error,
    },
    /// The listener broke.
    #[error("the server stopped: {0}")]
    Io(#[from] std::io::Error),
}

/// Takes an address to listen on.
///
/// # Errors
/// When it is not a loopback address, or taken.
pub async fn bind(address: SocketAddr) -> Result<TcpListener, ServeError> {
    if !address.ip().is_loopback() {
        return Err(ServeError::NotLoopback(address));
    }
    TcpListener::bind(address).await.map_err(|error| ServeError::Listen { address, error })
}

/// How long requests under way may take to finish after the server was told to stop. A phone that stalls in the middle of
/// one sends it again.
const DRAIN: Duration = Duration::from_secs(10);

/// Serves until `shutdown` comes; then finishes what is under way, but waits for nobody who stalls.
///
/// # Errors
/// When the listener breaks.
pub async fn serve(
    listener: TcpListener,
    app: App,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<(), ServeError> {
    let stopping = CancellationToken::new();
    let told = stopping.clone();
    let live = app.live.clone();
    let shutdown = async move {
        shutdown.await;
        live.stop();
        told.cancel();
    };
    let drained = async {
        stopping.cancelled().await;
        tokio::time::sleep(DRAIN).await;
    };
    tokio::select! {
        served = axum::serve(listener, router(app)).with_graceful_shutdown(shutdown) => served?,
        () = drained => tracing::warn!("requests that did not finish were cut off"),
    }
    Ok(())
}
