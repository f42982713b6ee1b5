//! Time to trigger, then a minimum stay: what a policy waits for once the serving site is good enough no longer.

use std::time::Duration;

use model::Rule;

use super::{Opinion, View, told, whole};

/// `met` once the serving site has not been good enough for `time_to_trigger` and the instance has been there for
/// `minimum_stay`; else what is waited for, and until when if nothing changes.
pub(super) fn ask(view: &View<'_>, time_to_trigger: Duration, minimum_stay: Duration, met: Rule) -> Opinion {
    let better_since = view.better_since.unwrap_or(view.now);
    let (trigger, stay) = (whole(time_to_trigger), whole(minimum_stay));
    let triggered = told(view.now.since(better_since)) >= told(trigger);
    let stayed = told(view.now.since(view.since)) >= told(stay);
    let rule = match (triggered, stayed) {
        (false, _) => Rule::TimeToTrigger,
        (true, false) => Rule::MinimumStay,
        (true, true) => met,
    };
    let recheck = better_since.plus(trigger).max(view.since.plus(stay));
    Opinion { rule, better_since: Some(better_since), recheck: (rule != met).then_some(recheck) }
}
