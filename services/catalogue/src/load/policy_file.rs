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
        assert!(told("polices: nearest").contains("unknown field"));
        assert!(told("policy: {threshold: {margin: -1}}").contains("no margin"));
        assert!(told("{}").contains("is missing") && told("").contains("policy"));
    }
}
