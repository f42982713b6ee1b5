//! The bearer token: read once, and again when it was refused.

use std::path::PathBuf;
use std::sync::Arc;

use tokio::sync::Mutex;

/// The longest token that is read, in bytes.
const MAX_TOKEN_BYTES: u64 = 64 << 10;

/// A token in a file that somebody else renews.
#[derive(Debug)]
pub(crate) struct TokenFile {
    path: PathBuf,
    current: Mutex<Option<Arc<str>>>,
}

impl TokenFile {
    pub(crate) fn new(path: PathBuf) -> Self {
        Self { path, current: Mutex::new(None) }
    }

    /// The token; read from the file where there is none yet, or where `refused` is the one that is known.
    pub(crate) async fn get(&self, refused: Option<&str>) -> Result<Arc<str>, String> {
        let mut current = self.current.lock().await;
        match &*current {
            Some(token) if refused != Some(token) => Ok(Arc::clone(token)),
            _ => {
                let token = self.read().await.map_err(|e| format!("{}: {e}", self.path.display()))?;
                *current = Some(Arc::clone(&token));
                Ok(token)
            }
        }
    }

    async fn read(&self) -> std::io::Result<Arc<str>> {
        use std::io::{Error, ErrorKind};
        use tokio::io::AsyncReadExt as _;
        let mut text = String::new();
        let file = tokio::fs::File::open(&self.path).await?;
        file.take(MAX_TOKEN_BYTES).read_to_string(&mut text).await?;
        let token = text.trim();
        let sendable = !token.is_empty() && token.bytes().all(|b| b.is_ascii_graphic());
        if sendable {
            Ok(token.into())
        } else {
            Err(Error::new(ErrorKind::InvalidData, "holds no bearer token"))
        }
    }
}
