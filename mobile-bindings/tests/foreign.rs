//! The library as an app sees it: bindings are generated from the built library, and a program in their own language
//! drives two phones against a real server on this machine.
//!
//! Without its toolchain a test is skipped, loudly; `FOREIGN_TESTS=required` makes that a failure.

use anyhow::{Context, Result, ensure};
use camino::{Utf8Path, Utf8PathBuf};
use canvass_core::domain::{Bank, Date, Device, Membership, Person, Role, Unit, UnitLevel};
use canvass_server::clock::SystemClock;
use canvass_server::http::{App, bind, serve};
use canvass_server::store::sqlite::SqliteOptions;
use canvass_server::store::{SqliteStore, Store};
use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use tokio::runtime::Runtime;
use tokio::sync::oneshot;
use uniffi_bindgen::bindings::{GenerateOptions, TargetLanguage, generate};

#[test]
fn two_phones_in_python_record_offline_sync_and_settle_a_conflict() -> Result<()> {
    if Command::new("python3").arg("--version").output().is_err() {
        ensure!(std::env::var("FOREIGN_TESTS").as_deref() != Ok("required"), "there is no python3");
        eprintln!("SKIPPED: there is no python3, so the bindings were not driven from Python");
        return Ok(());
    }
    let folder = tempfile::tempdir()?;
    let bindings = Utf8Path::from_path(folder.path()).context("a folder whose name is not text")?;
    generate_bindings(TargetLanguage::Python, bindings)?;
    let server = Server::start(&folder.path().join("server.db"))?;
    let output = Command::new("python3")
        .arg(format!("{}/tests/foreign/test_phone.py", env!("CARGO_MANIFEST_DIR")))
        .env("PYTHONPATH", bindings)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("CANVASS_SERVER", format!("http://{}", server.address))
        .env("CANVASS_FOLDER", bindings)
        .output()?;
    server.stop()?;
    print!("{}", String::from_utf8_lossy(&output.stdout));
    eprint!("{}", String::from_utf8_lossy(&output.stderr));
    ensure!(output.status.success(), "the Python program failed: {}", output.status);
    Ok(())
}

/// Generates the bindings into a folder, and puts the library beside them.
fn generate_bindings(language: TargetLanguage, folder: &Utf8Path) -> Result<()> {
    let name = format!("{}canvass_mobile{}", std::env::consts::DLL_PREFIX, std::env::consts::DLL_SUFFIX);
    let library = folder.join(&name);
    std::fs::copy(built_library(&name)?, &library)?;
    // Where the crate is, so that its own uniffi.toml is read.
    let config = folder.join("bindgen.toml");
    std::fs::write(&config, format!("[crate-roots]\ncanvass_mobile = '{}'\n", env!("CARGO_MANIFEST_DIR")))?;
    generate(GenerateOptions {
        languages: vec![language],
        source: library,
        out_dir: folder.to_owned(),
        config_override: Some(config),
        ..GenerateOptions::default()
    })
}

/// The library that cargo built along with this test: beside it, or one folder up.
fn built_library(name: &str) -> Result<Utf8PathBuf> {
    let test = Utf8PathBuf::try_from(std::env::current_exe()?)?;
    let beside = test.ancestors().skip(1).take(2).map(|folder| folder.join(name));
    beside.into_iter().find(|path| path.exists()).with_context(|| format!("cargo built no {name} near {test}"))
}

/// A sync server on this machine.
struct Server {
    runtime: Runtime,
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    serving: tokio::task::JoinHandle<Result<(), canvass_server::http::ServeError>>,
}

impl Server {
    fn start(database: &Path) -> Result<Self> {
        let runtime = Runtime::new()?;
        let store = Arc::new(SqliteStore::open(database, SqliteOptions::default())?);
        let (stop, stopped) = oneshot::channel::<()>();
        let listener = runtime.block_on(async {
            store.set_bank(bank()?).await?;
            anyhow::Ok(bind(SocketAddr::from(([127, 0, 0, 1], 0))).await?)
        })?;
        let address = listener.local_addr()?;
        let app = App { store, clock: Arc::new(SystemClock) };
        let serving = runtime.spawn(serve(listener, app, async {
            let _ = stopped.await;
        }));
        Ok(Self { runtime, address, stop, serving })
    }

    fn stop(self) -> Result<()> {
        let _ = self.stop.send(());
        self.runtime.block_on(self.serving)??;
        Ok(())
    }
}

/// One sub-branch with two account managers, whose phones are 1 and 2.
fn bank() -> Result<Bank> {
    let levels = [
        ("HO", None, UnitLevel::HeadOffice, "总行"),
        ("SH", Some("HO"), UnitLevel::Branch, "上海分行"),
        ("SH-HP", Some("SH"), UnitLevel::SubBranch, "黄浦支行"),
    ];
    let (mut units, mut people, mut memberships, mut devices) = (vec![], vec![], vec![], vec![]);
    for (id, parent, level, name) in levels {
        let parent = parent.map(str::parse).transpose()?;
        units.push(Unit { id: id.parse()?, parent, level, name: name.to_owned() });
    }
    for (number, id, name) in [(1, "WF", "王芳"), (2, "LW", "李伟")] {
        people.push(Person { id: id.parse()?, name: name.to_owned(), role: Role::AccountManager });
        let from = Date::constant(2020, 1, 1);
        memberships.push(Membership { person: id.parse()?, unit: "SH-HP".parse()?, from, until: None });
        devices.push(Device { number: canvass_core::domain::DeviceNumber::phone(number)?, person: id.parse()? });
    }
    Ok(Bank::new(units, people, memberships, devices)?)
}
