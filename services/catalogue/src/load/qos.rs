//! `qos`.

use std::time::Duration;

use model::QosTarget;
use serde_saphyr::Spanned;

use crate::error::Problems;
use crate::section::{QosEntry, Span};

/// No target where nothing is said.
pub(super) fn target(
    entry: Option<&Spanned<QosEntry>>,
    path: &str,
    problems: &mut Problems,
) -> Option<Option<QosTarget>> {
    let Some(entry) = entry else { return Some(None) };
    let default = QosTarget::default();
    let given = |span: &Option<Spanned<Span>>| span.as_ref().map(|span| span.value.0);
    let or = |span: &Option<Spanned<Span>>, default: Duration| given(span).unwrap_or(default);
    let qos = &entry.value;
    let target = QosTarget {
        rtt: given(&qos.rtt),
        jitter: given(&qos.jitter),
        loss: qos.loss.as_ref().map(|loss| loss.value.0),
        violated_for: or(&qos.violated_for, default.violated_for),
        valid_for: or(&qos.valid_for, default.valid_for),
    };
    match target.problem() {
        None => Some(Some(target)),
        Some((member, reason)) => {
            problems.field(format!("{path}.qos.{member}"), entry.referenced, reason);
            None
        }
    }
}
