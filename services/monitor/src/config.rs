//! The section `monitor` of `edgeroam.yaml`.

mod probes;
mod prometheus;
mod reports;

use std::path::Path;

use serde::Deserialize;

pub use probes::ProbesConfig;
pub use prometheus::{Absent, PrometheusConfig, QueryConfig, What};
pub use reports::{Certificate, ReportsConfig};

/// Where measurements come from. Each of the three is off where its section is not there.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Where apps and clients report what they measure.
    pub reports: Option<ReportsConfig>,
    /// Our own look at sites.
    pub probes: Option<ProbesConfig>,
    /// What is asked of a Prometheus.
    pub prometheus: Option<PrometheusConfig>,
    /// Where a greater share of the sites seems to have failed at one time, it is our own network that has.
    pub most_failing: f64,
}

impl Default for Config {
    fn default() -> Self {
        Self { reports: None, probes: None, prometheus: None, most_failing: 0.5 }
    }
}

impl Config {
    /// The same, with files named relative to `base` where they are not absolute: the directory of the file that this
    /// was read from.
    #[must_use]
    pub fn relative_to(mut self, base: &Path) -> Self {
        let reports = self.reports.iter_mut().flat_map(ReportsConfig::files);
        let prometheus = self.prometheus.iter_mut().flat_map(PrometheusConfig::files);
        for file in reports.chain(prometheus) {
            *file = base.join(&file);
        }
        self
    }

    /// Everything that is wrong, each with the setting's name; empty where all is well.
    pub fn problems(&self) -> Vec<String> {
        let mut wrong = Vec::new();
        if !(self.most_failing > 0.0 && self.most_failing <= 1.0) {
            wrong.push("most_failing: must be a share of the sites, over 0 and at most 1".into());
        }
        wrong.extend(self.reports.iter().flat_map(ReportsConfig::problems));
        wrong.extend(self.probes.iter().flat_map(ProbesConfig::problems));
        wrong.extend(self.prometheus.iter().flat_map(PrometheusConfig::problems));
        wrong
    }
}

/// What must hold of a setting, or else this is said.
struct Musts {
    wrong: Vec<String>,
}

impl Musts {
    const fn new() -> Self {
        Self { wrong: Vec::new() }
    }

    fn hold(&mut self, holds: bool, problem: impl Into<String>) {
        if !holds {
            self.wrong.push(problem.into());
        }
    }
}

#[cfg(test)]
mod tests;
