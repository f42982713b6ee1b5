//! Logging to standard error, with a level that can be changed while the process runs.

use std::io::IsTerminal as _;
use std::sync::Arc;

use thiserror::Error;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer as _, Registry, fmt, reload};

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// For people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

/// Changes the level of a running process.
#[derive(Clone)]
pub struct LogLevel(Arc<dyn Fn(EnvFilter) -> Result<(), String> + Send + Sync>);

/// The text is no log filter.
#[derive(Debug, Error)]
#[error("`{filter}` is not a log filter such as `info` or `warn,executor=debug`: {reason}")]
pub struct FilterError {
    filter: String,
    reason: String,
}

impl LogLevel {
    /// Sets the filter, in the syntax of `RUST_LOG`.
    ///
    /// # Errors
    /// [`FilterError`] where the text is no filter.
    pub fn set(&self, filter: &str) -> Result<(), FilterError> {
        let refuse = |reason: String| FilterError { filter: filter.to_owned(), reason };
        let parsed = EnvFilter::try_new(filter).map_err(|e| refuse(e.to_string()))?;
        (self.0)(parsed).map_err(refuse)
    }
}

/// Starts logging. `RUST_LOG` wins over `default_filter`. Later calls in the same process change nothing.
///
/// # Errors
/// [`FilterError`] where `RUST_LOG` or `default_filter` is no filter.
pub fn init(default_filter: &str, format: Format) -> Result<LogLevel, FilterError> {
    let text = std::env::var("RUST_LOG").unwrap_or_else(|_| default_filter.to_owned());
    let filter =
        EnvFilter::try_new(&text).map_err(|e| FilterError { filter: text, reason: e.to_string() })?;
    let (filter, handle) = reload::Layer::<EnvFilter, Registry>::new(filter);
    let lines = fmt::layer().with_writer(std::io::stderr).with_ansi(std::io::stderr().is_terminal());
    let lines = match format {
        Format::Text => lines.with_target(true).boxed(),
        Format::Json => lines.json().boxed(),
    };
    // A second initialisation (tests, several services in one process) keeps the first.
    let _ = tracing_subscriber::registry().with(filter).with(lines).try_init();
    Ok(LogLevel(Arc::new(move |filter| handle.reload(filter).map_err(|e| e.to_string()))))
}
