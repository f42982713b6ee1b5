//! From an SMF's events to what was measured of each UE; pure.

use model::{Measured, QosReport, QosSource, ReportedAt, Timestamp};
use sbi_schemas::ts29508::{EventNotification, SmfEvent};

use crate::config::QosConfig;

/// Microseconds of a millisecond, in which delays are told (TS 29.508 clause 5.6.2.5).
const MILLISECOND: u64 = 1000;

/// Everything that one notification says.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Measurements {
    /// What was measured.
    pub(crate) reports: Vec<QosReport>,
    /// Events without a usable SUPI, time or delay.
    pub(crate) unreadable: u64,
    /// What is wrong with the first of them.
    pub(crate) problem: Option<String>,
    /// Delays that could not be measured.
    pub(crate) unmeasured: u64,
    /// Events of sessions that do not count.
    pub(crate) elsewhere: u64,
}

/// What these events say of the sessions that count; other events than QOS_MON say nothing.
pub(crate) fn measurements<S: AsRef<str>>(
    events: &[EventNotification<S>],
    sessions: &QosConfig,
    observed_at: Timestamp,
) -> Measurements {
    let mut all = Measurements::default();
    for (place, event) in events.iter().enumerate() {
        match event.event {
            SmfEvent::QosMon => {}
            SmfEvent::Other => continue,
        }
        let dnn = event.dnn.as_ref().map(AsRef::as_ref);
        if !sessions.counts_dnn(dnn) || !sessions.counts_slice(event.snssai.as_ref()) {
            all.elsewhere += 1;
            continue;
        }
        match report(event, observed_at) {
            Ok(Some(report)) => all.reports.push(report),
            Ok(None) => all.unmeasured += 1,
            Err(problem) => {
                all.unreadable += 1;
                all.problem.get_or_insert_with(|| format!("eventNotifs[{place}]: {problem}"));
            }
        }
    }
    all
}

/// `None` where the measurement failed.
fn report<S: AsRef<str>>(
    event: &EventNotification<S>,
    observed_at: Timestamp,
) -> Result<Option<QosReport>, String> {
    let supi = event.supi.as_ref().ok_or("supi is missing")?.as_ref();
    let supi = supi.parse().map_err(|_| "supi: is not a SUPI")?;
    let at = event.time_stamp.as_ref();
    let reported_at = ReportedAt::parse(at).ok_or("timeStamp: is not a date-time of RFC 3339")?;
    let measured = Measured {
        rtt_us: shortest("rtDelays", event.rt_delays.as_deref())?,
        ul_delay_us: shortest("ulDelays", event.ul_delays.as_deref())?,
        dl_delay_us: shortest("dlDelays", event.dl_delays.as_deref())?,
        pdu_session: event.pdu_se_id,
        ..Measured::default()
    };
    let nothing = measured.round_trip_us().or(measured.ul_delay_us).or(measured.dl_delay_us).is_none();
    if nothing && event.pdmf == Some(true) {
        return Ok(None);
    }
    let report = QosReport {
        supi,
        app: None,
        site: None,
        observed_at,
        reported_at: Some(reported_at),
        source: QosSource::Core,
        measured,
    };
    match report.problem() {
        None => Ok(Some(report)),
        Some(problem) => Err(problem),
    }
}

