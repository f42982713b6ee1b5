//! `group`: the site that is best for a group as a whole, once staying has cost as much as going.
//!
//! What counts is one distance of a group from each site: that of the member who is farthest from it (`worst`), or the
//! members' mean. Which of the two is settled where the group's place is made; here they are distances like any other, and
//! `regret` weighs them: the gain of a site is summed up over time until it pays for a relocation, so one member who comes
//! and goes moves nobody.

use model::Gathering;

use super::{Opinion, View, regret};

pub(super) fn ask(knobs: &Gathering, view: &View<'_>) -> Opinion {
    regret::ask(&knobs.cost, view)
}
