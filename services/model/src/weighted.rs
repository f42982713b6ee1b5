//! The policy `weighted`: its knobs, and what it makes of a site.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Knobs of the `weighted` policy: the site with the best score out of distance, load, cost, tier and the relocation
/// itself.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Weighted {
    /// How much each criterion counts; only their proportions matter.
    pub weights: Criteria,
    /// How figures of different units are made comparable.
    pub normalisation: Normalisation,
    /// Another site must score higher than the serving one by more than this, of a score from 0 to 1.
    pub gain: f64,
    /// And the instance must have been at its site for at least this long.
    pub minimum_stay: Duration,
    /// `saw`: a difference in distance that counts in full, in metres, where no two sites differ by more.
    pub distance_scale_meters: f64,
}

impl Default for Weighted {
    /// 0.4, 0.2, 0.1, 0.1, 0.2; SAW; 0.05, 30 s, 1 km. Neither load nor cost nor tier alone is worth a relocation.
    fn default() -> Self {
        Self {
            weights: Criteria { distance: 0.4, load: 0.2, cost: 0.1, tier: 0.1, relocation: 0.2 },
            normalisation: Normalisation::Saw,
            gain: 0.05,
            minimum_stay: Duration::from_secs(30),
            distance_scale_meters: 1_000.0,
        }
    }
}

impl Weighted {
    /// What is wrong with it, if anything is: the member, and why.
    pub fn problem(&self) -> Option<(&'static str, String)> {
        let weights = Criteria::NAMES.into_iter().zip(self.weights.each());
        for (name, weight) in weights {
            if !(0.0..=1e6).contains(&weight) {
                return Some((name, format!("{weight} is no weight: 0 to 1000000")));
            }
        }
        if self.weights.each().iter().all(|weight| *weight == 0.0) {
            let reason = "every weight is 0: give one that is more, else any site is as good as any other";
            return Some(("distance", reason.to_owned()));
        }
        if !(0.0..=1.0).contains(&self.gain) {
            return Some((
                "gain",
                format!("{} is no gain: scores are from 0 to 1, and so is what they differ by", self.gain),
            ));
        }
        let scale = self.distance_scale_meters;
        let reason = || format!("{scale} m is no scale: more than 0");
        (!(scale.is_finite() && scale > 0.0)).then(|| ("distance_scale", reason()))
    }
}

/// How figures of different units are made comparable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Normalisation {
    /// Simple additive weighting: each figure as its place between the best and the worst one, summed up.
    Saw,
    /// Closeness to an ideal site, as far as from the opposite one (Hwang, Yoon: Multiple Attribute Decision Making,
    /// 1981).
    Topsis,
}

impl Normalisation {
    /// Its name in files and tables.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Saw => "saw",
            Self::Topsis => "topsis",
        }
    }
}

/// One number for each criterion: a weight, a figure, or what a figure takes from a score. The less, the better.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Criteria {
    /// Geodesic distance from the UE's place, in metres.
    pub distance: f64,
    /// Load, as a part of the high water mark.
    pub load: f64,
    /// What an instance costs there for an hour, in the catalogue's unit.
    pub cost: f64,
    /// Tier: 0 edge, 1 metro, 2 cloud.
    pub tier: f64,
    /// Whether it would have to be relocated: 0 for the serving site, 1 for any other.
    pub relocation: f64,
}

impl Criteria {
    /// The names, in the order of [`each`](Self::each).
    pub const NAMES: [&'static str; 5] = ["distance", "load", "cost", "tier", "relocation"];

    /// The numbers.
    pub const fn each(&self) -> [f64; 5] {
        [self.distance, self.load, self.cost, self.tier, self.relocation]
    }
}

impl From<[f64; 5]> for Criteria {
    fn from([distance, load, cost, tier, relocation]: [f64; 5]) -> Self {
        Self { distance, load, cost, tier, relocation }
    }
}

/// How a site was weighed against the others.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Weighed {
    /// What was weighed.
    pub figures: Criteria,
    /// What each figure makes, normalised and weighted. With SAW the score is what their sum lacks to 1.
    pub terms: Criteria,
    /// From 0 to 1; the site with the highest one is the best.
    pub score: f64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knobs_that_make_no_sense_are_told() {
        let knobs = Weighted::default();
        assert_eq!(knobs.problem(), None);
        let weights = |weights: Criteria| Weighted { weights, ..knobs };
        for (wrong, about) in [
            (weights(Criteria { load: -0.1, ..knobs.weights }), "load"),
            (weights(Criteria { relocation: f64::NAN, ..knobs.weights }), "relocation"),
            (weights(Criteria { cost: f64::INFINITY, ..knobs.weights }), "cost"),
            (weights(Criteria::default()), "distance"),
            (Weighted { gain: 1.1, ..knobs }, "gain"),
            (Weighted { gain: f64::NAN, ..knobs }, "gain"),
            (Weighted { distance_scale_meters: 0.0, ..knobs }, "distance_scale"),
            (Weighted { distance_scale_meters: f64::INFINITY, ..knobs }, "distance_scale"),
        ] {
            assert_eq!(wrong.problem().map(|(member, _)| member), Some(about), "{wrong:?}");
        }
    }

    #[test]
    fn by_default_nothing_but_distance_outweighs_a_relocation() {
        let Criteria { distance, load, cost, tier, relocation } = Weighted::default().weights;
        assert!(distance > relocation && [load, cost, tier].iter().all(|weight| *weight <= relocation));
    }
}
