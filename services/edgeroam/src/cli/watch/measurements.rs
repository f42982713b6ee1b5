//! Measurements as lines for people.

use model::{Measured, QosReport};

/// What was measured of a UE.
pub(super) fn line(report: &QosReport) -> String {
    let mut words = vec![figures(&report.measured)];
    words.extend(report.app.iter().map(|app| format!("of {app}")));
    words.extend(report.site.iter().map(|site| format!("at {site}")));
    words.push(format!("by {}", report.source.as_str()));
    format!("{}  qos       {}  {}", report.observed_at, report.supi, words.join("  "))
}

fn figures(measured: &Measured) -> String {
    let mut words = Vec::new();
    if let Some(guaranteed) = measured.guaranteed {
        words.push(if guaranteed { "guaranteed" } else { "NOT guaranteed" }.to_owned());
    }
    let delays = [
        ("rtt", measured.rtt_us),
        ("ul", measured.ul_delay_us),
        ("dl", measured.dl_delay_us),
        ("jitter", measured.jitter_us),
    ];
    let millis =
        |(name, micros): (&str, Option<u32>)| Some(format!("{name} {:.1} ms", f64::from(micros?) / 1_000.0));
    words.extend(delays.into_iter().filter_map(millis));
    words.extend(measured.loss.map(|loss| format!("loss {:.2} %", loss * 100.0)));
    words.extend(measured.pdu_session.map(|session| format!("session {session}")));
    words.join("  ")
}

#[cfg(test)]
mod tests {
    use model::{QosSource, Timestamp};

    use super::*;

    #[test]
    fn a_measurement_says_what_of_whom_where_and_by_whom() {
        let report = QosReport {
            supi: "imsi-208930000000001".parse().expect("a SUPI"),
            app: Some("echo".parse().expect("an app")),
            site: Some("north".parse().expect("a site")),
            observed_at: Timestamp::from_micros(0),
            reported_at: None,
            source: QosSource::Core,
            measured: Measured {
                rtt_us: Some(21_640),
                loss: Some(0.0125),
                guaranteed: Some(false),
                pdu_session: Some(5),
                ..Measured::default()
            },
        };
        assert_eq!(
            line(&report),
            "1970-01-01T00:00:00.000Z  qos       imsi-208930000000001  NOT guaranteed  rtt 21.6 ms  loss 1.25 %  \
             session 5  of echo  at north  by core"
        );
    }
}
