//! What the app brings: a way to post bytes to the server, in whatever network library the platform has.

/// What is to be posted.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Post {
    /// The path below the server's address: `/v1/sync`, say.
    pub path: String,
    /// The value of the `Authorization` header; none where a phone enrols.
    pub authorization: Option<String>,
    /// The body, of the type `application/vnd.canvass.sync`.
    pub body: Vec<u8>,
}

impl From<canvass_core::sync::Post> for Post {
    fn from(post: canvass_core::sync::Post) -> Self {
        Self { path: post.path.to_owned(), authorization: post.authorization, body: post.body }
    }
}

/// What the server answered.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Reply {
    /// HTTP status.
    pub status: u16,
    /// The body, also where the status is an error: it says why.
    pub body: Vec<u8>,
}

impl From<Reply> for canvass_core::sync::Reply {
    fn from(reply: Reply) -> Self {
        Self { status: reply.status, body: reply.body }
    }
}

/// Why nothing came back from the server.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, uniffi::Error)]
pub enum TransportError {
    /// The request or its answer was lost. It is sent again after a while.
    #[error("{reason}")]
    Failed {
        /// What the platform says.
        reason: String,
    },
}

/// Whatever else a foreign transport throws is a lost request too.
impl From<uniffi::UnexpectedUniFFICallbackError> for TransportError {
    fn from(error: uniffi::UnexpectedUniFFICallbackError) -> Self {
        Self::Failed { reason: error.reason }
    }
}

/// Posts bytes to the server.
#[uniffi::export(foreign)]
#[async_trait::async_trait]
pub trait Transport: Send + Sync {
    /// Posts a body to a path of the server, as `application/vnd.canvass.sync` and under its `Authorization`, and returns the
    /// answer whatever its status. Give it a timeout; one that never returns can be ended by `cancel_sync` only.
    ///
    /// # Errors
    /// When no answer came.
    async fn post(&self, post: Post) -> Result<Reply, TransportError>;
}
