//! A bearer token that is kept in a file.

use std::fmt;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use axum::http::{HeaderMap, header};
use subtle::ConstantTimeEq as _;
use thiserror::Error;

/// The longest token that is read, in bytes.
const MOST: u64 = 4096;

/// What whoever asks must show, or what we show.
#[derive(Clone)]
pub struct Token(String);

/// Why a file gives no token.
#[derive(Debug, Error)]
pub enum TokenError {
    /// The file cannot be read.
    #[error("{setting} {path}: {source}")]
    Read {
        /// The setting that names the file.
        setting: &'static str,
        /// The file.
        path: PathBuf,
        /// The system's answer.
        source: std::io::Error,
    },
    /// The file holds something else.
    #[error("{setting} {path}: 16 to {MOST} printable characters without spaces are wanted")]
    NoToken {
        /// The setting that names the file.
        setting: &'static str,
        /// The file.
        path: PathBuf,
    },
}

impl Token {
    /// Reads it from the file that this setting names.
    ///
    /// # Errors
    /// [`TokenError`] names the setting, the file and what is wrong with it.
    pub fn read(setting: &'static str, path: &Path) -> Result<Self, TokenError> {
        let unread = |source| TokenError::Read { setting, path: path.into(), source };
        let mut text = String::new();
        let file = std::fs::File::open(path).map_err(unread)?;
        file.take(MOST + 1).read_to_string(&mut text).map_err(unread)?;
        let token = text.trim();
        if token.len() < 16 || text.len() as u64 > MOST || !token.bytes().all(|b| b.is_ascii_graphic()) {
            return Err(TokenError::NoToken { setting, path: path.into() });
        }
        Ok(Self(token.to_owned()))
    }

    /// As it is sent.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether a request shows it (RFC 6750, clause 2.1). Takes as long whatever is shown.
    pub fn is_shown(&self, headers: &HeaderMap) -> bool {
        let shown = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let shown = shown.and_then(|value| value.split_once(' '));
        shown.is_some_and(|(scheme, token)| {
            scheme.eq_ignore_ascii_case("bearer")
                && bool::from(token.trim().as_bytes().ct_eq(self.0.as_bytes()))
        })
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_token_itself_is_taken() {
        let folder = tempfile::tempdir().expect("temporary directory");
        let path = folder.path().join("token");
        let read = || Token::read("admin.token_file", &path);
        assert!(read().expect_err("no file").to_string().starts_with("admin.token_file "));
        std::fs::write(&path, "0123456789abcdef\n").expect("written");
        let token = read().expect("a token");
        let shown = |value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::AUTHORIZATION, value.parse().expect("a value"));
            token.is_shown(&headers)
        };
        assert!(shown("Bearer 0123456789abcdef") && shown("bearer 0123456789abcdef"));
        assert!(!shown("Bearer 0123456789abcdeg") && !shown("Basic 0123456789abcdef") && !shown("Bearer"));
        assert!(!token.is_shown(&HeaderMap::new()));
        assert!(!format!("{token:?}").contains("0123"));
        for text in ["short", "with a space in it", ""] {
            std::fs::write(&path, text).expect("written");
            let refused = read().expect_err("refused").to_string();
            assert!(refused.contains("admin.token_file"), "{refused}");
        }
    }
}
