//! From samples of quality to reports: one of each UE, app and site, with all that was found of it.

use std::collections::BTreeMap;

use model::{AppId, Measured, QosReport, QosSource, SiteId, Supi, Timestamp};

use crate::config::What;

/// Whom a sample is of.
pub(super) type Whom = (Supi, Option<AppId>, Option<SiteId>);

/// What the queries of one round say.
#[derive(Debug, Default)]
pub(super) struct Qualities(BTreeMap<Whom, Measured>);

impl Qualities {
    /// Takes in a sample: seconds, or the share that is lost. Of several of the same the worst counts. False where it is
    /// not within what can be told.
    pub(super) fn add(&mut self, whom: Whom, what: What, value: f64) -> bool {
        let longest = f64::from(Measured::LONGEST_US);
        let micros = (value * 1e6).round();
        // Within the range that was looked at, nothing is cut off.
        let micros = (0.0..=longest).contains(&micros).then_some(micros as u32);
        let loss = (0.0..=1.0).contains(&value).then_some(value);
        let measured = match what {
            What::Rtt => Measured { rtt_us: micros, ..Measured::default() },
            What::Jitter => Measured { jitter_us: micros, ..Measured::default() },
            What::Loss => Measured { loss, ..Measured::default() },
            What::Load | What::Cordoned | What::Draining | What::Degraded | What::Failed => return false,
        };
        if measured.problem().is_some() {
            return false;
        }
        let all = self.0.entry(whom).or_default();
        all.rtt_us = all.rtt_us.max(measured.rtt_us);
        all.jitter_us = all.jitter_us.max(measured.jitter_us);
        all.loss = match (all.loss, measured.loss) {
            (Some(one), Some(other)) => Some(one.max(other)),
            (one, other) => one.or(other),
        };
        true
    }

    /// The reports, observed then.
    pub(super) fn of(self, observed_at: Timestamp) -> impl Iterator<Item = QosReport> {
        self.0.into_iter().map(move |((supi, app, site), measured)| QosReport {
            supi,
            app,
            site,
            observed_at,
            reported_at: None,
            source: QosSource::Prometheus,
            measured,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_of_one_ue_app_and_site_are_one_report_with_the_worst_of_each() {
        let mut all = Qualities::default();
        let whom = |site: &str| -> Whom {
            ("imsi-208930000000003".parse().expect("valid"), None, Some(site.parse().expect("valid")))
        };
        assert!(all.add(whom("north"), What::Rtt, 0.0185) && all.add(whom("north"), What::Rtt, 0.02));
        assert!(all.add(whom("north"), What::Loss, 0.01) && all.add(whom("south"), What::Jitter, 0.001));
        for wrong in [-0.001, 61.0, f64::MAX] {
            assert!(!all.add(whom("north"), What::Rtt, wrong), "{wrong}");
        }
        assert!(!all.add(whom("north"), What::Loss, 1.01) && !all.add(whom("north"), What::Load, 0.5));
        let reports: Vec<_> = all.of(Timestamp::default()).collect();
        assert_eq!(reports.len(), 2);
        let measured = reports[0].measured;
        assert_eq!((measured.rtt_us, measured.loss, measured.jitter_us), (Some(20_000), Some(0.01), None));
        assert_eq!(reports[1].measured.jitter_us, Some(1_000));
    }
}
