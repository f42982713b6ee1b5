//! Quality of service behind a verdict.

use std::time::Duration;

use super::explanation::millis;
use crate::v1::{QosTarget, SiteQuality};

pub(super) fn target(from: &model::QosTarget) -> QosTarget {
    let fine = |span: Duration| span.as_secs_f64() * 1_000.0;
    QosTarget {
        rtt_ms: from.rtt.map(fine),
        jitter_ms: from.jitter.map(fine),
        loss: from.loss,
        violated_for_ms: millis(from.violated_for),
        valid_for_ms: millis(from.valid_for),
    }
}

pub(super) fn measured(from: &model::SiteQuality) -> SiteQuality {
    let fine = |micros: u32| f64::from(micros) / 1_000.0;
    SiteQuality {
        rtt_ms: from.rtt_us.map(fine),
        jitter_ms: from.jitter_us.map(fine),
        loss: from.loss,
        guaranteed: from.guaranteed,
        violated_ms: from.violated_ms,
    }
}
