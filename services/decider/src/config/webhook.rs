//! `decider.confirmation_webhook`.

use std::path::PathBuf;
use std::time::Duration;

use serde::Deserialize;
use url::Url;

/// Who is told of each move that somebody has to agree to, and may answer at once.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WebhookConfig {
    /// Where questions are posted, http or https.
    pub url: Url,
    /// A file with the token that is shown there; read each time.
    #[serde(default)]
    pub bearer_token_file: Option<PathBuf>,
    /// How long one answer may take.
    #[serde(default = "timeout", with = "jiff::fmt::serde::unsigned_duration::friendly::compact::required")]
    pub timeout: Duration,
}

fn timeout() -> Duration {
    Duration::from_secs(10)
}

impl WebhookConfig {
    /// The longest `timeout`.
    const LONGEST: Duration = Duration::from_secs(300);

    /// Everything that is wrong, each with the setting's name.
    pub(super) fn problems(&self) -> Vec<String> {
        let mut wrong = Vec::new();
        if !matches!(self.url.scheme(), "http" | "https") || !self.url.has_host() {
            wrong.push(format!("confirmation_webhook.url: {}: is not http or https with a host", self.url));
        }
        if self.timeout.is_zero() || self.timeout > Self::LONGEST {
            wrong.push("confirmation_webhook.timeout: must be over 0s and at most 5m".into());
        }
        wrong
    }
}
