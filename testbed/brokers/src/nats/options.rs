//! How a server is set up.

use std::fmt::Write;
use std::path::Path;

/// How a server is set up.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Whether every message is synced before it is acknowledged, and not every two minutes.
    pub sync_always: bool,
    /// More of the configuration file: TLS, users, limits.
    pub more: String,
}

impl Options {
    /// Acknowledged means synced.
    pub fn sync_always() -> Self {
        Self { sync_always: true, ..Self::default() }
    }

    /// With this in the configuration file besides.
    #[must_use]
    pub fn with(mut self, more: impl AsRef<str>) -> Self {
        self.more.push_str(more.as_ref());
        self.more.push('\n');
        self
    }

    /// The configuration file.
    pub(super) fn text(&self, dir: &Path, port: u16) -> String {
        let store = dir.join("jetstream");
        let sync = if self.sync_always { "sync_interval: always" } else { "" };
        let mut text = String::new();
        // Writing into a string cannot fail.
        let _ = writeln!(text, "listen: \"127.0.0.1:{port}\"");
        let _ = writeln!(text, "jetstream {{\n store_dir: \"{}\"\n {sync}\n}}", store.display());
        text.push_str(&self.more);
        text
    }
}
