//! Which knobs are tried: first at random, then step by step from the best.
//!
//! Random search (Bergstra, Bengio: Random Search for Hyper-Parameter Optimization, 2012) on a logarithmic scale, denser
//! near the defaults, finds where it is worth to look. From there a compass search goes on (Kolda, Lewis, Torczon:
//! Optimization by Direct Search, 2003): every knob is turned up and down by a step; then all that were worth it are
//! turned together, by one step and by two (the pattern move of Hooke, Jeeves: "Direct Search" Solution of Numerical and
//! Statistical Problems, 1961). The best of these is the next centre, and where turning no knob is better the step is
//! halved. It needs no derivative: a count of relocations has none. Once the step is too small it starts again from the next best of the random ones, until the runs are used up.
//!
//! What is tried depends on the seed and on the scores only. A batch is scored as a whole before the next one, so that
//! it makes no difference how many threads work on it.

use model::Policy;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng as _};

use super::knobs::{Family, REACH};
use super::score::Score;

/// The first step of a compass search, in doublings.
const FIRST_STEP: f64 = 1.0;
/// Below this, about 4 %, it ends.
const LAST_STEP: f64 = 1.0 / 16.0;
/// How often knobs are drawn in vain, because they have been tried already, before no more are drawn.
const IN_VAIN: usize = 1_000;

/// What led to knobs being tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// They are the defaults.
    Defaults,
    /// They were drawn at random.
    Random,
    /// They are a step away from better ones.
    Step,
}

impl Phase {
    /// Its name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Defaults => "defaults",
            Self::Random => "random",
            Self::Step => "step",
        }
    }
}

/// Knobs that were tried on the training traffic.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Run {
    /// The policy.
    pub policy: Policy,
    /// What led to it.
    pub phase: Phase,
    /// How good it was.
    pub score: Score,
}

#[derive(Debug)]
pub(crate) struct Search {
    family: Family,
    chance: ChaCha8Rng,
    /// The most that may be tried.
    most: usize,
    tried: Vec<Run>,
    phase: Phase,
    /// Where the compass search is, an index into what was tried.
    centre: usize,
    step: f64,
    /// Of a batch around the centre: which knob is turned, by how many doublings.
    turned: Vec<(usize, f64)>,
    /// Where to look next because more than one turn was worth it, in doublings.
    together: Vec<Vec<f64>>,
    /// Where it began, each time.
    starts: Vec<usize>,
}

impl Search {
    /// Nothing tried yet; at most `most` will be, the defaults among them.
    pub(crate) fn new(family: Family, seed: u64, most: usize) -> Self {
        Self {
            family,
            chance: ChaCha8Rng::seed_from_u64(seed),
            most,
            tried: Vec::new(),
            phase: Phase::Defaults,
            centre: 0,
            step: FIRST_STEP,
            turned: Vec::new(),
            together: Vec::new(),
            starts: Vec::new(),
        }
    }

    /// All that was tried, in order.
    pub(crate) fn tried(&self) -> &[Run] {
        &self.tried
    }

    /// The best so far, the first among equals.
    pub(crate) fn best(&self) -> Option<&Run> {
        self.tried.iter().min_by(|a, b| a.score.order(&b.score))
    }

    /// What to try next, nothing twice; nothing at the end.
    pub(crate) fn batch(&mut self) -> Vec<Policy> {
        if self.tried.is_empty() {
            return vec![self.family.defaults()];
        }
        let left = self.most.saturating_sub(self.tried.len());
        let random = (self.most.saturating_sub(1) / 3).min(left);
        if self.phase == Phase::Defaults && random > 0 {
            self.phase = Phase::Random;
            return self.draw(random);
        }
        if self.phase != Phase::Step {
            self.phase = Phase::Step;
            self.start();
        }
        if left == 0 {
            return Vec::new();
        }
        loop {
            let together = std::mem::take(&mut self.together);
            let (turned, batch) = if together.is_empty() {
                if self.step < LAST_STEP && !self.start() {
                    return Vec::new();
                }
                self.around()
            } else {
                (Vec::new(), together)
            };
            let batch = self.new_ones(&batch, &turned, left);
            if !batch.is_empty() {
                return batch;
            }
            if !turned.is_empty() {
                self.step /= 2.0;
            }
        }
    }

    /// Takes the scores of a batch, in its order.
    pub(crate) fn take(&mut self, scored: impl IntoIterator<Item = (Policy, Score)>) {
        let (first, phase) = (self.tried.len(), self.phase);
        self.tried.extend(scored.into_iter().map(|(policy, score)| Run { policy, phase, score }));
        if phase != Phase::Step {
            return;
        }
        let turned = std::mem::take(&mut self.turned);
        let better = |run: &Run| run.score.beats(&self.tried[self.centre].score);
        let worth: Vec<(&Run, (usize, f64))> =
            self.tried[first..].iter().zip(turned.iter().copied()).filter(|(run, _)| better(run)).collect();
        if !worth.is_empty() {
            self.together = self.all_at_once(&worth);
        }
        let new = first..self.tried.len();
        let best = new.min_by(|a, b| self.tried[*a].score.order(&self.tried[*b].score));
        match best.filter(|best| better(&self.tried[*best])) {
            Some(better) => self.centre = better,
            None if turned.is_empty() => (),
            None => self.step /= 2.0,
        }
    }

