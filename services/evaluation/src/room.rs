//! Room at sites with a limit: counted from the decisions alone, because the engine counts for itself.

use std::collections::BTreeMap;

use crate::events::Instant;
use crate::steps::Step;

/// How many instances are at each site, and at which site each UE's is.
#[derive(Debug)]
pub(crate) struct Room<'a> {
    /// By site.
    limits: &'a [Option<u32>],
    holds: Vec<u32>,
    /// By UE.
    at: Vec<Option<u32>>,
}

impl<'a> Room<'a> {
    /// Nobody is anywhere yet.
    pub(crate) fn new(limits: &'a [Option<u32>], ues: usize) -> Self {
        Self { limits, holds: vec![0; limits.len()], at: vec![None; ues] }
    }

    /// Whether the instance of a UE may be at a site: it is there, or there is room for one more.
    pub(crate) fn is_open(&self, ue: usize, site: u32) -> bool {
        let full = || self.limits[site as usize].is_some_and(|limit| self.holds[site as usize] >= limit);
        self.at[ue] == Some(site) || !full()
    }

    /// The instance of a UE goes to a site, or is let go.
    pub(crate) fn change(&mut self, ue: usize, to: Option<u32>) {
        if let Some(left) = std::mem::replace(&mut self.at[ue], to) {
            self.holds[left as usize] = self.holds[left as usize].saturating_sub(1);
        }
        if let Some(site) = to {
            self.holds[site as usize] += 1;
        }
    }
}

/// How many instances came to a site that held more than its limit once everything that was decided at that time was
/// done; of those that came at one time, at most as many as there were too many.
pub(crate) fn violations<'a>(limits: &[Option<u32>], steps: impl Iterator<Item = &'a Step>) -> u64 {
    if limits.iter().all(Option::is_none) {
        return 0;
    }
    // By time and site: who came, and who left.
    let mut turns: BTreeMap<Instant, BTreeMap<u32, (u64, u64)>> = BTreeMap::new();
    for step in steps {
        let turn = turns.entry(step.at).or_default();
        if let Some(site) = step.to {
            turn.entry(site).or_default().0 += 1;
        }
        if let Some(site) = step.from {
            turn.entry(site).or_default().1 += 1;
        }
    }
    let mut holds = vec![0_u64; limits.len()];
    let mut violations = 0;
    for (site, (came, left)) in turns.into_values().flatten() {
        let site = site as usize;
        holds[site] = (holds[site] + came).saturating_sub(left);
        let most = limits[site].map_or(u64::MAX, u64::from);
        violations += came.min(holds[site].saturating_sub(most));
    }
    violations
}

#[cfg(test)]
mod tests {
    use model::Trigger;
    use proptest::prelude::*;

    use super::*;

    const LIMITS: [Option<u32>; 3] = [Some(1), None, Some(2)];

    fn step(seconds: i64, from: Option<u32>, to: Option<u32>) -> Step {
        let at = Instant::from_micros(seconds * 1_000_000);
        Step { at, from, to, trigger: Trigger::Mobility, wrong: false }
    }

    #[test]
    fn who_comes_to_a_site_that_is_over_its_limit_is_a_violation_and_who_takes_a_place_that_is_left_is_none()
    {
        let first = [step(0, None, Some(0)), step(5, None, Some(0)), step(6, None, Some(0))];
        assert_eq!(violations(&LIMITS, first.iter()), 2);
        // Told in another order than it happened, and at the same time.
        let swap = [step(5, None, Some(0)), step(0, None, Some(0)), step(5, Some(0), Some(1))];
        assert_eq!(violations(&LIMITS, swap.iter()), 0);
        let late = [step(0, None, Some(0)), step(5, None, Some(0)), step(6, Some(0), None)];
        assert_eq!(violations(&LIMITS, late.iter()), 1);
        let many = [step(0, None, Some(2)), step(1, None, Some(2)), step(1, None, Some(2))];
        assert_eq!(violations(&LIMITS, many.iter()), 1);
        assert_eq!(violations(&[None; 3], many.iter()), 0);
    }

    #[test]
    fn an_instance_has_room_where_it_is() {
        let mut room = Room::new(&LIMITS, 2);
        assert!(room.is_open(0, 0));
        room.change(0, Some(0));
        assert!(room.is_open(0, 0) && !room.is_open(1, 0) && room.is_open(1, 1));
        room.change(0, Some(1));
        room.change(1, Some(0));
        assert!(room.is_open(1, 0) && !room.is_open(0, 0));
        room.change(1, None);
        assert!(room.is_open(0, 0));
    }

    proptest! {
        /// Second by second, with everybody's site written down.
        #[test]
        fn the_count_is_that_of_looking_at_each_time(
            moves in prop::collection::vec((0..20i64, 0..5usize, prop::option::of(0..3u32)), 0..60),
        ) {
            let mut moves = moves;
            moves.sort_by_key(|(at, ..)| *at);
            let mut at = [None; 5];
            let mut steps = Vec::new();
            let mut by_hand = 0;
            for second in 0..20 {
                let mut came = [0; 3];
                for (_, ue, to) in moves.iter().filter(|(when, ..)| *when == second) {
                    if at[*ue] == *to {
                        continue;
                    }
                    steps.push(step(second, at[*ue], *to));
                    at[*ue] = *to;
                    if let Some(site) = to {
                        came[*site as usize] += 1;
                    }
                }
                for (site, limit) in LIMITS.iter().enumerate() {
                    let there = at.iter().filter(|at| **at == Some(site as u32)).count() as u64;
                    let over = limit.map_or(0, |limit| there.saturating_sub(u64::from(limit)));
                    by_hand += over.min(came[site]);
                }
            }
            prop_assert_eq!(violations(&LIMITS, steps.iter()), by_hand);
        }
    }
}
