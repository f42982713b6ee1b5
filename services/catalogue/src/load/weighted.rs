//! The policy `weighted`.

use model::{Criteria, Normalisation, Weighted};
use serde_saphyr::{Location, Spanned};

use super::policy::span;
use crate::error::Problems;
use crate::section::WeightedEntry;

pub(super) fn weighted(entry: &WeightedEntry, path: &str, problems: &mut Problems) -> Option<Weighted> {
    let path = format!("{path}.weighted");
    let default = Weighted::default();
    let number = |own: &Option<Spanned<f64>>, default: f64| own.as_ref().map_or(default, |own| own.value);
    let normalisation = match entry.normalisation.as_ref().map(|own| (own.value.0.as_str(), own.referenced)) {
        None => default.normalisation,
        Some(("saw", _)) => Normalisation::Saw,
        Some(("topsis", _)) => Normalisation::Topsis,
        Some((other, at)) => {
            let other: String = other.chars().take(64).collect();
            let reason = format!("`{other}` is no normalisation: `saw` or `topsis`");
            problems.field(format!("{path}.normalisation"), at, reason);
            return None;
        }
    };
    let knobs = Weighted {
        weights: Criteria {
            distance: number(&entry.distance, default.weights.distance),
            load: number(&entry.load, default.weights.load),
            cost: number(&entry.cost, default.weights.cost),
            tier: number(&entry.tier, default.weights.tier),
            relocation: number(&entry.relocation, default.weights.relocation),
        },
        normalisation,
        gain: number(&entry.gain, default.gain),
        minimum_stay: span(&entry.minimum_stay, default.minimum_stay),
        distance_scale_meters: entry
            .distance_scale
            .as_ref()
            .map_or(default.distance_scale_meters, |own| own.value.0),
    };
    let Some((member, reason)) = knobs.problem() else { return Some(knobs) };
    problems.field(format!("{path}.{member}"), place(entry, member), reason);
    None
}

/// Where a member stands, if it was written.
fn place(entry: &WeightedEntry, member: &str) -> Location {
    let numbers = [
        ("distance", &entry.distance),
        ("load", &entry.load),
        ("cost", &entry.cost),
        ("tier", &entry.tier),
        ("relocation", &entry.relocation),
        ("gain", &entry.gain),
    ];
    let number = numbers.into_iter().find(|(name, _)| *name == member).and_then(|(_, own)| own.as_ref());
    let scale = entry.distance_scale.as_ref().filter(|_| member == "distance_scale");
    let found = number.map(|own| own.referenced).or_else(|| scale.map(|own| own.referenced));
    found.unwrap_or(Location::UNKNOWN)
}