    /// Each knob as it was best turned, all of them by one step and by two.
    fn all_at_once(&self, worth: &[(&Run, (usize, f64))]) -> Vec<Vec<f64>> {
        let here = self.family.doublings(&self.tried[self.centre].policy);
        let best = |knob: usize| {
            let turns = worth.iter().filter(|(_, (turned, _))| *turned == knob);
            turns.min_by(|(a, _), (b, _)| a.score.order(&b.score)).map_or(0.0, |(_, (_, step))| *step)
        };
        let steps = |times: f64| here.iter().enumerate().map(|(knob, at)| at + times * best(knob)).collect();
        vec![steps(1.0), steps(2.0)]
    }

    /// Begins a compass search at the best of the defaults and the random ones that none has begun at; `false` where
    /// there is none.
    fn start(&mut self) -> bool {
        let fresh = self
            .tried
            .iter()
            .enumerate()
            .filter(|(place, run)| run.phase != Phase::Step && !self.starts.contains(place));
        let best = fresh.min_by(|(_, a), (_, b)| a.score.order(&b.score)).map(|(place, _)| place);
        if let Some(place) = best {
            self.centre = place;
            self.step = FIRST_STEP;
            self.starts.push(place);
        }
        best.is_some()
    }

    fn draw(&mut self, count: usize) -> Vec<Policy> {
        let mut drawn: Vec<Policy> = Vec::new();
        let mut in_vain = 0;
        while drawn.len() < count && in_vain < IN_VAIN {
            let knobs = self.family.knobs().len();
            // The sum of two uniform numbers: the middle is likelier than the ends.
            let doublings: Vec<f64> =
                (0..knobs).map(|_| (self.unit() + self.unit()) * REACH.log2() / 2.0).collect();
            let policy = self.family.at(&doublings);
            if self.is_new(&policy) && !drawn.contains(&policy) {
                drawn.push(policy);
            } else {
                in_vain += 1;
            }
        }
        drawn
    }

    /// From -1 to 1.
    fn unit(&mut self) -> f64 {
        f64::from(self.chance.next_u32()) / f64::from(u32::MAX) * 2.0 - 1.0
    }

    /// Every knob of the centre turned up and down by a step.
    fn around(&self) -> (Vec<(usize, f64)>, Vec<Vec<f64>>) {
        let here = self.family.doublings(&self.tried[self.centre].policy);
        let turns = (0..here.len()).flat_map(|knob| [(knob, self.step), (knob, -self.step)]);
        let there = |(knob, step): (usize, f64)| {
            let mut there = here.clone();
            there[knob] += step;
            there
        };
        turns.map(|turn| (turn, there(turn))).unzip()
    }

    /// Those that have not been tried, at most so many; notes which knob each of them turns.
    fn new_ones(&mut self, places: &[Vec<f64>], turned: &[(usize, f64)], most: usize) -> Vec<Policy> {
        let mut batch: Vec<Policy> = Vec::new();
        self.turned.clear();
        for (number, place) in places.iter().enumerate() {
            let policy = self.family.at(place);
            if batch.len() < most && self.is_new(&policy) && !batch.contains(&policy) {
                batch.push(policy);
                self.turned.extend(turned.get(number));
            }
        }
        batch
    }

    fn is_new(&self, policy: &Policy) -> bool {
        self.tried.iter().all(|run| run.policy != *policy)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::tune::knobs::values;

    /// Runs a search against a cost that is known.
    fn search(family: Family, seed: u64, most: usize, cost: impl Fn(&[f64]) -> f64) -> Search {
        let mut search = Search::new(family, seed, most);
        loop {
            let batch = search.batch();
            if batch.is_empty() {
                return search;
            }
            let score = |policy: Policy| (policy, Score::new(cost(&family.doublings(&policy)), 0.0));
            search.take(batch.into_iter().map(score));
        }
    }

    /// How far from a place, in doublings.
    fn bowl<'a>(place: &'a [f64]) -> impl Fn(&[f64]) -> f64 + 'a {
        move |at| at.iter().zip(place).map(|(a, b)| (a - b).powi(2)).sum::<f64>()
    }

    proptest! {
        #[test]
        fn the_lowest_place_of_a_bowl_is_found_to_a_sixth_of_a_doubling_in_each_knob(
            place in prop::collection::vec(-3.0..3.0f64, 5),
            seed in 0..1_000_u64,
        ) {
            let search = search(Family::Regret, seed, 300, bowl(&place));
            let best = search.best().expect("tried");
            let found = Family::Regret.doublings(&best.policy);
            for (found, wanted) in found.iter().zip(&place) {
                prop_assert!((found - wanted).abs() < 1.0 / 6.0, "{found} is not {wanted}");
            }
        }

        #[test]
        fn nothing_is_tried_twice_the_defaults_come_first_and_the_runs_are_not_exceeded(
            place in prop::collection::vec(-9.0..9.0f64, 3),
            seed in 0..1_000_u64,
            most in 1..150usize,
        ) {
            let search = search(Family::Threshold, seed, most, |at| bowl(&place)(at).floor());
            let tried = search.tried();
            prop_assert!(tried.len() <= most);
            prop_assert_eq!(tried[0].policy, Family::Threshold.defaults());
            for (number, run) in tried.iter().enumerate() {
                prop_assert!(tried[..number].iter().all(|other| other.policy != run.policy));
                prop_assert!(values(&run.policy).iter().all(|value| *value > 0.0));
            }
        }
    }

    #[test]
    fn runs_are_used_up_from_other_starts_where_one_has_come_to_its_end() {
        let flat = search(Family::Threshold, 7, 400, |_| 1.0);
        assert_eq!(flat.tried().len(), 400);
        assert!(flat.starts.len() > 3, "{:?}", flat.starts);
        assert_eq!(flat.best().map(|run| run.phase), Some(Phase::Defaults));
    }
}
