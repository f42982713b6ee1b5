//! Settings.

use std::path::Path;

use serde::Deserialize;

use crate::Create;

/// Settings of the bus on Kafka.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Where it is.
    pub brokers: Vec<String>,
    /// Who makes what EdgeRoam needs there.
    pub create: Create,
}

impl Config {
    /// At this address, with everything else at its default.
    pub fn at(address: &str) -> Self {
        Self { brokers: vec![address.to_owned()], ..Self::default() }
    }

    /// With relative paths taken from this folder.
    #[must_use]
    pub fn relative_to(self, _base: &Path) -> Self {
        self
    }
}
