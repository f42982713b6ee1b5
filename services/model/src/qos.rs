//! What was measured of a UE's quality of service.

use serde::{Deserialize, Serialize};

use crate::{AppId, ReportedAt, SiteId, Supi, Timestamp};

/// What one source measured for one UE, as it stands on stream `qos`; key: the SUPI.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct QosReport {
    /// The UE.
    pub supi: Supi,
    /// Of which app's traffic; of the UE's traffic in general where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub app: Option<AppId>,
    /// Between the UE and this site; the one that serves it where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub site: Option<SiteId>,
    /// When it reached us.
    pub observed_at: Timestamp,
    /// When it was so, by the clock of whoever measured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reported_at: Option<ReportedAt>,
    /// Who measured.
    pub source: QosSource,
    /// What was measured.
    pub measured: Measured,
}

/// Who measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum QosSource {
    /// The app or its client.
    App,
    /// A probe of ours.
    Probe,
    /// A query to Prometheus.
    Prometheus,
    /// The 5G core: QOS_MON (TS 29.508), QOS_NOTIF (TS 29.523).
    Core,
}

impl QosSource {
    /// Every source.
    pub const ALL: [Self; 4] = [Self::App, Self::Probe, Self::Prometheus, Self::Core];

    /// The word for it, as in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::App => "app",
            Self::Probe => "probe",
            Self::Prometheus => "prometheus",
            Self::Core => "core",
        }
    }
}

/// Figures of quality. What was not measured is absent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Measured {
    /// Round trip time in microseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rtt_us: Option<u32>,
    /// Variation of the delay in microseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jitter_us: Option<u32>,
    /// Lost packets or requests, as a part of all: 0 to 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub loss: Option<f64>,
    /// Uplink packet delay in microseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ul_delay_us: Option<u32>,
    /// Downlink packet delay in microseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dl_delay_us: Option<u32>,
    /// Whether the guaranteed QoS is fulfilled (TS 29.514 `QosNotifType`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guaranteed: Option<bool>,
    /// The PDU session that was measured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pdu_session: Option<u8>,
}

impl QosReport {
    /// Its key on stream `qos`.
    pub fn key(&self) -> String {
        self.supi.to_string()
    }

    /// What is wrong with it, if anything is: see [`Measured::problem`].
    pub fn problem(&self) -> Option<String> {
        self.measured.problem()
    }
}

impl Measured {
    /// The longest delay that can be told, in microseconds: a minute.
    pub const LONGEST_US: u32 = 60_000_000;

    /// What is wrong with the figures, if anything is: delays of more than a minute, a loss outside 0 to 1, or nothing
    /// measured at all.
    pub fn problem(&self) -> Option<String> {
        let delays = [
            ("rtt_us", self.rtt_us),
            ("jitter_us", self.jitter_us),
            ("ul_delay_us", self.ul_delay_us),
            ("dl_delay_us", self.dl_delay_us),
        ];
        if let Some((name, _)) = delays.iter().find(|(_, delay)| *delay > Some(Self::LONGEST_US)) {
            return Some(format!("`{name}` is more than {} (a minute)", Self::LONGEST_US));
        }
        if self.loss.is_some_and(|loss| !(0.0..=1.0).contains(&loss)) {
            return Some("`loss` is not a part of all between 0 and 1".to_owned());
        }
        let measured = delays.iter().any(|(_, delay)| delay.is_some())
            || self.loss.is_some()
            || self.guaranteed.is_some();
        (!measured).then(|| {
            "nothing is measured: one of `rtt_us`, `jitter_us`, `loss`, `ul_delay_us`, `dl_delay_us`, `guaranteed` \
             is needed"
                .to_owned()
        })
    }

    /// The round trip time in microseconds: as measured, or else the sum of both ways.
    pub const fn round_trip_us(&self) -> Option<u32> {
        match (self.rtt_us, self.ul_delay_us, self.dl_delay_us) {
            (Some(rtt), _, _) => Some(rtt),
            (None, Some(up), Some(down)) => Some(up.saturating_add(down)),
            (None, _, _) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_survives_json_and_leaves_out_what_was_not_measured() {
        let report = QosReport {
            supi: "imsi-208930000000003".parse().expect("valid"),
            app: None,
            site: Some(SiteId::new("edge-a").expect("valid")),
            observed_at: Timestamp::from_micros(1_000_000),
            reported_at: None,
            source: QosSource::Probe,
            measured: Measured { rtt_us: Some(18_500), loss: Some(0.01), ..Measured::default() },
        };
        let text = serde_json::to_string(&report).expect("serialises");
        assert_eq!(serde_json::from_str::<QosReport>(&text).expect("reads back"), report);
        assert!(text.contains(r#""measured":{"rtt_us":18500,"loss":0.01}"#), "{text}");
        assert_eq!((report.key().as_str(), report.problem()), ("imsi-208930000000003", None));
        for source in QosSource::ALL {
            assert_eq!(serde_json::to_value(source).expect("JSON"), source.as_str());
        }
    }

    #[test]
    fn figures_out_of_range_are_named() {
        let problem = |measured: Measured| measured.problem().unwrap_or_default();
        assert!(problem(Measured::default()).starts_with("nothing is measured"));
        assert!(problem(Measured { pdu_session: Some(1), ..Measured::default() }).starts_with("nothing"));
        for loss in [-0.1, 1.1, f64::NAN, f64::INFINITY] {
            assert!(
                problem(Measured { loss: Some(loss), ..Measured::default() }).contains("`loss`"),
                "{loss}"
            );
        }
        let rtt = |us| Measured { rtt_us: Some(us), ..Measured::default() };
        assert_eq!(rtt(Measured::LONGEST_US).problem(), None);
        assert!(problem(rtt(Measured::LONGEST_US + 1)).starts_with("`rtt_us` is more than 60000000"));
        assert_eq!(Measured { guaranteed: Some(false), ..Measured::default() }.problem(), None);
    }

    #[test]
    fn both_ways_make_a_round_trip_where_it_was_not_measured() {
        let ways = Measured { ul_delay_us: Some(7), dl_delay_us: Some(5), ..Measured::default() };
        assert_eq!(ways.round_trip_us(), Some(12));
        assert_eq!(Measured { rtt_us: Some(9), ..ways }.round_trip_us(), Some(9));
        assert_eq!(Measured { dl_delay_us: None, ..ways }.round_trip_us(), None);
    }
}
