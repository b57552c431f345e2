//! A real browser that looks at a World's pages: Chromium without a head, driven over its debugging protocol, which can
//! reach this machine only.

mod measure;
mod paper;
mod sound;
mod window;

pub use measure::Focused;
pub use paper::Paper;
pub use sound::axe;
pub use window::{Look, Window};

use super::world::World;
use canvass_server::http;
use chromiumoxide::BrowserConfig;
use futures_util::StreamExt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
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

/// Where the first of some programs is that is on PATH; a path is found where it points.
fn program(names: &[&str]) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = |name: &&str| std::env::split_paths(&path).map(|folder| folder.join(name)).find(|file| file.is_file());
    names.iter().find_map(found)
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
        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(running) = shared.upgrade() {
            return Some(running);
        }
        let own = std::env::var("CHROMIUM").unwrap_or_default();
        let chromium = program(&[&own, "chromium", "chromium-browser"]);
        let chromium = foreign(chromium, "no chromium on PATH: install it, or set CHROMIUM to its path")?;
        let started = Arc::new(Self::start(&chromium));
        *shared = Arc::downgrade(&started);
        Some(started)
    }

    fn start(chromium: &Path) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
        let runtime = runtime.expect("a runtime");
        let profile = tempfile::tempdir().expect("a folder");
        let config = BrowserConfig::builder()
            .chrome_executable(chromium)
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

/// A World's pages on a real socket, and the browser that looks at them.
pub struct Site {
    browser: Arc<Browser>,
    address: SocketAddr,
    cookie: String,
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
        Some(Self { browser, address, cookie: world.cookie("H-P"), serving })
    }

    /// How addresses of this site begin.
    pub fn origin(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Opens a window at an address of this site, for somebody of head office who has logged in.
    pub fn open(&self, address: &str, look: Look) -> Window {
        self.open_with(Some(&self.cookie), address, look)
    }

    /// Opens a window with a cookie, or with none: of somebody who has yet to log in.
    pub fn open_with(&self, cookie: Option<&str>, address: &str, look: Look) -> Window {
        let window = Window::new(self.browser.clone(), self.origin(), look);
        if let Some((name, value)) = cookie.and_then(|cookie| cookie.split_once('=')) {
            window.keep_cookie(name, value);
        }
        window.go(address);
        window
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        self.serving.abort();
    }
}
