//! What is sought, and what counts as better.

use std::cmp::Ordering;

/// The most ping-pong that tuned knobs may have, percent of the relocations.
pub const MOST_PING_PONG_PERCENT: f64 = 1.0;

/// What is made as low as possible on the training traffic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Objective {
    /// Cost over optimum of all files together: each UE counts alike.
    Cost,
    /// The mean of the files' cost over optimum: each file counts alike.
    Mean,
    /// The highest cost over optimum of any file.
    Worst,
}

impl Objective {
    /// Every objective.
    pub const ALL: [Self; 3] = [Self::Cost, Self::Mean, Self::Worst];

    /// Its name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Cost => "cost",
            Self::Mean => "mean",
            Self::Worst => "worst",
        }
    }

    /// What its values are, as an axis names it.
    pub const fn axis(self) -> &'static str {
        match self {
            Self::Cost => "cost / optimum",
            Self::Mean => "mean of the files' cost / optimum",
            Self::Worst => "highest cost / optimum of a file",
        }
    }

    /// Of the costs of files and of their optima. Files in which the optimum is free say nothing; `None` where there is
    /// no other.
    pub(crate) fn of(self, files: &[(f64, f64)]) -> Option<f64> {
        let paid = || files.iter().filter(|(_, optimum)| *optimum > 0.0);
        let ratios = || paid().map(|(cost, optimum)| cost / optimum);
        let count = paid().count();
        let (cost, optimum) = paid().fold((0.0, 0.0), |sum, file| (sum.0 + file.0, sum.1 + file.1));
        (count > 0).then(|| match self {
            Self::Cost => cost / optimum,
            Self::Mean => ratios().sum::<f64>() / count as f64,
            Self::Worst => ratios().fold(0.0, f64::max),
        })
    }
}

/// How good a policy is. Ping-pong beyond what is allowed outweighs every cost (the feasibility rules of Deb: An
/// efficient constraint handling method for genetic algorithms, 2000): no weight of a penalty has to be guessed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Score {
    /// Ping-pong beyond [`MOST_PING_PONG_PERCENT`], in points of a percent.
    pub beyond: f64,
    /// The objective.
    pub cost: f64,
}

impl Score {
    pub(crate) fn new(cost: f64, ping_pong_percent: f64) -> Self {
        Self { beyond: (ping_pong_percent - MOST_PING_PONG_PERCENT).max(0.0), cost }
    }

    /// Better ones come first.
    pub fn order(&self, other: &Self) -> Ordering {
        self.beyond.total_cmp(&other.beyond).then(self.cost.total_cmp(&other.cost))
    }

    /// Whether it is better than another one.
    pub fn beats(&self, other: &Self) -> bool {
        self.order(other) == Ordering::Less
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_objective_weighs_ues_or_files() {
        let files = [(110.0, 100.0), (13.0, 10.0), (5.0, 0.0)];
        let close = |found: Option<f64>, wanted: f64| (found.expect("paid") - wanted).abs() < 1e-12;
        assert!(close(Objective::Cost.of(&files), 123.0 / 110.0));
        assert!(close(Objective::Mean.of(&files), 1.2));
        assert!(close(Objective::Worst.of(&files), 1.3));
        assert!(Objective::ALL.iter().all(|objective| objective.of(&files[2..]).is_none()));
    }

    #[test]
    fn ping_pong_beyond_what_is_allowed_outweighs_every_cost() {
        let score = Score::new;
        assert!(score(1.1, 0.2).beats(&score(1.2, 0.0)));
        assert!(score(9.0, 1.0).beats(&score(1.0, 1.1)));
        assert!(score(1.2, 1.5).beats(&score(1.0, 1.6)));
        assert!(!score(1.1, 0.5).beats(&score(1.1, 0.9)));
    }
}
