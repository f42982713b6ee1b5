//! How the policy `weighted` weighs sites.

use super::explanation::millis;
use crate::v1::{Criteria, Normalisation, Policy, PolicyName, Weighed};

pub(super) fn policy(from: &model::Weighted) -> Policy {
    let model::Weighted { weights, normalisation, gain, minimum_stay, distance_scale_meters } = from;
    Policy {
        weights: Some(criteria(weights)),
        normalisation: Some(match normalisation {
            model::Normalisation::Saw => Normalisation::Saw,
            model::Normalisation::Topsis => Normalisation::Topsis,
        }),
        gain: Some(*gain),
        minimum_stay_ms: Some(millis(*minimum_stay)),
        distance_scale_meters: Some(*distance_scale_meters),
        ..Policy::named(PolicyName::Weighted)
    }
}

pub(super) const fn weighed(from: &model::Weighed) -> Weighed {
    let model::Weighed { figures, terms, score } = from;
    Weighed { figures: criteria(figures), terms: criteria(terms), score: *score }
}

const fn criteria(from: &model::Criteria) -> Criteria {
    let model::Criteria { distance, load, cost, tier, relocation } = *from;
    Criteria { distance, load, cost, tier, relocation }
}
