use std::collections::BTreeMap;
use std::time::Duration;

use model::{
    App, Criteria, Decision, Normalisation, Policy, Rule, Site, SiteLoad, SiteSource, Tier, Trigger, Verdict,
    WaterMarks, Weighted,
};
use placement::{AppError, Command, Engine, Input, Topology};

use crate::desk::*;
use crate::scene::*;
use crate::verdict::recomputed;

/// Distances count in full from a degree on; no gain is needed.
fn knobs(weights: [f64; 5]) -> Weighted {
    Weighted { weights: weights.into(), distance_scale_meters: 111_319.5, gain: 0.0, ..Weighted::default() }
}

fn weighted(knobs: Weighted) -> Vec<App> {
    vec![app("ar", Policy::Weighted(knobs))]
}

fn stage(sites: impl IntoIterator<Item = Site>, knobs: Weighted) -> Stage {
    let sites = sites.into_iter().collect();
    let topology = Topology::new(sites, (0..=30).map(cell).collect(), Vec::new()).unwrap();
    Stage::with(Engine::new(topology, weighted(knobs), key()).unwrap()).with_apps(&weighted(knobs))
}

fn loaded(stage: &mut Stage, seconds: f64, site: u32, load: f64) -> Vec<Command> {
    let load = SiteLoad {
        site: site_id(site),
        source: SiteSource::Metrics,
        at: at(seconds),
        load,
        valid_until: at(seconds + 600.0),
        resources: BTreeMap::new(),
    };
    let mut out = stage.handle(at(seconds), Input::Load(&load));
    out.extend(stage.run_to(seconds));
    out
}

fn marked(number: u32) -> Site {
    Site { water_marks: Some(WaterMarks::default()), ..site(number) }
}

fn cheap(number: u32, cost: f64) -> Site {
    Site { cost: Some(cost), ..site(number) }
}

/// The only decision, which follows from what it tells.
fn checked(out: &[Command]) -> Decision {
    let decision = only_decision(out);
    assert_eq!(recomputed(&decision, Duration::from_secs(60)).0, decision.verdict, "{decision:?}");
    decision
}

fn scores(decision: &Decision) -> Vec<(String, Option<f64>)> {
    let score = |c: &model::Candidate| (c.site.to_string(), c.weighed.map(|weighed| weighed.score));
    decision.explanation.candidates.iter().map(score).collect()
}

#[test]
fn it_goes_once_another_site_scores_higher_by_the_gain_and_it_has_stayed_for_long_enough() {
    let weights = Weighted { gain: 0.15, ..knobs([0.8, 0.0, 0.0, 0.0, 0.2]) };
    let mut stage = stage((0..3).map(site), weights);
    stage.put(0.0, 1, 0);
    // In the middle nothing speaks for a relocation; at 0.7 of the way 0.4 × 0.8 do, and 0.2 against it.
    assert_eq!(decisions(&stage.cell(10.0, 1, 5)), []);
    let held = checked(&stage.cell(11.0, 1, 7));
    assert_eq!((held.verdict, held.explanation.rule), (Verdict::Stay, Rule::WithinGain));
    assert_eq!((held.source.clone(), held.target.clone()), (Some(site_id(0)), Some(site_id(1))));
    let told = scores(&held);
    assert!((told[0].1.unwrap() - told[1].1.unwrap() - 0.12).abs() < 0.02, "{told:?}");
    // The rest of the way: enough, but it came a short time ago.
    assert_eq!(decisions(&stage.cell(12.0, 1, 10)), [], "that it is held back was told");
    assert_eq!(stage.due(), Some(30.0));
    assert_eq!(stage.timeout(29.999), []);
    let moved = stage.timeout(30.0);
    let decision = checked(&moved);
    assert_eq!((decision.explanation.rule, decision.trigger), (Rule::BetterScore, Trigger::Mobility));
    assert_eq!(only_order(&moved).target, Some(site_id(1)));
}

#[test]
fn a_load_counts_at_the_first_placement_and_when_an_instance_is_looked_at_again() {
    let mut stage = stage((0..3).map(marked), knobs([0.3, 0.7, 0.0, 0.0, 0.0]));
    loaded(&mut stage, 0.0, 0, 0.8);
    loaded(&mut stage, 0.0, 1, 0.1);
    let out = stage.cell(1.0, 1, 4);
    let decision = checked(&out);
    assert_eq!(decision.explanation.rule, Rule::NoInstanceYet);
    let weighed = decision.explanation.candidates[0].weighed.unwrap();
    assert_eq!((weighed.figures.load, weighed.figures.relocation), (0.8 / 0.85, 1.0));
    assert_eq!(decision.explanation.candidates[2].weighed.unwrap().figures.load, 0.5, "not known");
    let order = only_order(&out);
    assert_eq!(order.target, Some(site_id(1)), "the nearest one is nearly full");
    stage.done(1.0, &order);
    // The loads change places; nobody is looked at because of that.
    assert_eq!(loaded(&mut stage, 60.0, 0, 0.1), []);
    assert_eq!(loaded(&mut stage, 60.0, 1, 0.8), []);
    assert_eq!(stage.due(), Some(660.0), "when the load is valid no longer");
    assert_eq!(only_order(&stage.cell(70.0, 1, 5)).target, Some(site_id(0)));
}

