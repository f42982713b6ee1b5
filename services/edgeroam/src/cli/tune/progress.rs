//! How far a search is, a line a second at most.

use std::time::{Duration, Instant};

use evaluation::Trying;

pub(super) struct Progress {
    began: Instant,
    last: Instant,
}

impl Progress {
    pub(super) fn new() -> Self {
        let now = Instant::now();
        Self { began: now, last: now }
    }

    pub(super) fn tell(&mut self, trying: Trying) {
        if self.last.elapsed() >= Duration::from_secs(1) {
            self.last = Instant::now();
            crate::cli::say(&line(trying, self.began.elapsed()));
        }
    }
}

fn line(Trying { done, of, best }: Trying, elapsed: Duration) -> String {
    let left = elapsed.as_secs_f64() / done.max(1) as f64 * of.saturating_sub(done) as f64;
    let best = best.map_or_else(String::new, |best| {
        let beyond = if best.beyond > 0.0 { " with too much ping-pong" } else { "" };
        format!(", best {:.4}{beyond}", best.cost)
    });
    format!("{done} of at most {of} tried{best}, about {left:.0} s to go")
}

#[cfg(test)]
mod tests {
    use evaluation::Score;

    use super::*;

    #[test]
    fn a_line_tells_the_best_so_far_and_when_it_will_end() {
        let at = |done, best| line(Trying { done, of: 200, best }, Duration::from_secs(30));
        let best = Score { beyond: 0.0, cost: 1.02345 };
        assert_eq!(at(50, Some(best)), "50 of at most 200 tried, best 1.0234, about 90 s to go");
        let worse = Score { beyond: 0.5, ..best };
        assert!(at(200, Some(worse)).ends_with("best 1.0234 with too much ping-pong, about 0 s to go"));
        assert!(at(0, None).starts_with("0 of at most 200 tried, about"));
    }
}
