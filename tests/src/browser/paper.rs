//! A page on paper, read back as a reader of the print would: poppler reads what Chromium printed.

use super::{Window, foreign, program};
use std::process::Command;

/// A print that was read back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paper {
    /// The words on all sheets, in lines as they stand there.
    pub text: String,
    /// How many sheets.
    pub sheets: usize,
    /// What the sheets are, such as `A4`.
    pub format: String,
}

impl Paper {
    /// Prints a window's page and reads it back; `None` where poppler is not installed.
    pub fn of(window: &Window) -> Option<Self> {
        let remedy = "no pdftotext and pdfinfo on PATH: install poppler-utils to read prints back";
        let tools = program(&["pdftotext"]).zip(program(&["pdfinfo"]));
        let (pdftotext, pdfinfo) = foreign(tools, remedy)?;
        let folder = tempfile::tempdir().expect("a folder");
        let print = folder.path().join("print.pdf");
        std::fs::write(&print, window.print()).expect("written");
        let text = said(Command::new(pdftotext).arg("-layout").arg(&print).arg("-"));
        let facts = said(Command::new(pdfinfo).arg(&print));
        let fact = |name: &str| {
            let line = facts.lines().find_map(|line| line.strip_prefix(name));
            line.unwrap_or_else(|| panic!("{name} in {facts}")).trim().to_owned()
        };
        let size = fact("Page size:");
        let format = size.split_once('(').map_or(size.as_str(), |(_, named)| named.trim_end_matches(')')).to_owned();
        Some(Self { text, sheets: fact("Pages:").parse().expect("a number"), format })
    }

    /// The line with a word in it.
    pub fn line(&self, word: &str) -> &str {
        self.text.lines().find(|line| line.contains(word)).unwrap_or_else(|| panic!("no {word} in {}", self.text))
    }
}

fn said(program: &mut Command) -> String {
    let output = program.output().expect("it runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text")
}
