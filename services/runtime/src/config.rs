//! One YAML file, overlaid by environment variables.

use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use serde_json::Value;
use thiserror::Error;

/// Prefix of environment variables that override the file: `EDGEROAM__CORE__NRF` is `core.nrf`.
pub const ENV_PREFIX: &str = "EDGEROAM__";
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
    /// A variable names no place in the configuration.
    #[error("environment variable {name}: {reason}")]
    Variable {
        /// The variable.
        name: String,
        /// What is wrong.
        reason: String,
    },
}

/// Reads `path`, lays the variables of this process's environment over it and turns it into `T`.
///
/// # Errors
/// [`ConfigError`] names the file with line and column, or the variable.
pub fn load<T: DeserializeOwned>(path: &Path) -> Result<T, ConfigError> {
    let variables = std::env::vars().filter(|(name, _)| name.starts_with(ENV_PREFIX)).collect();
    load_with(path, variables)
}

/// As [`load`], with the variables given.
///
/// # Errors
/// As [`load`].
pub fn load_with<T: DeserializeOwned>(
    path: &Path,
    mut variables: Vec<(String, String)>,
) -> Result<T, ConfigError> {
    let read = |source| ConfigError::Read { path: path.into(), source };
    let bytes = std::fs::metadata(path).map_err(read)?.len();
    if bytes > MAX_FILE_BYTES {
        return Err(ConfigError::TooLarge { path: path.into(), bytes });
    }
    let text = std::fs::read_to_string(path).map_err(read)?;
    let invalid = |reason: String| ConfigError::Invalid { path: path.into(), reason };
    if variables.is_empty() {
        return serde_saphyr::from_str(&text).map_err(|e| invalid(e.to_string()));
    }
    // The file alone is checked first, so that what is wrong in it is told with line and column.
    let mut tree: Value = serde_saphyr::from_str(&text).map_err(|e| invalid(e.to_string()))?;
    variables.sort();
    for (name, value) in &variables {
        overlay(&mut tree, name, value)?;
    }
    let names: Vec<_> = variables.iter().map(|(name, _)| name.as_str()).collect();
    serde_json::from_value(tree).map_err(|e| invalid(format!("with {} laid over it: {e}", names.join(", "))))
}

fn overlay(tree: &mut Value, name: &str, value: &str) -> Result<(), ConfigError> {
    let refuse = |reason: &str| ConfigError::Variable { name: name.into(), reason: reason.into() };
    let mut place = tree;
    for part in name[ENV_PREFIX.len()..].split("__") {
        if part.is_empty() {
            return Err(refuse("has an empty part; write EDGEROAM__SECTION__KEY"));
        }
        if place.is_null() {
            *place = Value::Object(serde_json::Map::new());
        }
        let Value::Object(members) = place else {
            return Err(refuse("goes into something that is not a section of the configuration"));
        };
        place = members.entry(part.to_ascii_lowercase()).or_insert(Value::Null);
    }
    // Numbers and booleans are read as such; everything else is text.
    *place = serde_json::from_str::<Value>(value)
        .ok()
        .filter(|v| v.is_number() || v.is_boolean())
        .unwrap_or_else(|| Value::String(value.to_owned()));
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use serde::Deserialize;

    use super::*;

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Sample {
        name: String,
        inner: Inner,
    }

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Inner {
        count: u32,
    }

    fn file(text: &str) -> tempfile::NamedTempFile {
        let mut file = tempfile::NamedTempFile::new().expect("temporary file");
        file.write_all(text.as_bytes()).expect("written");
        file
    }

    #[test]
    fn variables_win_over_the_file() {
        let file = file("name: a\ninner:\n  count: 1\n");
        let variables = vec![("EDGEROAM__INNER__COUNT".to_owned(), "7".to_owned())];
        let read: Sample = load_with(file.path(), variables).expect("valid");
        assert_eq!(read, Sample { name: "a".into(), inner: Inner { count: 7 } });
    }

    #[test]
    fn an_unknown_field_is_refused_with_its_line() {
        let file = file("name: a\ninner:\n  count: 1\n  colour: red\n");
        let error = load_with::<Sample>(file.path(), Vec::new()).expect_err("unknown field").to_string();
        assert!(error.contains("colour") && error.contains('4'), "{error}");
    }

    #[test]
    fn a_missing_file_is_named() {
        let error = load_with::<Sample>(Path::new("no/such.yaml"), Vec::new()).expect_err("missing");
        assert!(error.to_string().contains("no/such.yaml"));
    }

    #[test]
    fn a_variable_that_goes_nowhere_is_named() {
        let file = file("name: a\ninner:\n  count: 1\n");
        let variables = vec![("EDGEROAM__NAME__X".to_owned(), "7".to_owned())];
        let error = load_with::<Sample>(file.path(), variables).expect_err("no section").to_string();
        assert!(error.contains("EDGEROAM__NAME__X"), "{error}");
    }
}
