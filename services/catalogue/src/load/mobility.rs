//! `mobility_level` and `confirmation_timeout`.

use model::{Mobility, MobilityLevel};

use crate::error::Problems;
use crate::section::AppEntry;

/// `without-confirmation` where nothing is said.
pub(super) fn of_app(app: &AppEntry, path: &str, problems: &mut Problems) -> Mobility {
    let mut mobility = Mobility::default();
    if let Some(word) = &app.mobility_level {
        match MobilityLevel::ALL.into_iter().find(|level| level.as_str() == word.value.0) {
            Some(level) => mobility.level = level,
            None => {
                let reason = format!(
                    "`{}` is no level: `not-allowed`, `with-confirmation` or `without-confirmation`",
                    word.value.0
                );
                problems.field(format!("{path}.mobility_level"), word.referenced, reason);
                return mobility;
            }
        }
    }
    if let Some(timeout) = &app.confirmation_timeout {
        let path = format!("{path}.confirmation_timeout");
        if mobility.level != MobilityLevel::WithConfirmation {
            let reason = "says nothing without `mobility_level: with-confirmation`";
            problems.field(path, timeout.referenced, reason);
        } else if !(Mobility::SHORTEST..=Mobility::LONGEST).contains(&timeout.value.0) {
            problems.field(path, timeout.referenced, "is out of range: 1s to 24h");
        } else {
            mobility.confirmation_timeout = timeout.value.0;
        }
    }
    mobility
}
