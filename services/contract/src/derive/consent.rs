//! Whether somebody has to agree before an instance is moved, and has.

use crate::v1::{Consent, ConsentState, MobilityLevel};

/// Absent where nobody has to agree to anything.
pub(super) const fn level(from: model::MobilityLevel) -> Option<MobilityLevel> {
    match from {
        model::MobilityLevel::NotAllowed => Some(MobilityLevel::NotAllowed),
        model::MobilityLevel::WithConfirmation => Some(MobilityLevel::WithConfirmation),
        model::MobilityLevel::WithoutConfirmation => None,
    }
}

pub(super) const fn consent(from: &model::ConsentSeen) -> Consent {
    let state = match from.state {
        model::Consent::Needed => ConsentState::Needed,
        model::Consent::Open => ConsentState::Open,
        model::Consent::Expired => ConsentState::Expired,
        model::Consent::Refused => ConsentState::Refused,
        model::Consent::Confirmed => ConsentState::Confirmed,
    };
    Consent { state, generation: from.generation.0, age_ms: from.age_ms, left_ms: from.left_ms }
}
