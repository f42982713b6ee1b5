//! `qos`.

use model::{Measured, QosReport, QosSource};

use super::Deriver;
use super::ue::about;
use crate::v1::{MeasuredBy, QosNotifType, Quality, UeQos};
use crate::{Event, Kind, Time};

impl Deriver {
    /// What quality of service was measured for a UE.
    pub fn qos_report(&self, sequence: u64, report: &QosReport) -> Vec<Event> {
        let kind = Kind::UeQos;
        let told = UeQos {
            ue: self.key.ue(&report.supi),
            supi: self.clear(kind, &report.supi),
            observed_at: report.observed_at.into(),
            reported_at: report.reported_at.map(Time::from),
            measured_by: Some(match report.source {
                QosSource::App => MeasuredBy::App,
                QosSource::Probe => MeasuredBy::Probe,
                QosSource::Prometheus => MeasuredBy::Prometheus,
                QosSource::Core => MeasuredBy::Core,
            }),
            app: report.app.as_ref().map(ToString::to_string),
            site: report.site.as_ref().map(ToString::to_string),
            quality: quality(&report.measured),
        };
        self.event(about(kind, &told.ue, sequence, report.observed_at), &told)
    }
}

/// In the units of 3GPP: milliseconds, and tenths of a percent.
fn quality(measured: &Measured) -> Quality {
    let millis = |micros: u32| micros.saturating_add(500) / 1_000;
    let delays = |micros: Option<u32>| micros.map(millis).into_iter().collect();
    Quality {
        pdu_se_id: measured.pdu_session,
        notif_type: measured.guaranteed.map(|guaranteed| {
            if guaranteed { QosNotifType::Guaranteed } else { QosNotifType::NotGuaranteed }
        }),
        ul_delays: delays(measured.ul_delay_us),
        dl_delays: delays(measured.dl_delay_us),
        rt_delays: delays(measured.rtt_us),
        jitter: measured.jitter_us.map(millis),
        plr: measured.loss.map(|loss| (loss.clamp(0.0, 1.0) * 1_000.0).round() as u16),
        ..Quality::default()
    }
}