#[test]
fn a_site_above_the_edge_takes_part_wherever_it_is() {
    let weights = knobs([0.3, 0.0, 0.6, 0.1, 0.0]);
    let metro = Site { tier: Tier::Metro, ..cheap(9, 0.5) };
    let mut stage = stage((0..6).map(|number| cheap(number, 2.0)).chain([metro]), weights);
    let out = stage.cell(0.0, 1, 0);
    let decision = checked(&out);
    let sites: Vec<_> = scores(&decision).into_iter().map(|(site, _)| site).collect();
    assert_eq!(sites, ["s0", "s1", "s2", "s3", "s9"]);
    let weighed = decision.explanation.candidates[4].weighed.unwrap();
    assert_eq!((weighed.figures.tier, weighed.terms.cost), (1.0, 0.0));
    assert!((weighed.terms.tier - 0.05).abs() < 1e-12, "{weighed:?}");
    let order = only_order(&out);
    assert_eq!(order.target, Some(site_id(9)));
    stage.done(0.0, &order);
    // It is weighed where it serves, although that is not among the nearest.
    assert_eq!(decisions(&stage.cell(60.0, 1, 1)), []);
    let why = stage.engine.why(&supi(1), &order.app, at(60.0)).unwrap();
    assert_eq!((why.explanation.rule, scores(&why).len()), (Rule::AlreadyBest, 5));
    assert_eq!(recomputed(&why, Duration::ZERO).0, Verdict::Stay);
    // Without it the nearest edge site is the best; one that takes nothing takes no part.
    let left = stage.asked(61.0, drain(9));
    assert_eq!(only_order(&left).target, Some(site_id(0)));
}

#[test]
fn who_has_to_go_goes_to_the_best_score_too() {
    for normalisation in [Normalisation::Saw, Normalisation::Topsis] {
        let weights = Weighted { normalisation, ..knobs([0.2, 0.0, 0.8, 0.0, 0.0]) };
        let mut stage = stage([cheap(0, 1.0), cheap(1, 9.0), cheap(2, 1.0)], weights);
        assert_eq!(stage.put(0.0, 1, 2).target, Some(site_id(0)));
        let out = stage.asked(60.0, drain(0));
        let decision = checked(&out);
        assert_eq!((decision.trigger, decision.explanation.rule), (Trigger::Maintenance, Rule::Evacuation));
        assert_eq!(decision.explanation.candidates[0].weighed, None, "what is left is not weighed");
        assert_eq!(only_order(&out).target, Some(site_id(2)));
    }
}

#[test]
fn what_costs_nobody_knows_is_neither_dear_nor_cheap() {
    let mut stage = stage([cheap(0, 1.0), site(1), cheap(2, 3.0)], knobs([0.1, 0.0, 0.9, 0.0, 0.0]));
    let decision = checked(&stage.cell(0.0, 1, 10));
    let cost: Vec<_> =
        decision.explanation.candidates.iter().map(|c| c.weighed.unwrap().figures.cost).collect();
    assert_eq!(cost, [2.0, 1.0, 3.0]);
    assert_eq!(decision.target, Some(site_id(0)));
}

#[test]
fn a_pin_outweighs_every_score() {
    let mut stage = rack(Policy::Weighted(knobs([0.1, 0.1, 0.1, 0.1, 9.0])));
    stage.placed_at(0.0, 1, 0);
    let out = stage.cell(60.0, 1, 1);
    let decision = checked_pinned(&out);
    assert_eq!((decision.explanation.rule, decision.target), (Rule::BetterScore, Some(site_id(1))));
    // Where the site that it is pinned to takes nothing, the others are weighed.
    stage.done(60.0, &only_order(&out));
    stage.asked(120.0, cordon(0));
    assert_eq!(orders(&stage.cell(121.0, 1, 0)), []);
}

fn checked_pinned(out: &[Command]) -> Decision {
    let decision = only_decision(out);
    let weighed: Vec<_> = scores(&decision).into_iter().filter(|(_, score)| score.is_some()).collect();
    assert_eq!(weighed, [("s1".to_owned(), Some(1.0))]);
    decision
}

#[test]
fn knobs_that_make_no_sense_are_refused() {
    let refused = |knobs: Weighted| Engine::new(topology(), weighted(knobs), key()).unwrap_err();
    let error = refused(Weighted { weights: Criteria::default(), ..Weighted::default() });
    assert!(matches!(error, AppError::Weighted { member: "distance", .. }), "{error}");
    let error = refused(Weighted { gain: f64::NAN, ..Weighted::default() });
    assert!(error.to_string().starts_with("app `ar`: policy.weighted.gain: "), "{error}");
}
