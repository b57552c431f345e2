//! `serve`: who may reach the server, and how; and the signals that stop it.

use super::{Data, first_administrator};
use anyhow::Context;
use canvass_core::domain::ServerTime;
use canvass_server::app::PublicUrl;
use canvass_server::blobs::{BlobPlace, Blobs};
use canvass_server::calendar;
use canvass_server::clock::{Clock, SystemClock};
use canvass_server::http::client::Proxies;
use canvass_server::http::{App, Entrance, Tls};
use canvass_server::store::{SqliteStore, Store};
use clap::Args;
use ipnet::IpNet;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

#[derive(Debug, Args)]
pub(super) struct Serve {
    #[command(flatten)]
    data: Data,
    /// The address to listen on. One that others than this machine reach wants --tls-cert or --behind-proxy.
    #[arg(long, default_value = "127.0.0.1:8471", env = "CANVASS_LISTEN")]
    listen: SocketAddr,
    /// The chain of certificates to encrypt with, as PEM.
    #[arg(long, value_name = "FILE", requires = "tls_key", env = "CANVASS_TLS_CERT")]
    tls_cert: Option<PathBuf>,
    /// The key of the first certificate, as PEM.
    #[arg(long, value_name = "FILE", requires = "tls_cert", env = "CANVASS_TLS_KEY")]
    tls_key: Option<PathBuf>,
    /// A proxy that encrypts in this server's place: its address, or the network it is in. It alone is believed about who
    /// asks (the last of X-Forwarded-For, X-Forwarded-Proto). May be given many times.
    #[arg(long, value_name = "ADDRESS|CIDR", value_delimiter = ',', env = "CANVASS_BEHIND_PROXY")]
    behind_proxy: Vec<Network>,
    /// Where phones and browsers reach this server, for invitations; otherwise the address it listens on.
    #[arg(long, value_name = "URL", env = "CANVASS_PUBLIC_URL")]
    public_url: Option<PublicUrl>,
    /// Where photos and recordings are kept, encrypted: a folder, or s3://BUCKET/PREFIX; `attachments` in the data folder
    /// otherwise.
    #[arg(long, value_name = "FOLDER|URL", env = "CANVASS_ATTACHMENTS")]
    attachments: Option<BlobPlace>,
}

/// How long an attachment may wait half sent for the rest, in milliseconds.
const HALF_SENT_FOR_MS: i64 = 7 * 86_400_000;

/// The bytes of attachments of a store, without what phones began to send long ago, and what was erased.
pub(super) async fn blobs(store: &SqliteStore, place: Option<BlobPlace>, now: ServerTime) -> anyhow::Result<Blobs> {
    let folder = store.path().parent().unwrap_or(Path::new("."));
    let place = place.unwrap_or_else(|| BlobPlace::Folder(folder.join("attachments")));
    let blobs = Blobs::open(&place, &folder.join("attachments.partial"), store.secrets().clone())?;
    blobs.tidy(now.plus_millis(-HALF_SENT_FOR_MS)).await?;
    blobs.follow_erasures(store).await?;
    Ok(blobs)
}

/// The shortest prefix of a network of proxies.
const WIDEST: u8 = 8;

/// An address, or a network.
#[derive(Debug, Clone)]
struct Network(IpNet);

impl FromStr for Network {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let address = || text.parse::<IpAddr>().map(|address| IpNet::from(address.to_canonical()));
        let network = text.parse().or_else(|_| address());
        let network: IpNet =
            network.map_err(|_| "an address such as 10.0.0.7, or a network such as 10.0.0.0/24".to_owned())?;
        if network.prefix_len() < WIDEST {
            let words = "so wide a network would believe strangers: name the proxy's own, such as 10.0.0.0/24";
            return Err(words.to_owned());
        }
        Ok(Self(network))
    }
}

impl Serve {
    pub(super) async fn run(self) -> anyhow::Result<bool> {
        let folder = &self.data.folder;
        std::fs::create_dir_all(folder).with_context(|| format!("cannot make the folder {}", folder.display()))?;
        let tls = match (&self.tls_cert, &self.tls_key) {
            (Some(certificates), Some(key)) => Some(Tls::read(certificates, key)?),
            _ => None,
        };
        let proxies = Proxies::within(self.behind_proxy.into_iter().map(|network| network.0).collect());
        let entrance = Entrance { tls, proxies };
        let store = Arc::new(self.data.open()?);
        first_administrator(&store).await?;
        serve(store, entrance, self.listen, self.public_url, self.attachments).await?;
        Ok(true)
    }
}

/// Serves until told to stop.
pub(super) async fn serve(
    store: Arc<SqliteStore>,
    entrance: Entrance,
    listen: SocketAddr,
    public_url: Option<PublicUrl>,
    attachments: Option<BlobPlace>,
) -> anyhow::Result<()> {
    let clock = SystemClock;
    let blobs = blobs(&store, attachments, clock.now()).await?;
    let listener = entrance.bind(listen).await?;
    // Listened for before anybody is told that the server is there: a signal must never find it unprepared.
    let told = stop_signals()?;
    let scheme = if entrance.tls.is_some() { "https" } else { "http" };
    let here = format!("{scheme}://{}", listener.local_addr()?);
    println!("serving at {here}/standings (Ctrl-C or SIGTERM stops)");
    let mut app = App::new(store, Arc::new(clock));
    app.blobs = blobs;
    app.public_url = match public_url {
        Some(public_url) => public_url,
        None => here.parse().map_err(anyhow::Error::msg)?,
    };
    let stop = CancellationToken::new();
    let calendar = tokio::spawn(calendar::keep(app.store.clone(), app.clock.clone(), stop.clone()));
    let served = entrance.serve(listener, app, told).await;
    stop.cancel();
    calendar.await?;
    served?;
    println!("stopped");
    Ok(())
}

/// Ctrl-C, or SIGTERM where there is such a thing.
#[cfg(unix)]
fn stop_signals() -> anyhow::Result<impl Future<Output = ()> + Send + 'static> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut interrupted, mut terminated) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    Ok(async move {
        tokio::select! {
            _ = interrupted.recv() => {}
            _ = terminated.recv() => {}
        }
    })
}

/// Ctrl-C.
#[cfg(not(unix))]
fn stop_signals() -> anyhow::Result<impl Future<Output = ()> + Send + 'static> {
    Ok(async { drop(tokio::signal::ctrl_c().await) })
}
