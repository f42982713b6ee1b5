//! The bearer token of the admin port.

use std::fmt;
use std::io::Read as _;
use std::path::Path;

use anyhow::{Context as _, bail};
use axum::http::{HeaderMap, header};
use subtle::ConstantTimeEq as _;

/// The longest token that is read, in bytes.
const MOST: u64 = 4096;

/// What whoever posts commands must show.
#[derive(Clone)]
pub(crate) struct Token(String);

impl Token {
    /// Reads it.
    ///
    /// # Errors
    /// Names the file and what is wrong with it.
    pub(crate) fn read(path: &Path) -> anyhow::Result<Self> {
        let named = || format!("admin.token_file {}", path.display());
        let mut text = String::new();
        let file = std::fs::File::open(path).with_context(named)?;
        file.take(MOST + 1).read_to_string(&mut text).with_context(named)?;
        let token = text.trim();
        if token.len() < 16 || text.len() as u64 > MOST || !token.bytes().all(|b| b.is_ascii_graphic()) {
            bail!("{}: 16 to {MOST} printable characters without spaces are wanted", named());
        }
        Ok(Self(token.to_owned()))
    }

    /// As it is sent.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether a request shows it (RFC 6750, clause 2.1). Takes as long whatever is shown.
    pub(crate) fn is_shown(&self, headers: &HeaderMap) -> bool {
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
        std::fs::write(&path, "0123456789abcdef\n").expect("written");
        let token = Token::read(&path).expect("a token");
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
            let refused = Token::read(&path).expect_err("refused").to_string();
            assert!(refused.contains("admin.token_file"), "{refused}");
        }
    }
}
