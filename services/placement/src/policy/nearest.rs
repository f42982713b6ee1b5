//! `nearest`: always the nearest site, at once.

use model::Rule;

use crate::policy::{Opinion, View};

pub(super) fn ask(view: &View<'_>) -> Opinion {
    // Equal distance is no reason to move: strictly nearer only.
    let nearer = !view.at_best && view.serving_meters.is_none_or(|meters| view.best_meters < meters);
    let rule = if nearer { Rule::Nearer } else { Rule::AlreadyBest };
    Opinion { rule, better_since: nearer.then(|| view.better_since.unwrap_or(view.now)), recheck: None }
}

#[cfg(test)]
mod tests {
    use model::Timestamp;

    use super::*;

    #[test]
    fn a_tie_is_no_reason_to_move() {
        let now = Timestamp::from_micros(5);
        let mut view = View {
            at_best: false,
            best: crate::index::SiteIx::new(0),
            accounts: None,
            best_meters: 10.0,
            serving_meters: Some(10.0),
            gain: None,
            since: now,
            better_since: None,
            now,
        };
        assert_eq!(ask(&view).rule, Rule::AlreadyBest);
        view.serving_meters = Some(10.000_001);
        assert_eq!(ask(&view).rule, Rule::Nearer);
        view.serving_meters = None;
        assert_eq!(ask(&view).rule, Rule::Nearer);
    }
}
