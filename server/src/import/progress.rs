//! How far an import is, for an operator who watches it: a count while a file is checked, as nobody knows its rows before,
//! and a bar while they are written.

use indicatif::{ProgressBar, ProgressStyle};
use std::time::Duration;

/// How often something moves while one long step is under way.
const TICK: Duration = Duration::from_millis(120);

fn look(bar: &ProgressBar, template: &str, message: &'static str) {
    bar.set_style(ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar.set_message(message);
}

/// The file is read to its end for the first time.
pub(super) fn checking(bar: &ProgressBar) {
    look(bar, "{spinner} {msg} row {pos} {elapsed}", "checking");
}

/// So many rows are written, in batches.
pub(super) fn writing(bar: &ProgressBar, rows: usize, dry_run: bool) {
    look(bar, "{bar:40} {pos}/{len} {msg} {elapsed}", if dry_run { "previewing" } else { "importing" });
    bar.set_length(rows as u64);
    bar.set_position(0);
}

/// All rows are written at once, and then accounted for one by one.
pub(super) fn writing_at_once(bar: &ProgressBar, rows: usize, dry_run: bool) {
    writing(bar, rows, dry_run);
    bar.enable_steady_tick(TICK);
}
