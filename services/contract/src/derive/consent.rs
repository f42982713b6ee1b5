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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_snake_case_like_all_words_and_the_free_one_is_absent() {
        for from in model::MobilityLevel::ALL {
            let told = level(from).map(|level| level.as_str().to_owned());
            assert_eq!(told, (!from.is_free()).then(|| from.as_str().replace('-', "_")));
        }
    }

    #[test]
    fn a_consent_keeps_its_numbers() {
        for state in [
            model::Consent::Needed,
            model::Consent::Open,
            model::Consent::Expired,
            model::Consent::Refused,
            model::Consent::Confirmed,
        ] {
            let seen = model::ConsentSeen {
                state,
                generation: model::Generation(3),
                age_ms: 1_500,
                left_ms: 58_500,
            };
            let told = serde_json::to_value(consent(&seen)).expect("JSON");
            let wanted =
                format!(r#"{{"state":"{}","generation":3,"ageMs":1500,"leftMs":58500}}"#, state.as_str());
            assert_eq!(told, serde_json::from_str::<serde_json::Value>(&wanted).expect("JSON"));
        }
    }
}
