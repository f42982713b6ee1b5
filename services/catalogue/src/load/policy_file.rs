//! A policy alone in a file.

use model::Policy;
use serde::Deserialize;
use serde_saphyr::Spanned;

use super::policy::one;
use crate::CatalogueError;
use crate::error::Problems;
use crate::section::PolicyEntry;

/// What such a file may hold.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    policy: Option<Spanned<PolicyEntry>>,
}

/// The policy of a text with one entry `policy`, written as in an app of the configuration: for whoever compares
/// policies without a configuration.
///
/// # Errors
/// All that is wrong, with line and column where they are known.
pub fn policy(text: &str) -> Result<Policy, Vec<CatalogueError>> {
    let whole = |reason: String| {
        let field = "policy".to_owned();
        Err(vec![CatalogueError::Field { field, line: 0, column: 0, reason }])
    };
    let file: File = match serde_saphyr::from_str(text) {
        Ok(file) => file,
        Err(error) => return whole(error.to_string()),
    };
    let Some(entry) = file.policy else {
        return whole("is missing: write it as in an app, like `policy: nearest`".into());
    };
    let mut problems = Problems::default();
    let policy = one(&entry, "policy", &mut problems);
    policy.filter(|_| problems.0.is_empty()).ok_or(problems.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_is_read_as_in_an_app() {
        assert_eq!(policy("policy: nearest\n").expect("valid"), Policy::Nearest);
        let Policy::Threshold(knobs) =
            policy("# mine\npolicy: {threshold: {margin: 0.5km, time_to_trigger: 2s}}").expect("valid")
        else {
            panic!("threshold")
        };
        assert_eq!((knobs.margin_meters, knobs.time_to_trigger.as_secs()), (500.0, 2));
        let Policy::Regret(knobs) =
            policy("policy:\n  regret: { relocation_cost: 9000, look_ahead: 20s }").expect("valid")
        else {
            panic!("regret")
        };
        assert_eq!((knobs.relocation_cost, knobs.look_ahead.as_secs()), (9_000.0, 20));
        assert_eq!(knobs.no_return, model::Regret::default().no_return);
        let Policy::Weighted(knobs) =
            policy("policy: {weighted: {load: 0.5, normalisation: topsis, distance_scale: 2km}}")
                .expect("valid")
        else {
            panic!("weighted")
        };
        assert_eq!((knobs.weights.load, knobs.weights.distance), (0.5, 0.4));
        assert_eq!(
            (knobs.normalisation, knobs.distance_scale_meters),
            (model::Normalisation::Topsis, 2_000.0)
        );
        let default = Policy::Weighted(model::Weighted::default());
        assert_eq!(policy("policy: weighted").expect("valid"), default);
    }

    #[test]
    fn what_is_no_policy_is_told_with_its_line() {
        let both = policy("policy: {regret: {}, threshold: {}}").expect_err("two policies")[0].to_string();
        assert!(both.contains("takes one policy"), "{both}");
        let cost = policy("policy: {regret: {relocation_cost: -1}}").expect_err("no cost")[0].to_string();
        assert!(cost.contains("policy.regret.relocation_cost") && cost.contains("more than 0"), "{cost}");
        let told = |text: &str| policy(text).expect_err(text)[0].to_string();
        assert!(told("\npolicy: best\n").starts_with("line 2, column 9: "), "{}", told("\npolicy: best\n"));
        assert!(told("policy: best").contains("`best` is no policy"));
        let weighted = |knobs: &str| told(&format!("policy:\n  weighted: {{{knobs}}}\n"));
        for (knobs, reason) in [
            ("load: -1", "policy.weighted.load: -1 is no weight"),
            ("gain: 2", "policy.weighted.gain: 2 is no gain"),
            (
                "normalisation: best",
                "policy.weighted.normalisation: `best` is no normalisation: `saw` or `topsis`",
            ),
            ("distance: 0, load: 0, cost: 0, tier: 0, relocation: 0", "every weight is 0"),
            ("distance_scale: 0m", "policy.weighted.distance_scale: 0 m is no scale"),
        ] {
            let told = weighted(knobs);
            assert!(told.starts_with("line 2, column ") && told.contains(reason), "{told}");
        }
        assert!(weighted("latency: 1").contains("unknown field"));
        assert!(told("polices: nearest").contains("unknown field"));
        assert!(told("policy: {threshold: {margin: -1}}").contains("no margin"));
        assert!(told("{}").contains("is missing") && told("").contains("policy"));
    }
}
