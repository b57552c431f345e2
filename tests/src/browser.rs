//! A real browser that looks at a World's pages: Chromium without a head, driven over its debugging protocol, which can
//! reach this machine only.

mod measure;
mod window;

pub use measure::Focused;
pub use window::{Look, Window};

use super::world::World;
use canvass_server::http;
use chromiumoxide::BrowserConfig;
use futures_util::StreamExt;
use std::net::SocketAddr;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;
use tokio::task::JoinHandle;

/// How long anything may take before it counts as broken; nothing waits so long when all is well.
const PATIENCE: Duration = Duration::from_secs(30);

/// Something foreign that a test needs, or `None` with a line that says what is skipped for want of it. With
/// `FOREIGN_TESTS=required` its lack fails the test.
pub fn foreign<T>(found: Option<T>, remedy: &str) -> Option<T> {
    if found.is_none() {
        assert!(std::env::var("FOREIGN_TESTS").as_deref() != Ok("required"), "{remedy}");
        eprintln!("SKIPPED: {remedy}");
    }
    found
}

/// The first of some programs that starts.
pub fn program(names: impl IntoIterator<Item = String>, version: &str) -> Option<String> {
    let starts = |name: &String| {
        let quiet = Command::new(name).arg(version).stdout(Stdio::null()).stderr(Stdio::null()).status();
        quiet.is_ok()
    };
    names.into_iter().find(starts)
}

/// A running Chromium. It ends with the last who holds it, also when a test panics.
pub struct Browser {
    chromium: chromiumoxide::Browser,
    runtime: tokio::runtime::Runtime,
    _profile: tempfile::TempDir,
}

impl Browser {
    /// The browser that every test of this binary shares while any holds it; `None` where Chromium is not installed.
    pub fn shared() -> Option<Arc<Self>> {
        static SHARED: Mutex<Weak<Browser>> = Mutex::new(Weak::new());
        let names = std::env::var("CHROMIUM").ok().into_iter().chain(["chromium".into(), "chromium-browser".into()]);
        let name =
            foreign(program(names, "--version"), "no chromium on PATH: install it, or set CHROMIUM to its path")?;
        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        Some(shared.upgrade().unwrap_or_else(|| {
            let started = Arc::new(Self::start(&name));
            *shared = Arc::downgrade(&started);
            started
        }))
    }

    fn start(name: &str) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
        let runtime = runtime.expect("a runtime");
        let profile = tempfile::tempdir().expect("a folder");
        let config = BrowserConfig::builder()
            .chrome_executable(which(name))
            .user_data_dir(profile.path())
            .no_sandbox()
            .viewport(None)
            .launch_timeout(PATIENCE)
            .request_timeout(PATIENCE)
            .args(["disable-gpu", "disable-quic", "disable-component-update"])
            .arg(("host-resolver-rules", "MAP * ~NOTFOUND , EXCLUDE 127.0.0.1"))
            .build()
            .expect("a configuration");
        let launched = runtime.block_on(chromiumoxide::Browser::launch(config));
        let (chromium, mut handler) = launched.expect("a browser that starts");
        runtime.spawn(async move { while handler.next().await.is_some() {} });
        Self { chromium, runtime, _profile: profile }
    }

    fn run<T>(&self, work: impl Future<Output = T>) -> T {
        let patient = async { tokio::time::timeout(PATIENCE, work).await };
        self.runtime.block_on(patient).expect("the browser answers")
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let chromium = &mut self.chromium;
        self.runtime.block_on(async {
            let ended = async { chromium.close().await.is_ok() && chromium.wait().await.is_ok() };
            if tokio::time::timeout(PATIENCE, ended).await != Ok(true) {
                drop(chromium.kill().await);
            }
        });
    }
}

/// Where a program is: a name is looked for on PATH.
fn which(name: &str) -> std::path::PathBuf {
    let folders = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&folders).map(|folder| folder.join(name)).find(|path| path.is_file());
    found.unwrap_or_else(|| name.into())
}

/// A World's pages on a real socket, and the browser that looks at them.
pub struct Site {
    browser: Arc<Browser>,
    address: SocketAddr,
    serving: JoinHandle<()>,
}

impl Site {
    /// Serves a world's pages on a free port; `None` where Chromium is not installed.
    pub fn of(world: &World) -> Option<Self> {
        let browser = Browser::shared()?;
        let app = world.app();
        let any_port = "127.0.0.1:0".parse().expect("an address");
        let listener = browser.run(http::bind(any_port)).expect("bound");
        let address = listener.local_addr().expect("an address");
        let serving = browser.runtime.spawn(async move {
            http::serve(listener, app, std::future::pending()).await.expect("served");
        });
        Some(Self { browser, address, serving })
    }

    /// How addresses of this site begin.
    pub fn origin(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Opens a window at an address of this site.
    pub fn open(&self, address: &str, look: Look) -> Window {
        let window = Window::new(self.browser.clone(), self.origin(), look);
        window.go(address);
        window
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        self.serving.abort();
    }
}
