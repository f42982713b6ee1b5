//! Labels of clusters: what operators of EMCO mark clusters with.

use std::time::Duration;

use serde::Deserialize;

use crate::paths::Path;
use crate::{Client, ConfigError, EmcoError, Service};

/// Which labels are looked for, and how often.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Labels {
    /// How often the labels of every site's cluster are read; zero: never.
    #[serde(with = "jiff::fmt::serde::unsigned_duration::friendly::compact::required")]
    pub interval: Duration,
    /// The label of a cluster that is to be left.
    pub drain: String,
    /// The label of a cluster that takes no more instances.
    pub cordon: String,
}

impl Default for Labels {
    /// Every 15 s, `edgeroam-drain` and `edgeroam-cordon`.
    fn default() -> Self {
        Self {
            interval: Duration::from_secs(15),
            drain: "edgeroam-drain".into(),
            cordon: "edgeroam-cordon".into(),
        }
    }
}

/// No quicker than this: a round asks once for each site.
const SHORTEST: Duration = Duration::from_millis(100);

impl Labels {
    pub(crate) fn check(&self) -> Result<(), ConfigError> {
        let refuse = |field, reason: &str| Err(ConfigError::Labels { field, reason: reason.to_owned() });
        for (field, label) in [("drain", &self.drain), ("cordon", &self.cordon)] {
            if Path::root().name(label).is_err() {
                return refuse(field, "letters, digits, '-', '_' and '.' are wanted, as in EMCO's names");
            }
        }
        if self.drain == self.cordon {
            return refuse("cordon", "it must be another label than `drain`");
        }
        if !self.interval.is_zero() && self.interval < SHORTEST {
            return refuse("interval", "100ms or more are wanted, or 0s for never");
        }
        Ok(())
    }
}

/// A label as EMCO shows it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ClusterLabel {
    cluster_label: String,
}

impl Client {
    /// The labels of a cluster, within the budget of status queries; `None` where the cluster is not there.
    ///
    /// # Errors
    /// [`EmcoError`].
    pub async fn cluster_labels(
        &self,
        provider: &str,
        cluster: &str,
    ) -> Result<Option<Vec<String>>, EmcoError> {
        let path = Path::root().then("cluster-providers", provider).and_then(|p| p.then("clusters", cluster));
        let _turn = self.budget().turn().await;
        let found = self.find(Service::Clm, path.map(|p| p.list("labels"))).await?;
        let labels = |found: Option<Vec<ClusterLabel>>| {
            found.unwrap_or_default().into_iter().map(|label| label.cluster_label).collect()
        };
        Ok(found.map(labels))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_that_no_cluster_can_have_or_that_mean_two_things_are_refused() {
        assert!(Labels::default().check().is_ok());
        assert!(Labels { interval: Duration::ZERO, ..Labels::default() }.check().is_ok());
        for (labels, field) in [
            (Labels { drain: "to drain".into(), ..Labels::default() }, "drain"),
            (Labels { cordon: String::new(), ..Labels::default() }, "cordon"),
            (Labels { cordon: "edgeroam-drain".into(), ..Labels::default() }, "cordon"),
            (Labels { interval: Duration::from_millis(9), ..Labels::default() }, "interval"),
        ] {
            let refused = labels.check().expect_err("refused").to_string();
            assert!(refused.starts_with(&format!("emco: labels.{field}: ")), "{refused}");
        }
    }
}
