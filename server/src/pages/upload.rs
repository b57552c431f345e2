//! A file that a form brings. It is read only once it is known who brings it, bounded in size and in time.

use super::reader::Reader;
use super::words::Lang;
use super::wrong::{Instead, Wrong};
use axum::body::Bytes;
use axum::extract::multipart::{Multipart, MultipartError};
use axum::extract::{FromRequest, Request};
use axum::http::StatusCode;
use std::time::Duration;
use subtle::ConstantTimeEq;
use tokio::time::timeout;

/// How large a file may be: 10 MiB, and the form around it.
pub(super) const LARGEST: usize = 10 * 1024 * 1024 + 16 * 1024;
/// How long it may take to come: it holds its place meanwhile.
const WITHIN: Duration = Duration::from_secs(120);
/// How many characters of its name are kept.
const LONGEST_NAME: usize = 100;

/// A file with its name.
pub(super) struct Upload {
    pub(super) name: String,
    pub(super) bytes: Bytes,
}

impl Upload {
    /// Reads the file of a form of a reader's session; none if no file was chosen. The session's own token comes first: what
    /// comes without it is not read further.
    pub(super) async fn read(request: Request, reader: &Reader, lang: Lang) -> Result<Option<Self>, Instead> {
        let read = timeout(WITHIN, Self::parts(request, reader, lang)).await;
        read.unwrap_or_else(|_| Err(Wrong::Form.told(lang)))
    }

    async fn parts(request: Request, reader: &Reader, lang: Lang) -> Result<Option<Self>, Instead> {
        let unreadable = |error: MultipartError| match error.status() {
            StatusCode::PAYLOAD_TOO_LARGE => Wrong::LargeFile.told(lang),
            _ => Wrong::Form.told(lang),
        };
        let parts = Multipart::from_request(request, &()).await;
        let mut parts = parts.map_err(|_| Wrong::Form.told(lang))?;
        let mut ours = false;
        while let Some(part) = parts.next_field().await.map_err(unreadable)? {
            let name = part.name().unwrap_or_default().to_owned();
            let file = part.file_name().unwrap_or_default().to_owned();
            match name.as_str() {
                "form" => {
                    let token = part.bytes().await.map_err(unreadable)?;
                    ours = bool::from(token.ct_eq(reader.session().form_token.as_bytes()));
                }
                "file" if ours => {
                    let bytes = part.bytes().await.map_err(unreadable)?;
                    return Ok(Some(Self { name: plain(&file), bytes }).filter(|file| !file.bytes.is_empty()));
                }
                "file" => return Err(Wrong::Form.told(lang)),
                _ => drop(part.bytes().await.map_err(unreadable)?),
            }
        }
        Err(Wrong::Form.told(lang))
    }
}

/// A file's name without the folders that some browsers send, and without signs that no name has.
fn plain(name: &str) -> String {
    let name = name.rsplit(['/', '\\']).next().unwrap_or_default().trim();
    let name: String = name.chars().filter(|sign| !sign.is_control()).take(LONGEST_NAME).collect();
    if name.is_empty() { "–".to_owned() } else { name }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_a_name_and_no_path() {
        for (sent, kept) in
            [("台账.xlsx", "台账.xlsx"), ("C:\\客户\\a.csv", "a.csv"), ("../../etc/x\n.csv", "x.csv"), ("", "–")]
        {
            assert_eq!(plain(sent), kept);
        }
        assert_eq!(plain(&"长".repeat(300)).chars().count(), LONGEST_NAME);
    }
}
