//! What tuning came to.

use model::Policy;

use super::knobs::{Family, REACH, values};
use super::score::{MOST_PING_PONG_PERCENT, Objective, Score};
use super::search::Run;
use crate::Settings;
use crate::figures::Figures;

/// Tuned knobs must be better than the defaults by at least this on the test traffic, in units of the objective: less
/// is not worth a setting of one's own.
const WORTH: f64 = 0.001;

/// What was tried, and what is the best of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Tuning {
    /// The policy whose knobs were tuned.
    pub family: Family,
    /// What was made low.
    pub objective: Objective,
    /// What seeded the search.
    pub seed: u64,
    /// The most that was to be tried.
    pub most_runs: usize,
    /// What policies were compared with.
    pub settings: Settings,
    /// Whether somebody stopped the search before its end.
    pub stopped: bool,
    /// All that was tried on the training traffic, in order; the defaults first.
    pub runs: Vec<Run>,
    /// The best of them.
    pub best: Policy,
    /// On the traffic that the knobs were tuned on.
    pub training: Sides,
    /// On traffic that the search has not seen.
    pub test: Sides,
}

/// Defaults and tuned knobs on the same traffic.
#[derive(Debug, Clone, PartialEq)]
pub struct Sides {
    /// The files.
    pub files: Vec<FileSides>,
    /// The default knobs.
    pub defaults: Side,
    /// The best knobs that were found.
    pub tuned: Side,
}

/// One of the two.
#[derive(Debug, Clone, PartialEq)]
pub struct Side {
    /// Over all files.
    pub figures: Figures,
    /// How good that is.
    pub score: Score,
}

/// One file.
#[derive(Debug, Clone, PartialEq)]
pub struct FileSides {
    /// What it is called.
    pub name: String,
    /// UEs with at least one event on a known cell.
    pub ues: usize,
    /// Hours that they were there, all together.
    pub ue_hours: f64,
    /// Cost over optimum of the default knobs; `None` where the optimum is free.
    pub defaults: Option<f64>,
    /// Of the tuned ones.
    pub tuned: Option<f64>,
}

/// What to do with the knobs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Advice {
    /// Nothing that was tried did better than the defaults on the training traffic.
    NothingBetter,
    /// The tuned knobs are not better on traffic that they have not seen.
    KeepDefaults,
    /// They are.
    TakeTuned,
}

impl Advice {
    /// Its name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NothingBetter => "nothing_better",
            Self::KeepDefaults => "keep_defaults",
            Self::TakeTuned => "take_tuned",
        }
    }
}

impl Tuning {
    /// Whether the tuned knobs are worth it.
    pub fn advice(&self) -> Advice {
        let (tuned, defaults) = (self.test.tuned.score, self.test.defaults.score);
        let steadier = tuned.beyond < defaults.beyond;
        let cheaper = tuned.beyond <= defaults.beyond && defaults.cost - tuned.cost >= WORTH;
        if self.best == self.family.defaults() {
            Advice::NothingBetter
        } else if steadier || cheaper {
            Advice::TakeTuned
        } else {
            Advice::KeepDefaults
        }
    }

    /// The advice as a sentence.
    pub fn sentence(&self) -> String {
        let told = |side: &Side| {
            let beyond = if side.score.beyond > 0.0 {
                format!(" with more than {MOST_PING_PONG_PERCENT} % of ping-pong")
            } else {
                String::new()
            };
            format!("{:.3}{beyond}", side.score.cost)
        };
        let (defaults, tuned) = (told(&self.test.defaults), told(&self.test.tuned));
        let what = self.objective.axis();
        match self.advice() {
            Advice::NothingBetter => format!(
                "Keep the defaults: none of the {} policies that were tried did better on the training traffic.",
                self.runs.len()
            ),
            Advice::KeepDefaults => format!(
                "Keep the defaults: on the test traffic they come to {defaults}, the tuned knobs to {tuned} ({what})."
            ),
            Advice::TakeTuned => format!(
                "The tuned knobs are better: on the test traffic they come to {tuned}, the defaults to {defaults} ({what})."
            ),
        }
    }

    /// The four rows of a table, each with its name.
    pub fn rows(&self) -> [(&'static str, &Side); 4] {
        [
            ("training, defaults", &self.training.defaults),
            ("training, tuned", &self.training.tuned),
            ("test, defaults", &self.test.defaults),
            ("test, tuned", &self.test.tuned),
        ]
    }

    /// Each knob with its default and its tuned value, as a configuration has them.
    pub fn knobs(&self) -> Vec<(&'static str, String, String)> {
        let pairs = values(&self.family.defaults()).into_iter().zip(values(&self.best));
        let knobs = self.family.knobs().iter().zip(pairs);
        knobs.map(|(knob, (default, tuned))| (knob.name, knob.text(default), knob.text(tuned))).collect()
    }

    /// The knobs whose tuned value is at an end of what was searched: a better one may be beyond.
    pub fn at_the_end(&self) -> Vec<&'static str> {
        let ends = self.family.doublings(&self.best).into_iter().map(|by| by.abs() > REACH.log2() - 0.02);
        self.family.knobs().iter().zip(ends).filter(|(_, end)| *end).map(|(knob, _)| knob.name).collect()
    }

    /// The tuned policy as a file that `edgeroam evaluate --policy` takes, and an app of `edgeroam.yaml`.
    pub fn yaml(&self) -> String {
        let knobs = self.knobs();
        let entries: Vec<String> = knobs.iter().map(|(name, _, tuned)| format!("{name}: {tuned}")).collect();
        let family = self.family.as_str();
        format!("# {}\npolicy:\n  {family}: {{ {} }}\n", self.sentence(), entries.join(", "))
    }
}
