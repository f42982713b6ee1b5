//! How the policy `weighted` weighs sites.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::words::open_words;

/// How a site was weighed against the others.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Weighed {
    /// What was weighed.
    pub figures: Criteria,
    /// What each figure makes, normalised and weighted.
    pub terms: Criteria,
    /// From 0 to 1; the site with the highest one is the best.
    pub score: f64,
}

/// One number for each criterion: a weight, a figure, or what a figure makes. The less, the better.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Criteria {
    /// Geodesic distance from the UE's place, in metres.
    pub distance: f64,
    /// Load, as a part of the high water mark.
    pub load: f64,
    /// What an instance costs there for an hour, in the unit of the catalogue.
    pub cost: f64,
    /// Tier: 0 edge, 1 metro, 2 cloud.
    pub tier: f64,
    /// Whether it would have to be relocated: 0 for the serving site, 1 for any other.
    pub relocation: f64,
}

open_words! {
    /// How figures of different units are made comparable.
    pub enum Normalisation {
        /// Simple additive weighting.
        Saw = "saw",
        /// Closeness to an ideal site.
        Topsis = "topsis",
    }
}
