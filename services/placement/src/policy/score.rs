//! Scores out of figures of different kinds, each the better the smaller it is. Two of the usual ways: simple additive
//! weighting, and TOPSIS (Hwang, Yoon: Multiple Attribute Decision Making, 1981).

use model::{Criteria, Normalisation, Weighed, Weighted};

/// Scores are told and compared in steps of this, so that a verdict follows from what is told.
const STEPS: f64 = 1e9;
const CRITERIA: usize = Criteria::NAMES.len();

/// Gives each site its terms and its score: a number from 0 to 1, the highest for the best one. One site alone, or
/// several that differ in nothing that counts, score 1.
pub(crate) fn score(knobs: &Weighted, sites: &mut [Weighed]) {
    let weights = knobs.weights.each();
    let sum: f64 = weights.iter().sum();
    for (column, weight) in weights.into_iter().enumerate() {
        let weight = if sum > 0.0 { weight / sum } else { 0.0 };
        let scale = Scale::of(knobs, column, sites);
        for site in &mut *sites {
            let mut terms = site.terms.each();
            terms[column] = weight * scale.normalised(site.figures.each()[column]);
            site.terms = terms.into();
        }
    }
    match knobs.normalisation {
        Normalisation::Saw => {
            sites
                .iter_mut()
                .for_each(|site| site.score = stepped(1.0 - site.terms.each().iter().sum::<f64>()));
        }
        Normalisation::Topsis => closeness(sites),
    }
}

/// By how much one score is higher than another.
pub(crate) fn gain(score: f64, other: f64) -> f64 {
    ((score - other) * STEPS).round() / STEPS
}

fn stepped(score: f64) -> f64 {
    (score.clamp(0.0, 1.0) * STEPS).round() / STEPS
}

/// How the figures of a column become comparable with others: what is taken off, and what the rest is divided by.
struct Scale {
    from: f64,
    unit: f64,
}

impl Scale {
    fn of(knobs: &Weighted, column: usize, sites: &[Weighed]) -> Self {
        let figures = || sites.iter().map(|site| site.figures.each()[column]);
        let (min, max) = (figures().fold(f64::INFINITY, f64::min), figures().fold(0.0, f64::max));
        match knobs.normalisation {
            // From the best to the worst one, but no less than makes a difference: a site that is 10 m farther away, or
            // a hundredth dearer, is not the worst there can be.
            Normalisation::Saw => {
                let least: [f64; CRITERIA] = [knobs.distance_scale_meters, 1.0, max, 2.0, 1.0];
                Self { from: min, unit: least[column].max(max - min) }
            }
            // By the length of the column as a vector, in units of its largest figure: no square is too large.
            Normalisation::Topsis => {
                let squares: f64 = figures().map(|figure| (figure / max).powi(2)).sum();
                Self { from: 0.0, unit: max * squares.sqrt() }
            }
        }
    }

    fn normalised(&self, figure: f64) -> f64 {
        if self.unit > 0.0 { (figure - self.from) / self.unit } else { 0.0 }
    }
}

