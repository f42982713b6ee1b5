//! The policies that are compared.

use std::path::{Path, PathBuf};
use std::time::Duration;

use model::{Policy, Threshold};
use thiserror::Error;

/// No distance on Earth is as long, in metres: a margin that is never met.
const NEVER_METERS: f64 = 1e9;
/// The names that are taken.
const OPTIMUM: &str = "optimum";
/// The longest file that a policy is read from, in bytes.
const MAX_BYTES: u64 = 64 << 10;

/// A policy with its name.
#[derive(Debug, Clone, PartialEq)]
pub struct Contender {
    /// What it is called in the report.
    pub name: String,
    /// What it does.
    pub policy: Policy,
}

/// Why a policy is none.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ContenderError {
    /// The file cannot be read.
    #[error("{}: {source}", file.display())]
    Open {
        /// The file.
        file: PathBuf,
        /// The system's answer.
        source: std::io::Error,
    },
    /// It holds something else.
    #[error("{}: {reason}", file.display())]
    Content {
        /// The file.
        file: PathBuf,
        /// What is wrong, with line and column where they are known.
        reason: String,
    },
    /// Its name is taken.
    #[error("{}: there is a policy `{name}` already: rename the file", file.display())]
    Name {
        /// The file.
        file: PathBuf,
        /// The name.
        name: String,
    },
}

/// The policies that are always compared, and those of the files: the default policy first, then `nearest`,
/// `threshold` and the files in their order, `never` (stays at the first site) last. A file is named by its stem.
///
/// # Errors
/// [`ContenderError`] names the file and what is wrong.
pub fn contenders(files: &[PathBuf]) -> Result<Vec<Contender>, ContenderError> {
    let mut all = vec![Contender { name: word(&Policy::default()), policy: Policy::default() }];
    let threshold = Policy::Threshold(Threshold::default());
    for policy in [Policy::Nearest, threshold] {
        if policy != Policy::default() {
            all.push(Contender { name: word(&policy), policy });
        }
    }
    let never = Contender {
        name: "never".into(),
        policy: Policy::Threshold(Threshold {
            margin_meters: NEVER_METERS,
            time_to_trigger: Duration::ZERO,
            minimum_stay: Duration::ZERO,
        }),
    };
    for file in files {
        let contender = read(file)?;
        let taken = |name: &str| name == contender.name;
        if taken(&never.name) || taken(OPTIMUM) || all.iter().any(|other| taken(&other.name)) {
            return Err(ContenderError::Name { file: file.clone(), name: contender.name });
        }
        all.push(contender);
    }
    all.push(never);
    Ok(all)
}

fn read(file: &Path) -> Result<Contender, ContenderError> {
    use std::io::Read as _;
    let refused = |source| ContenderError::Open { file: file.into(), source };
    let mut text = String::new();
    let opened = std::fs::File::open(file).map_err(refused)?;
    opened.take(MAX_BYTES + 1).read_to_string(&mut text).map_err(refused)?;
    let content = |reason| ContenderError::Content { file: file.into(), reason };
    if text.len() as u64 > MAX_BYTES {
        return Err(content(format!("more than {MAX_BYTES} bytes: a policy is a few lines")));
    }
    let policy = catalogue::policy(&text)
        .map_err(|errors| content(errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")))?;
    let name = file.file_stem().map_or_else(String::new, |stem| stem.to_string_lossy().into_owned());
    Ok(Contender { name, policy })
}

/// What a policy is called in a configuration.
fn word(policy: &Policy) -> String {
    match serde_json::to_value(policy) {
        Ok(serde_json::Value::String(word)) => word,
        Ok(serde_json::Value::Object(map)) => map.keys().next().cloned().unwrap_or_default(),
        Ok(_) | Err(_) => "default".into(),
    }
}
