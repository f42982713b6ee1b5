//! Scores, computed apart from the engine, site by site and figure by figure.

use model::{Candidate, Decision, Normalisation, Policy, Weighted};

/// The score of each site, of figures in the order distance, load, cost, tier, relocation.
pub(crate) fn scores(knobs: &Weighted, sites: &[[f64; 5]]) -> Vec<f64> {
    let terms = terms(knobs, sites);
    let score = |place: usize| match knobs.normalisation {
        Normalisation::Saw => 1.0 - terms[place].iter().sum::<f64>(),
        Normalisation::Topsis => {
            let all = |column: usize| terms.iter().map(move |site| site[column]);
            let (mut to_best, mut to_worst) = (0.0, 0.0);
            for (column, term) in terms[place].iter().enumerate() {
                let best = all(column).reduce(f64::min).unwrap();
                let worst = all(column).reduce(f64::max).unwrap();
                to_best += (term - best) * (term - best);
                to_worst += (worst - term) * (worst - term);
            }
            let (to_best, to_worst) = (f64::sqrt(to_best), f64::sqrt(to_worst));
            if to_best == 0.0 { 1.0 } else { to_worst / (to_worst + to_best) }
        }
    };
    (0..sites.len()).map(|place| rounded(score(place))).collect()
}

pub(crate) fn terms(knobs: &Weighted, sites: &[[f64; 5]]) -> Vec<[f64; 5]> {
    let weights = knobs.weights;
    let weights = [weights.distance, weights.load, weights.cost, weights.tier, weights.relocation];
    let all: f64 = weights.iter().sum();
    let term = |site: &[f64; 5], column: usize| {
        let figures = || sites.iter().map(|site| site[column]);
        let (least, most) = (figures().reduce(f64::min).unwrap(), figures().reduce(f64::max).unwrap());
        let (off, unit) = match knobs.normalisation {
            Normalisation::Saw => {
                let whole = [knobs.distance_scale_meters, 1.0, most, 2.0, 1.0][column];
                (least, f64::max(whole, most - least))
            }
            Normalisation::Topsis => (0.0, figures().map(|figure| figure * figure).sum::<f64>().sqrt()),
        };
        if unit == 0.0 { 0.0 } else { (site[column] - off) / unit * (weights[column] / all) }
    };
    sites.iter().map(|site| [0, 1, 2, 3, 4].map(|column| term(site, column))).collect()
}

/// To nine digits.
pub(crate) fn rounded(score: f64) -> f64 {
    (score * 1e9).round() / 1e9
}

/// The best of what a decision tells as weighed; what is told of it agrees with itself.
pub(crate) fn best(decision: &Decision) -> Option<&Candidate> {
    let told = &decision.explanation;
    let weighed: Vec<&Candidate> = told.candidates.iter().filter(|c| c.weighed.is_some()).collect();
    let Policy::Weighted(knobs) = told.policy else {
        assert!(weighed.is_empty());
        return None;
    };
    let figures: Vec<[f64; 5]> = weighed.iter().map(|c| c.weighed.unwrap().figures.each()).collect();
    let expected = scores(&knobs, &figures).into_iter().zip(terms(&knobs, &figures));
    for (candidate, (score, terms)) in weighed.iter().zip(expected) {
        let own = candidate.weighed.unwrap();
        let close = |one: f64, other: f64| (one - other).abs() <= 2e-9;
        assert!(close(own.score, score), "{score} where it was told: {candidate:?}");
        assert!(
            terms.into_iter().zip(own.terms.each()).all(|(one, other)| close(one, other)),
            "{candidate:?}"
        );
        assert_eq!(own.figures.distance, candidate.meters);
        let load = candidate.load.map_or(0.5, |load| load.load / load.high);
        assert_eq!(own.figures.load, load);
        let moves = decision.source.as_ref() != Some(&candidate.site);
        assert_eq!(own.figures.relocation, f64::from(u8::from(moves)));
        assert!(candidate.rejected_by.is_none_or(|guard| !guard.is_of_site()));
    }
    weighed.into_iter().reduce(|one, other| {
        let [a, b] = [one, other].map(|candidate| candidate.weighed.unwrap().score);
        let stays = decision.source.as_ref() == Some(&other.site);
        if b > a || (b == a && stays) { other } else { one }
    })
}

/// By how much a site scores higher than the serving one, if that has a score.
pub(crate) fn gain(decision: &Decision, best: &Candidate) -> Option<f64> {
    let serves = |candidate: &&Candidate| decision.source.as_ref() == Some(&candidate.site);
    let serving = decision.explanation.candidates.iter().find(serves)?.weighed?;
    Some(rounded(best.weighed.unwrap().score - serving.score))
}
