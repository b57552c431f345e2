//! The library as an app sees it: bindings are generated from the built library, and programs in their own languages
//! drive phones against a server in a process of its own.
//!
//! Without its toolchain a test is skipped, loudly; `FOREIGN_TESTS=required` makes that a failure.

#[path = "foreign/server.rs"]
mod server;

use anyhow::{Context, Result, ensure};
use camino::{Utf8Path, Utf8PathBuf};
use server::{Serving, serve_here};
use std::process::Command;
use uniffi_bindgen::bindings::{GenerateOptions, TargetLanguage, generate};

#[test]
fn two_phones_in_python_record_offline_sync_and_settle_a_conflict() -> Result<()> {
    if Command::new("python3").arg("--version").output().is_err() {
        return skipped("there is no python3");
    }
    let folder = tempfile::tempdir()?;
    let bindings = Utf8Path::from_path(folder.path()).context("a folder whose name is not text")?;
    generate_bindings(TargetLanguage::Python, bindings)?;
    let mut program = Command::new("python3");
    program.arg(source("test_phone.py")).env("PYTHONPATH", bindings).env("PYTHONDONTWRITEBYTECODE", "1");
    against_a_server(&mut program, bindings)
}

#[test]
fn two_phones_in_kotlin_record_offline_sync_and_read_their_rank() -> Result<()> {
    let kotlin = match kotlin() {
        Ok(kotlin) => kotlin,
        Err(missing) => return skipped(&missing),
    };
    let folder = tempfile::tempdir()?;
    let bindings = Utf8Path::from_path(folder.path()).context("a folder whose name is not text")?;
    generate_bindings(TargetLanguage::Kotlin, bindings)?;
    let classes = bindings.join("classes");
    let mut compiler = java();
    compiler.args(["-cp", &kotlin.compiler, "org.jetbrains.kotlin.cli.jvm.K2JVMCompiler"]);
    compiler.args(["-no-stdlib", "-no-reflect", "-nowarn", "-jvm-target", "17", "-cp", &kotlin.libraries]);
    compiler.args(["-d", classes.as_str(), bindings.join("org").as_str(), source("Phone.kt").as_str()]);
    run(&mut compiler)?;
    let mut program = java();
    program.args(["-ea", &format!("-Djna.library.path={bindings}")]);
    program.args(["-cp", &joined(&[classes.as_str(), &kotlin.libraries]), "PhoneKt"]);
    against_a_server(&mut program, bindings)
}

/// No promise of its own: the programs' server is this test in a process of its own, told to serve.
#[test]
fn a_server_for_the_programs() -> Result<()> {
    serve_here()
}

/// What compiles Kotlin, and what its programs need.
struct Kotlin {
    compiler: String,
    libraries: String,
}

/// Finds Kotlin by `KOTLIN_HOME` and JNA by `JNA_CLASSPATH`, or where Debian puts it.
fn kotlin() -> Result<Kotlin, String> {
    if Command::new("java").arg("-version").output().is_err() {
        return Err("there is no java".to_owned());
    }
    let home = std::env::var("KOTLIN_HOME").map_err(|_| "KOTLIN_HOME does not say where Kotlin is".to_owned())?;
    let jna = std::env::var("JNA_CLASSPATH").unwrap_or_else(|_| "/usr/share/java/jna.jar".to_owned());
    let jar = |name: &str| format!("{home}/lib/{name}.jar");
    let (library, coroutines) = (jar("kotlin-stdlib"), jar("kotlinx-coroutines-core-jvm"));
    let compiler = jar("kotlin-compiler");
    for needed in [&compiler, &library, &coroutines, &jna] {
        if !Utf8Path::new(needed).exists() {
            return Err(format!("there is no {needed}"));
        }
    }
    Ok(Kotlin {
        compiler: joined(&[&compiler, &library, &coroutines]),
        libraries: joined(&[&library, &coroutines, &jna]),
    })
}

fn java() -> Command {
    let mut java = Command::new("java");
    // Quick to start, which is most of what these programs do.
    java.args(["-Xmx1g", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Dfile.encoding=UTF-8"]);
    java
}

/// A class path.
fn joined(parts: &[&str]) -> String {
    parts.join(if cfg!(windows) { ";" } else { ":" })
}

fn source(name: &str) -> String {
    format!("{}/tests/foreign/{name}", env!("CARGO_MANIFEST_DIR"))
}

fn skipped(missing: &str) -> Result<()> {
    ensure!(std::env::var("FOREIGN_TESTS").as_deref() != Ok("required"), "{missing}");
    eprintln!("SKIPPED: {missing}, so the bindings were not driven");
    Ok(())
}

/// Runs a program with phones in a folder against a server with a new database there.
fn against_a_server(program: &mut Command, folder: &Utf8Path) -> Result<()> {
    let server = Serving::start(folder.join("server").as_std_path())?;
    for (person, invitation) in &server.invitations {
        program.env(format!("CANVASS_INVITATION_{person}"), invitation);
    }
    let encrypted = if cfg!(feature = "sqlcipher") { "yes" } else { "no" };
    run(program.env("CANVASS_FOLDER", folder).env("CANVASS_ENCRYPTED", encrypted))
}

fn run(program: &mut Command) -> Result<()> {
    let output = program.output()?;
    print!("{}", String::from_utf8_lossy(&output.stdout));
    eprint!("{}", String::from_utf8_lossy(&output.stderr));
    ensure!(output.status.success(), "{:?} failed: {}", program.get_program(), output.status);
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
