//! What was measured of UEs goes on the bus as it came: nothing of it is compared or kept here.

use bus::{BusError, Record};
use model::{QosReport, Stream};
use uuid::Uuid;

use super::{BATCH, Publisher};

/// Namespace of the ids of reports.
const REPORTS: Uuid = Uuid::from_u128(0x88d7_cc38_8cad_5ae6_ae12_c628_8d31_f2ac);

impl Publisher {
    /// Tells of the UEs whose part is ours; returns when the bus has it. A notification that comes again has the same
    /// ids and is told once.
    ///
    /// # Errors
    /// [`BusError`]; what was told before may be told again.
    pub(crate) async fn measure(&self, reports: &[QosReport]) -> Result<(), BusError> {
        let ours: Vec<&QosReport> = reports.iter().filter(|report| self.parts.holds(&report.supi)).collect();
        for batch in ours.chunks(BATCH) {
            self.bus.publish(Stream::Qos, batch.iter().map(|report| record(report)).collect()).await?;
            self.metrics.qos_reports.inc_by(batch.len() as u64);
        }
        Ok(())
    }
}

fn record(report: &QosReport) -> Record {
    // A struct of strings and numbers always serialises.
    let data = serde_json::to_vec(report).unwrap_or_default();
    // When it reached us tells nothing of what it is.
    let content =
        serde_json::to_vec(&(&report.supi, report.reported_at, report.measured)).unwrap_or_default();
    let id = Uuid::new_v5(&REPORTS, &content).to_string();
    Record { key: report.key().into(), id: Some(id.into()), data: data.into() }
}

#[cfg(test)]
mod tests {
    use model::{Measured, QosSource, ReportedAt, Timestamp};

    use super::*;

    fn report(observed_at: u64, reported_at: u64, rtt_us: u32) -> QosReport {
        QosReport {
            supi: "imsi-208930000000003".parse().expect("a SUPI"),
            app: None,
            site: None,
            observed_at: Timestamp::from_micros(observed_at),
            reported_at: Some(ReportedAt::from_micros(reported_at)),
            source: QosSource::Core,
            measured: Measured { rtt_us: Some(rtt_us), ..Measured::default() },
        }
    }

    #[test]
    fn the_same_measurement_has_the_same_id_whenever_it_comes() {
        let id = |report: &QosReport| record(report).id;
        assert_eq!(id(&report(1, 5, 9)), id(&report(2, 5, 9)));
        assert_ne!(id(&report(1, 5, 9)), id(&report(1, 6, 9)));
        assert_ne!(id(&report(1, 5, 9)), id(&report(1, 5, 8)));
        assert_eq!(&*record(&report(1, 5, 9)).key, "imsi-208930000000003");
    }
}
