//! One YAML file, overlaid by environment variables.
//!
//! A variable's value is the text that it would be in the file: `2`, `on`, `10s`, `[http://a, http://b]`, and quoted
//! what would be quoted there.

mod overlay;
mod variables;

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use thiserror::Error;

pub use variables::{Behind, ENV_PREFIX, Variables};

/// The largest file that is read, in bytes.
const MAX_FILE_BYTES: u64 = 64 << 20;

/// Why there is no configuration.
#[derive(Debug, Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("{path}: {source}")]
    Read {
        /// The file.
        path: PathBuf,
        /// The system's answer.
        source: std::io::Error,
    },
    /// The file is larger than is read.
    #[error("{path}: {bytes} bytes are more than the {MAX_FILE_BYTES} that a configuration may have")]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// Its size.
        bytes: u64,
    },
    /// The text is not the configuration that is wanted.
    #[error("{path}: {reason}")]
    Invalid {
        /// The file.
        path: PathBuf,
        /// What is wrong, with line and column where the file itself is to blame.
        reason: String,
    },
    /// A variable names no place in the configuration, or holds what cannot be there.
    #[error("environment variable {name}: {reason}")]
    Variable {
        /// The variable.
        name: String,
        /// What is wrong.
        reason: String,
    },
}

/// Reads `path`, lays the variables of this process's environment over it and turns it into `T`; also says which
/// variables those were.
///
/// # Errors
/// [`ConfigError`] names the file with line and column, or the variable.
pub fn load<T: DeserializeOwned>(path: &Path) -> Result<(T, Variables), ConfigError> {
    load_with(path, std::env::vars_os())
}

/// As [`load`], with the variables given.
///
/// # Errors
/// As [`load`].
pub fn load_with<T: DeserializeOwned>(
    path: &Path,
    variables: impl IntoIterator<Item = (OsString, OsString)>,
) -> Result<(T, Variables), ConfigError> {
    let read = |source| ConfigError::Read { path: path.into(), source };
    let bytes = std::fs::metadata(path).map_err(read)?.len();
    if bytes > MAX_FILE_BYTES {
        return Err(ConfigError::TooLarge { path: path.into(), bytes });
    }
    let text = std::fs::read_to_string(path).map_err(read)?;
    let variables = Variables::gather(variables)?;
    let invalid = |reason| ConfigError::Invalid { path: path.into(), reason };
    let value = overlay::read(&text, &variables, invalid)?;
    Ok((value, variables))
}

#[cfg(test)]
mod tests;
