//! Listening, until told to stop: what is under way is finished, and nothing new begun.

use super::{App, router};
use std::future::Future;
use std::net::SocketAddr;
use tokio::net::TcpListener;

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

/// Serves until `shutdown` comes; then finishes what is under way.
///
/// # Errors
/// When the listener breaks.
pub async fn serve(
    listener: TcpListener,
    app: App,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<(), ServeError> {
    axum::serve(listener, router(app)).with_graceful_shutdown(shutdown).await?;
    Ok(())
}
