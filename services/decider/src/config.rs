//! The section `decider` of `edgeroam.yaml`.

mod webhook;

use std::path::Path;
use std::time::Duration;

use serde::Deserialize;

pub use webhook::WebhookConfig;

/// How the decider runs.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// How often the engine is written to the store, if anything happened. A start has to read again what came
    /// after the last time.
    #[serde(with = "jiff::fmt::serde::unsigned_duration::friendly::compact::required")]
    pub snapshot_interval: Duration,
    /// How often a replica that stands by takes in what is new on the bus.
    #[serde(with = "jiff::fmt::serde::unsigned_duration::friendly::compact::required")]
    pub standby_interval: Duration,
    /// The most records of a stream that are taken at once, 1 to 65536.
    pub batch: usize,
    /// Who is told of each move that somebody has to agree to.
    pub confirmation_webhook: Option<WebhookConfig>,
}

/// No timer runs faster than this.
const SHORTEST: Duration = Duration::from_millis(10);

impl Config {
    /// The same, with files named relative to `base` where they are not absolute.
    #[must_use]
    pub fn relative_to(mut self, base: &Path) -> Self {
        let webhook = self.confirmation_webhook.iter_mut();
        for file in webhook.filter_map(|webhook| webhook.bearer_token_file.as_mut()) {
            *file = base.join(&file);
        }
        self
    }

    /// Everything that is wrong, each with the setting's name; empty where all is well.
    pub fn problems(&self) -> Vec<String> {
        self.confirmation_webhook.iter().flat_map(WebhookConfig::problems).collect()
    }

    pub(crate) fn snapshot_interval(&self) -> Duration {
        self.snapshot_interval.max(SHORTEST)
    }

    pub(crate) fn standby_interval(&self) -> Duration {
        self.standby_interval.max(SHORTEST)
    }

    /// The batch size within its limits.
    pub(crate) fn batch(&self) -> usize {
        self.batch.clamp(1, 65_536)
    }
}

impl Default for Config {
    /// 30 s, 500 ms, 512 records.
    fn default() -> Self {
        Self {
            snapshot_interval: Duration::from_secs(30),
            standby_interval: Duration::from_millis(500),
            batch: 512,
            confirmation_webhook: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_text_and_unknown_fields_are_refused() {
        let read: Config = serde_json::from_str(r#"{"snapshot_interval":"2m"}"#).expect("valid");
        assert_eq!(read, Config { snapshot_interval: Duration::from_secs(120), ..Config::default() });
        assert!(serde_json::from_str::<Config>(r#"{"snapshots":"2m"}"#).is_err());
        assert_eq!(read.problems(), Vec::<String>::new());
    }

    #[test]
    fn a_webhook_has_a_usable_address_and_a_token_beside_the_file() {
        let read = |webhook: &str| -> Config {
            serde_json::from_str(&format!(r#"{{"confirmation_webhook":{webhook}}}"#)).expect("valid")
        };
        let good = read(r#"{"url":"https://ops.example/moves","bearer_token_file":"t"}"#);
        assert_eq!(good.problems(), Vec::<String>::new());
        let webhook = good.relative_to(Path::new("/etc/edgeroam")).confirmation_webhook.expect("there");
        assert_eq!(webhook.bearer_token_file.as_deref(), Some(Path::new("/etc/edgeroam/t")));
        assert_eq!(webhook.timeout, Duration::from_secs(10));
        let bad = read(r#"{"url":"ftp://ops.example/","timeout":"0s"}"#).problems();
        assert!(bad[0].starts_with("confirmation_webhook.url: ftp://ops.example/"), "{bad:?}");
        assert!(bad[1].starts_with("confirmation_webhook.timeout"), "{bad:?}");
    }
}