/// Delays in microseconds. Two are those of redundant paths (TS 23.501 clause 5.33.3.2), of which the copy of a packet
/// that comes first counts.
fn shortest(name: &str, delays: Option<&[u64]>) -> Result<Option<u32>, String> {
    let Some(delay) = delays.unwrap_or_default().iter().min() else { return Ok(None) };
    let micros = delay.checked_mul(MILLISECOND).and_then(|micros| u32::try_from(micros).ok());
    micros.map(Some).ok_or_else(|| format!("{name}: {delay} ms is out of range"))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::config::Slice;

    const NOW: Timestamp = Timestamp::from_micros(77);

    fn event(changes: &Value) -> EventNotification {
        let mut event = json!({
            "event": "QOS_MON", "timeStamp": "2026-11-23T07:00:00.5Z", "supi": "imsi-208930000000003",
            "pduSeId": 5, "dnn": "internet", "snssai": {"sst": 1, "sd": "010203"}, "rtDelays": [13],
        });
        for (name, value) in changes.as_object().expect("an object") {
            event[name] = value.clone();
        }
        serde_json::from_value(event).expect("valid")
    }

    fn read(changes: &[Value]) -> Measurements {
        let events: Vec<_> = changes.iter().map(event).collect();
        measurements(&events, &QosConfig::default(), NOW)
    }

    fn measured(changes: Value) -> Measured {
        let read = read(&[changes]);
        assert_eq!((read.reports.len(), &read.problem), (1, &None), "{read:?}");
        read.reports[0].measured
    }

    #[test]
    fn a_report_has_times_session_and_microseconds() {
        let read = read(&[json!({"ulDelays": [7], "dlDelays": [6]})]);
        let report = &read.reports[0];
        assert_eq!((report.observed_at, report.source), (NOW, QosSource::Core));
        assert_eq!(report.reported_at, ReportedAt::parse("2026-11-23T07:00:00.5Z"));
        assert_eq!(report.key(), "imsi-208930000000003");
        let expected = Measured {
            rtt_us: Some(13_000),
            ul_delay_us: Some(7_000),
            dl_delay_us: Some(6_000),
            pdu_session: Some(5),
            ..Measured::default()
        };
        assert_eq!(report.measured, expected);
        assert_eq!((&report.app, &report.site), (&None, &None));
    }

    #[test]
    fn of_redundant_paths_the_quicker_counts_and_both_ways_make_a_round_trip() {
        assert_eq!(measured(json!({"rtDelays": [20, 11]})).rtt_us, Some(11_000));
        let ways = measured(json!({"rtDelays": null, "ulDelays": [9, 4], "dlDelays": [3]}));
        assert_eq!((ways.rtt_us, ways.round_trip_us()), (None, Some(7_000)));
    }

    #[test]
    fn a_failed_measurement_says_nothing_and_is_no_fault() {
        let read = read(&[json!({"rtDelays": null, "pdmf": true}), json!({"pdmf": true})]);
        assert_eq!((read.reports.len(), read.unmeasured, read.unreadable), (1, 1, 0));
    }

    #[test]
    fn what_cannot_be_used_is_named_with_its_place_and_spoils_no_other() {
        for (changes, problem) in [
            (json!({"supi": null}), "supi is missing"),
            (json!({"supi": "somebody"}), "supi: is not a SUPI"),
            (json!({"timeStamp": "yesterday"}), "timeStamp: is not"),
            (json!({"rtDelays": null}), "nothing is measured"),
            (json!({"rtDelays": []}), "nothing is measured"),
            (json!({"rtDelays": [60_001]}), "`rtt_us` is more than"),
            (json!({"ulDelays": [u64::MAX]}), "ulDelays: 18446744073709551615 ms is out of range"),
        ] {
            let read = read(&[json!({}), changes.clone(), json!({})]);
            assert_eq!((read.reports.len(), read.unreadable), (2, 1), "{changes}");
            let told = read.problem.expect("a problem");
            assert!(told.starts_with("eventNotifs[1]: ") && told.contains(problem), "{told}");
        }
    }

    #[test]
    fn other_events_and_other_sessions_say_nothing() {
        let snssai = Some(Slice { sst: 1, sd: Some("010203".into()) });
        let sessions = QosConfig { dnn: Some("internet".into()), snssai, ..QosConfig::default() };
        let events = [
            event(&json!({"event": "UP_PATH_CH"})),
            event(&json!({"dnn": "ims"})),
            event(&json!({"snssai": {"sst": 2}})),
            event(&json!({"dnn": null, "snssai": null})),
        ];
        let read = measurements(&events, &sessions, NOW);
        assert_eq!((read.reports.len(), read.elsewhere, read.unreadable), (1, 2, 0));
    }
}
