//! Where the bytes of attachments are kept: a folder, or a bucket that speaks S3.

use super::BlobError;
use object_store::ObjectStore;
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

/// A folder or a bucket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BlobPlace {
    /// A folder on this machine.
    Folder(PathBuf),
    /// A bucket, and what stands before every name in it: `s3://bucket/canvass`. Keys and endpoint come from the environment
    /// (`AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_REGION`, `AWS_ENDPOINT`).
    Bucket(String),
}

impl FromStr for BlobPlace {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once("://") {
            None if !text.is_empty() => Ok(Self::Folder(text.into())),
            Some(("file", folder)) if folder.starts_with('/') => Ok(Self::Folder(folder.into())),
            Some(("s3", bucket)) if !bucket.is_empty() => Ok(Self::Bucket(text.to_owned())),
            _ => Err("a folder, or a bucket such as s3://canvass-attachments/production".to_owned()),
        }
    }
}

impl fmt::Display for BlobPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Folder(folder) => folder.display().fmt(f),
            Self::Bucket(url) => url.fmt(f),
        }
    }
}

impl BlobPlace {
    fn failed(&self, words: impl ToString) -> BlobError {
        BlobError::Place { place: self.to_string(), words: words.to_string() }
    }

    pub(super) fn open(&self) -> Result<(Box<dyn ObjectStore>, Path), BlobError> {
        match self {
            // What is said to be kept outlives a power cut.
            Self::Folder(folder) => Ok((Box::new(local(folder)?.with_fsync(true)), Path::default())),
            Self::Bucket(url) => self.bucket(url),
        }
    }

    #[cfg(feature = "s3")]
    fn bucket(&self, url: &str) -> Result<(Box<dyn ObjectStore>, Path), BlobError> {
        let within = url.split_once("://").and_then(|(_, rest)| rest.split_once('/')).map_or("", |(_, within)| within);
        let below = Path::parse(within).map_err(|error| self.failed(error))?;
        let opened = object_store::aws::AmazonS3Builder::from_env().with_url(url).build();
        Ok((Box::new(opened.map_err(|error| self.failed(error))?), below))
    }

    #[cfg(not(feature = "s3"))]
    fn bucket(&self, _: &str) -> Result<(Box<dyn ObjectStore>, Path), BlobError> {
        Err(self.failed("this build keeps attachments in folders only: build it with --features s3"))
    }
}

/// A folder; it is made if it is not there.
pub(super) fn local(folder: &std::path::Path) -> Result<LocalFileSystem, BlobError> {
    let failed = |words: String| BlobError::Place { place: folder.display().to_string(), words };
    make_folder(folder).map_err(|error| failed(error.to_string()))?;
    let opened = LocalFileSystem::new_with_prefix(folder).map_err(|error| failed(error.to_string()))?;
    Ok(opened.with_automatic_cleanup(true))
}

/// A folder for this user's eyes only.
fn make_folder(folder: &std::path::Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}
