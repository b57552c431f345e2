//! `import`: the bank's units and people, and a city's communities, from files.

use super::Data;
use anyhow::{Context, bail};
use canvass_core::domain::ServerTime;
use canvass_server::clock::{Clock, SystemClock};
use canvass_server::import::{self, Encoding, Mapping, ProspectImport, Report, Table};
use canvass_server::store::{SqliteStore, Store};
use clap::{Args, Subcommand};
use indicatif::ProgressBar;
use std::path::{Path, PathBuf};

#[derive(Debug, Subcommand)]
pub(super) enum Import {
    /// Communities with the columns name, district, area, and price, address, households, fund, bank, quality, committee,
    /// lat, lon, note if there are such.
    Prospects {
        #[command(flatten)]
        file: FileArgs,
        /// The unit of rows whose district and area are no unit's.
        #[arg(long, value_name = "ID")]
        unit: Option<String>,
    },
    /// Units with the columns id, parent, level, name.
    Units {
        #[command(flatten)]
        file: FileArgs,
    },
    /// People with the columns id, name, role, unit, from, until; a row for each membership.
    People {
        #[command(flatten)]
        file: FileArgs,
    },
}

#[derive(Debug, Args)]
pub(super) struct FileArgs {
    /// A CSV file, or a workbook (.xlsx) whose first sheet is taken.
    file: PathBuf,
    #[command(flatten)]
    data: Data,
    /// Only say what would become of each row.
    #[arg(long)]
    dry_run: bool,
    /// What parts the columns, such as `;` or `tab`; found out from the header if not given.
    #[arg(long)]
    separator: Option<String>,
    /// utf-8 or gb18030.
    #[arg(long)]
    encoding: Option<Encoding>,
    /// Which column holds what, such as name=xiaoqu; may be given many times.
    #[arg(long = "column", value_name = "WHAT=HEADER")]
    columns: Vec<String>,
    /// A TOML file with separator, encoding, unit, [columns] and [units].
    #[arg(long, value_name = "FILE")]
    mapping: Option<PathBuf>,
    /// Where the report by row goes; otherwise beside the database.
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
}

impl Import {
    pub(super) async fn run(self) -> anyhow::Result<bool> {
        let bar = ProgressBar::no_length();
        match self {
            Self::Prospects { file, unit } => {
                let mut mapping = file.mapping()?;
                mapping.unit = unit.or(mapping.unit);
                let table = Table::open(&file.file, &mapping).with_context(|| file.named())?;
                let store = file.data.open_existing()?;
                let (mut report, path) = file.report("prospects")?;
                let (at, dry_run) = (SystemClock.now(), file.dry_run);
                let import = ProspectImport { table: &table, mapping: &mapping, at, dry_run, bar: &bar };
                let done = import.run(&store, &mut report).await;
                bar.finish_and_clear();
                file.end(&table, &path, report, done)
            }
            Self::Units { file } => {
                let (mapping, table) = file.open_table()?;
                let store = file.store()?;
                let (mut report, path) = file.report("units")?;
                let done = import::units(&store, &table, &mapping, file.at(), &bar, &mut report).await;
                bar.finish_and_clear();
                file.end(&table, &path, report, done)
            }
            Self::People { file } => {
                let (mapping, table) = file.open_table()?;
                let store = file.store()?;
                let (mut report, path) = file.report("people")?;
                let store: &dyn Store = &store;
                let done = import::people(store, &table, &mapping, file.at(), &bar, &mut report).await;
                bar.finish_and_clear();
                file.end(&table, &path, report, done)
            }
        }
    }
}

impl FileArgs {
    fn named(&self) -> String {
        format!("{}: nothing was imported", self.file.display())
    }

    /// When it is written; a preview never is.
    fn at(&self) -> Option<ServerTime> {
        (!self.dry_run).then(|| SystemClock.now())
    }

    /// The mapping file, and what the flags say otherwise.
    fn mapping(&self) -> anyhow::Result<Mapping> {
        let mut mapping = self.mapping.as_deref().map(Mapping::read).transpose()?.unwrap_or_default();
        if let Some(separator) = &self.separator {
            mapping.set_separator(separator)?;
        }
        mapping.encoding = self.encoding.unwrap_or(mapping.encoding);
        for column in &self.columns {
            mapping.set_column(column)?;
        }
        Ok(mapping)
    }

    fn open_table(&self) -> anyhow::Result<(Mapping, Table)> {
        let mapping = self.mapping()?;
        let table = Table::open(&self.file, &mapping).with_context(|| self.named())?;
        Ok((mapping, table))
    }

    /// The database; a bank's first file starts one.
    fn store(&self) -> anyhow::Result<SqliteStore> {
        if self.dry_run {
            return self.data.open_existing();
        }
        let folder = &self.data.folder;
        std::fs::create_dir_all(folder).with_context(|| format!("cannot make the folder {}", folder.display()))?;
        self.data.open()
    }

    fn report(&self, what: &str) -> anyhow::Result<(Report, PathBuf)> {
        let stem = self.file.file_stem().unwrap_or_default().to_string_lossy();
        let path = self.report.clone().unwrap_or_else(|| self.data.folder.join(format!("import-{what}-{stem}.csv")));
        let same = |path: &Path| path.canonicalize().ok();
        if same(&path).is_some() && same(&path) == same(&self.file) {
            bail!("the report would overwrite the file: name another with --report");
        }
        Ok((Report::at(&path), path))
    }

    fn end(
        &self,
        table: &Table,
        path: &Path,
        report: Report,
        done: Result<(), import::ImportError>,
    ) -> anyhow::Result<bool> {
        let summary = report.finish()?;
        if let Err(error) = done {
            let begun = if summary.rows == 0 { self.named() } else { self.file.display().to_string() };
            return Err(anyhow::Error::new(error).context(begun));
        }
        println!(
            "{} ({}){}",
            self.file.display(),
            table.format(),
            if self.dry_run { ": a preview, nothing was written" } else { "" }
        );
        println!("{summary}\n  every row is accounted for in {}", path.display());
        Ok(summary.count(import::Outcome::Refused) == 0)
    }
}
