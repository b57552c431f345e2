//! What the store knows of an attachment, for whoever asks for its bytes or brings them.

use canvass_core::domain::attachment::Attachment;

/// How a person stands to an attachment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Their phone may hold its record: the bytes, too, may be fetched, and brought where they are missing.
    Holds,
    /// They recorded it, and it belongs elsewhere by now: its bytes may be brought, and nothing else.
    Recorded,
}

/// An attachment that a person may know of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownAttachment {
    /// What its record says.
    pub attachment: Attachment,
    /// How the person stands to it.
    pub standing: Standing,
}