/// How close each site is to one that were the best in everything, on the way from one that were the worst.
fn closeness(sites: &mut [Weighed]) {
    let (mut best, mut worst) = ([f64::INFINITY; CRITERIA], [0.0_f64; CRITERIA]);
    for site in &*sites {
        for (column, term) in site.terms.each().into_iter().enumerate() {
            best[column] = best[column].min(term);
            worst[column] = worst[column].max(term);
        }
    }
    let far = |terms: &[f64; CRITERIA], from: &[f64; CRITERIA]| {
        terms.iter().zip(from).map(|(term, end)| (term - end).powi(2)).sum::<f64>().sqrt()
    };
    for site in sites {
        let terms = site.terms.each();
        let (lacks, has) = (far(&terms, &best), far(&terms, &worst));
        site.score = stepped(if lacks + has > 0.0 { has / (lacks + has) } else { 1.0 });
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SAW: Normalisation = Normalisation::Saw;
    const WAYS: [Normalisation; 2] = [SAW, Normalisation::Topsis];

    fn knobs(normalisation: Normalisation, weights: [f64; 5]) -> Weighted {
        Weighted { normalisation, weights: weights.into(), ..Weighted::default() }
    }

    fn scores(knobs: &Weighted, figures: &[[f64; 5]]) -> Vec<f64> {
        let site = |figures: &[f64; 5]| Weighed {
            figures: (*figures).into(),
            terms: Criteria::default(),
            score: 0.0,
        };
        let mut sites: Vec<_> = figures.iter().map(site).collect();
        score(knobs, &mut sites);
        sites.iter().map(|site| site.score).collect()
    }

    #[test]
    fn saw_is_what_the_weighted_terms_lack_to_one() {
        // 500 m of a scale of 1 km: half of 0.4. Half the load: half of 0.2. A third dearer: a third of 0.1.
        let figures = [[500.0, 0.0, 3.0, 0.0, 0.0], [0.0, 0.5, 2.0, 2.0, 1.0]];
        let found = scores(&Weighted::default(), &figures);
        assert_eq!(found, [gain(1.0, 0.2 + 0.1 / 3.0), gain(1.0, 0.1 + 0.1 + 0.2)]);
        // Where sites differ by more than the scale, that is the scale.
        let far = scores(
            &knobs(SAW, [1.0, 0.0, 0.0, 0.0, 0.0]),
            &[[0.0; 5], [1e3, 0., 0., 0., 0.], [4e3, 0., 0., 0., 0.]],
        );
        assert_eq!(far, [1.0, 0.75, 0.0]);
    }

    #[test]
    fn topsis_is_the_way_from_the_worst_to_the_best_that_was_gone() {
        // 3 and 4 have the length 5. Two criteria of which each site is the best in one: 0.6 of 0.5 on either side.
        let weights = knobs(Normalisation::Topsis, [1.0, 1.0, 0.0, 0.0, 0.0]);
        assert_eq!(scores(&weights, &[[3.0, 4.0, 0.0, 0.0, 0.0], [4.0, 3.0, 0.0, 0.0, 0.0]]), [0.5, 0.5]);
        let found = scores(&weights, &[[0.0, 2.0, 0.0, 0.0, 0.0], [1.0, 1.0, 0.0, 0.0, 0.0]]);
        // Distances 0, 1; loads 2/√5, 1/√5, each halved: the first lacks 1/(2√5), has 1/2.
        let lacks = 0.5 / 5.0_f64.sqrt();
        assert_eq!(found[0], gain(0.5 / (0.5 + lacks), 0.0));
        assert_eq!(found[1], gain(lacks / (0.5 + lacks), 0.0));
    }

    #[test]
    fn one_alone_and_columns_without_a_difference_are_no_problem() {
        for way in WAYS {
            let knobs = knobs(way, [0.4, 0.2, 0.1, 0.1, 0.2]);
            assert_eq!(scores(&knobs, &[[7e6, 1.5, 0.0, 2.0, 1.0]]), [1.0]);
            assert_eq!(scores(&knobs, &[[0.0; 5]; 3]), [1.0; 3]);
            assert_eq!(scores(&knobs, &[[9.0, 0.5, 1e300, 1.0, 1.0]; 2]), [1.0; 2]);
            assert!(scores(&knobs, &[]).is_empty());
            let huge = scores(&knobs, &[[0.0, 0.0, 1e300, 0.0, 0.0], [0.0, 0.0, 1e299, 0.0, 0.0]]);
            assert!(huge[1] > huge[0], "{huge:?}");
        }
    }

    fn weights() -> impl Strategy<Value = [f64; 5]> {
        prop::array::uniform5((0..=10_u32).prop_map(|weight| f64::from(weight) / 10.0))
            .prop_filter("one counts", |weights| weights.iter().any(|weight| *weight > 0.0))
    }

    fn figures() -> impl Strategy<Value = Vec<[f64; 5]>> {
        let site = (0..20_000_u32, 0..150_u32, 0..50_u32, 0..3_u32, 0..2_u32);
        let site = site.prop_map(|(meters, load, cost, tier, relocation)| {
            [meters.into(), f64::from(load) / 100.0, f64::from(cost) / 4.0, tier.into(), relocation.into()]
        });
        prop::collection::vec(site, 1..=6)
    }

    proptest! {
        #[test]
        fn scores_are_shares(weights in weights(), figures in figures()) {
            for way in WAYS {
                let found = scores(&knobs(way, weights), &figures);
                prop_assert!(found.iter().all(|score| (0.0..=1.0).contains(score)), "{found:?}");
            }
        }

        #[test]
        fn the_unit_of_a_column_does_not_matter(
            weights in weights(),
            figures in figures(),
            column in 0..5_usize,
            unit in prop_oneof![Just(1e-3), Just(0.1), Just(60.0), Just(1e6)],
        ) {
            let mut other = figures.clone();
            other.iter_mut().for_each(|site| site[column] *= unit);
            for way in WAYS {
                let knobs = knobs(way, weights);
                // What is no part of any column, the scales of SAW, has the unit too: costs have none.
                let meters = if column == 0 { unit } else { 1.0 };
                let scaled = Weighted { distance_scale_meters: knobs.distance_scale_meters * meters, ..knobs };
                if way == SAW && ![0, 2].contains(&column) {
                    continue;
                }
                for (one, other) in scores(&knobs, &figures).into_iter().zip(scores(&scaled, &other)) {
                    prop_assert!((one - other).abs() < 3e-9, "{one} {other}");
                }
            }
        }

        #[test]
        fn what_has_no_weight_has_no_influence(
            weights in weights(),
            figures in figures(),
            column in 0..5_usize,
            other in prop::collection::vec(0..100_u32, 6),
        ) {
            let mut weights = weights;
            weights[column] = 0.0;
            prop_assume!(weights.iter().any(|weight| *weight > 0.0));
            let mut changed = figures.clone();
            changed.iter_mut().zip(other).for_each(|(site, figure)| site[column] = figure.into());
            for way in WAYS {
                let knobs = knobs(way, weights);
                prop_assert_eq!(scores(&knobs, &figures), scores(&knobs, &changed));
            }
        }

        #[test]
        fn what_is_worse_in_something_and_better_in_nothing_never_scores_as_high(
            weights in weights(),
            figures in figures(),
            worse in prop::array::uniform5(0..3_u32),
            than in 0..6_usize,
        ) {
            let than = than % figures.len();
            let mut figures = figures;
            let mut dominated = figures[than];
            dominated.iter_mut().zip(worse).for_each(|(figure, by)| *figure += f64::from(by));
            figures.push(dominated);
            let counts = weights.iter().zip(worse).any(|(weight, by)| *weight > 0.0 && by > 0);
            for way in WAYS {
                let found = scores(&knobs(way, weights), &figures);
                let (one, other) = (found[than], found[figures.len() - 1]);
                prop_assert!(one > other || (!counts && one == other), "{one} {other}");
            }
        }
    }
}
