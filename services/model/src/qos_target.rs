//! What quality of service an app wants for its UEs.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// What is measured between a UE and its site should not be worse than this; what no limit is set for does not matter.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct QosTarget {
    /// The longest round trip.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rtt: Option<Duration>,
    /// The greatest variation of the delay.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jitter: Option<Duration>,
    /// The greatest part that may be lost: 0 to 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub loss: Option<f64>,
    /// For how long, without a good report in between, a limit must have been exceeded before it is a reason to move.
    pub violated_for: Duration,
    /// For how long a measurement counts.
    pub valid_for: Duration,
}

impl Default for QosTarget {
    /// No limits; 5 s, 30 s.
    fn default() -> Self {
        Self {
            rtt: None,
            jitter: None,
            loss: None,
            violated_for: Duration::from_secs(5),
            valid_for: Duration::from_secs(30),
        }
    }
}

impl QosTarget {
    /// The longest time for which a measurement may count: an hour, as long as stream `qos` keeps it.
    pub const LONGEST_VALID: Duration = Duration::from_secs(3_600);

    /// What is wrong with it, if anything is: the member, and why.
    pub fn problem(&self) -> Option<(&'static str, String)> {
        let nothing = self.rtt.is_none() && self.jitter.is_none() && self.loss.is_none();
        if nothing {
            return Some(("rtt", "one of `rtt`, `jitter` and `loss` is needed".to_owned()));
        }
        if self.rtt.is_some_and(|rtt| rtt.is_zero()) {
            return Some(("rtt", "must be more than 0: no round trip takes no time".to_owned()));
        }
        if self.loss.is_some_and(|loss| !(0.0..1.0).contains(&loss)) {
            return Some(("loss", "must be at least 0 % and less than 100 %".to_owned()));
        }
        if self.valid_for > Self::LONGEST_VALID {
            return Some(("valid_for", "must be 1h at most".to_owned()));
        }
        (self.valid_for <= self.violated_for).then(|| {
            let reason =
                "must be longer than `violated_for`: else no single report could ever count for long enough";
            ("valid_for", reason.to_owned())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_that_cannot_be_is_told_by_its_member() {
        let fine = QosTarget { loss: Some(0.01), ..QosTarget::default() };
        let problem = |target: QosTarget| target.problem().map(|(member, _)| member);
        assert_eq!(problem(fine), None);
        assert_eq!(problem(QosTarget::default()), Some("rtt"));
        assert_eq!(problem(QosTarget { rtt: Some(Duration::ZERO), ..fine }), Some("rtt"));
        for loss in [-0.01, 1.0, f64::NAN] {
            assert_eq!(problem(QosTarget { loss: Some(loss), ..fine }), Some("loss"));
        }
        assert_eq!(problem(QosTarget { valid_for: fine.violated_for, ..fine }), Some("valid_for"));
        assert_eq!(problem(QosTarget { valid_for: Duration::from_secs(3_601), ..fine }), Some("valid_for"));
    }
}
