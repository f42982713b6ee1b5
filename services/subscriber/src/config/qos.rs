//! The section `core.qos`: what the core measures of the quality of service.

use std::time::Duration;

use jiff::fmt::serde::unsigned_duration::friendly::compact::required as span;
use sbi_schemas::ts29571::Snssai;
use serde::Deserialize;

/// The longest network identifier of a DNN, in characters (TS 23.003 clause 9.1).
const LONGEST_DNN: usize = 100;

/// How SMFs are asked for packet delays.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct QosConfig {
    /// Whether they are asked.
    pub enabled: Enabled,
    /// The time between two reports of a PDU session; whole seconds.
    #[serde(with = "span")]
    pub period: Duration,
    /// For how long a subscription is asked for. It is renewed ahead of its end.
    #[serde(with = "span")]
    pub expiry: Duration,
    /// Only PDU sessions of this data network count.
    pub dnn: Option<String>,
    /// Only PDU sessions of this slice count.
    pub snssai: Option<Slice>,
}

/// Whether SMFs are asked for packet delays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Enabled {
    /// Those that the NRF lists; that there is none is said once.
    #[default]
    Auto,
    /// Those that the NRF lists; that there is none is a fault.
    On,
    /// None.
    Off,
}

/// A network slice (TS 29.571 `Snssai`).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Slice {
    /// Slice/service type.
    pub sst: u8,
    /// Slice differentiator, 6 hex digits.
    #[serde(default)]
    pub sd: Option<String>,
}

impl Default for QosConfig {
    fn default() -> Self {
        Self {
            enabled: Enabled::Auto,
            period: Duration::from_secs(5),
            expiry: Duration::from_secs(3600),
            dnn: None,
            snssai: None,
        }
    }
}

impl QosConfig {
    /// Everything that is wrong, each with the setting's name below `core`; `nrf`: whether one is configured.
    pub(super) fn problems(&self, nrf: bool) -> Vec<&'static str> {
        let whole = self.period.subsec_nanos() == 0;
        let dnn = self.dnn.as_deref();
        let digits = |sd: &str| sd.len() == 6 && sd.bytes().all(|digit| digit.is_ascii_hexdigit());
        let sd = self.snssai.as_ref().and_then(|slice| slice.sd.as_deref());
        [
            (
                nrf || self.enabled != Enabled::On,
                "qos.enabled: SMFs are found at the NRF: give its URL in nrf",
            ),
            (
                whole && (1..=3600).contains(&self.period.as_secs()),
                "qos.period: must be 1s to 1h, in whole seconds",
            ),
            (self.expiry > self.period, "qos.expiry: must be more than qos.period"),
            (
                dnn.is_none_or(|dnn| (1..=LONGEST_DNN).contains(&dnn.len())),
                "qos.dnn: must be 1 to 100 characters",
            ),
            (sd.is_none_or(digits), "qos.snssai.sd: must be 6 hex digits; quote it"),
        ]
        .into_iter()
        .filter_map(|(holds, problem)| (!holds).then_some(problem))
        .collect()
    }

    /// Whether sessions of this data network count; one that is not named does.
    pub(crate) fn counts_dnn(&self, named: Option<&str>) -> bool {
        match (&self.dnn, named) {
            (Some(ours), Some(named)) => network(ours).eq_ignore_ascii_case(network(named)),
            (None, _) | (_, None) => true,
        }
    }

    /// Whether sessions of this slice count; one that is not named does.
    pub(crate) fn counts_slice<S: AsRef<str>>(&self, named: Option<&Snssai<S>>) -> bool {
        let (Some(ours), Some(named)) = (&self.snssai, named) else { return true };
        let sd = named.sd.as_ref().map(AsRef::as_ref);
        ours.sst == named.sst
            && match (ours.sd.as_deref(), sd) {
                (Some(ours), Some(named)) => ours.eq_ignore_ascii_case(named),
                (ours, named) => ours == named,
            }
    }
}

/// A DNN without its operator identifier, which may follow it (TS 23.003 clause 9.1.2).
fn network(dnn: &str) -> &str {
    dnn.split_once(".mnc").map_or(dnn, |(network, _)| network)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_read_and_every_problem_is_told() {
        let text = r#"{"enabled":"on","period":"10s","dnn":"internet","snssai":{"sst":1,"sd":"010203"}}"#;
        let config: QosConfig = serde_json::from_str(text).expect("valid");
        assert_eq!((config.enabled, config.period), (Enabled::On, Duration::from_secs(10)));
        assert!(config.problems(true).is_empty() && QosConfig::default().problems(false).is_empty());
        assert_eq!(config.problems(false).len(), 1);
        assert!(serde_json::from_str::<QosConfig>(r#"{"snssai":{"sst":1,"sf":"010203"}}"#).is_err());
        let (second, ms) = (Duration::from_secs(1), Duration::from_millis(1500));
        let snssai = Some(Slice { sst: 1, sd: Some("10203".into()) });
        let wrong = QosConfig { period: ms, expiry: second, dnn: Some(String::new()), snssai, ..config };
        let told = wrong.problems(true).join("\n");
        for setting in ["qos.period", "qos.expiry", "qos.dnn", "qos.snssai.sd"] {
            assert!(told.contains(setting), "{told}");
        }
    }

    #[test]
    fn sessions_count_by_network_and_slice() {
        let any = QosConfig::default();
        assert!(any.counts_dnn(Some("ims")) && any.counts_slice(Some(&Snssai { sst: 9, sd: Some("a") })));
        let snssai = Some(Slice { sst: 1, sd: Some("0A0203".into()) });
        let ours = QosConfig { dnn: Some("internet".into()), snssai, ..any };
        assert!(ours.counts_dnn(Some("Internet.mnc093.mcc208.gprs")) && ours.counts_dnn(None));
        assert!(!ours.counts_dnn(Some("internet2")));
        assert!(ours.counts_slice(Some(&Snssai { sst: 1, sd: Some("0a0203") })));
        assert!(!ours.counts_slice(Some(&Snssai::<&str> { sst: 1, sd: None })));
        assert!(!ours.counts_slice(Some(&Snssai { sst: 2, sd: Some("0a0203") })));
        assert!(ours.counts_slice::<&str>(None));
    }
}
