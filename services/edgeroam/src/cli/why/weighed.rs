//! What the policy `weighted` makes of sites, for people.

use model::{Criteria, Decision, Policy, Rule, Weighed, Weighted};

use super::show::span;
use crate::cli::watch::operations::percent;

/// Weights by their names.
pub(in crate::cli) fn weights(weights: &Criteria) -> String {
    let each = Criteria::NAMES.into_iter().zip(weights.each());
    each.map(|(name, weight)| format!("{name} {weight}")).collect::<Vec<_>>().join(", ")
}

pub(super) fn policy(knobs: &Weighted) -> String {
    let Weighted { weights: own, normalisation, gain, minimum_stay, distance_scale_meters } = knobs;
    format!(
        "weighted: {}; {}, gain {gain}, minimum_stay {}, distance_scale {distance_scale_meters} m",
        weights(own),
        normalisation.as_str(),
        span(*minimum_stay)
    )
}

/// The score of a site, with what each figure makes of it.
pub(super) fn site(weighed: &Weighed) -> String {
    let Weighed { figures, terms, score } = weighed;
    let tier = match figures.tier {
        tier if tier < 1.0 => "edge",
        tier if tier < 2.0 => "metro",
        _ => "cloud",
    };
    let figures = [
        String::new(),
        format!(" ({} of high)", percent(figures.load)),
        format!(" ({})", figures.cost),
        format!(" ({tier})"),
        String::new(),
    ];
    let terms = Criteria::NAMES.into_iter().zip(terms.each()).zip(figures);
    let told: Vec<_> = terms.map(|((name, term), figure)| format!("{name} {term:.3}{figure}")).collect();
    format!("score {score:.3}: {}", told.join(", "))
}

/// What would have changed the verdict.
pub(super) fn otherwise(decision: &Decision) -> String {
    let explanation = &decision.explanation;
    let Policy::Weighted(knobs) = &explanation.policy else {
        return "goes by what sites score".to_owned();
    };
    let score = |site: Option<&model::SiteId>| {
        let found = explanation.candidates.iter().find(|candidate| Some(&candidate.site) == site);
        found.and_then(|candidate| candidate.weighed).map(|weighed| weighed.score)
    };
    let serving = explanation.serving.as_ref().map(|serving| &serving.site);
    let more = score(decision.target.as_ref()).zip(score(serving)).map(|(best, own)| best - own);
    match (explanation.rule, more) {
        (Rule::WithinGain, Some(more)) => {
            format!("goes once the other site scores higher by more than {}: it is {more:.3}", knobs.gain)
        }
        (Rule::BetterScore, Some(more)) => format!("it would have stayed with a gain of {more:.3} or more"),
        (Rule::BetterScore, None) => "it would have stayed at a site whose distance is known".to_owned(),
        _ => format!("goes once another site that takes it scores higher by more than {}", knobs.gain),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_score_is_one_line_with_units() {
        let weighed = Weighed {
            figures: Criteria { distance: 480.0, load: 0.62, cost: 1.25, tier: 1.0, relocation: 1.0 },
            terms: Criteria { distance: 0.192, load: 0.124, cost: 0.1, tier: 0.05, relocation: 0.2 },
            score: 0.334,
        };
        assert_eq!(
            site(&weighed),
            "score 0.334: distance 0.192, load 0.124 (62 % of high), cost 0.100 (1.25), tier 0.050 (metro), relocation 0.200"
        );
        assert!(
            policy(&Weighted::default())
                .contains("distance 0.4, load 0.2, cost 0.1, tier 0.1, relocation 0.2; saw")
        );
    }
}
