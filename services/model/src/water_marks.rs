//! How much load a site bears, and what kind of site it is.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// What kind of site it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tier {
    /// Near to cells: small.
    #[default]
    Edge,
    /// One for a city or a region.
    Metro,
    /// Far away and large.
    Cloud,
}

impl Tier {
    /// Every tier.
    pub const ALL: [Self; 3] = [Self::Edge, Self::Metro, Self::Cloud];

    /// The name used in files.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Edge => "edge",
            Self::Metro => "metro",
            Self::Cloud => "cloud",
        }
    }

    /// Whether it is the one that sites have where nothing is said.
    pub const fn is_edge(&self) -> bool {
        matches!(self, Self::Edge)
    }
}

/// From which load on instances leave a site, and until which. Shares as in [`SiteLoad`](crate::SiteLoad).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct WaterMarks {
    /// A site with more load than this takes no more instances, and some of those that it has leave.
    pub high: f64,
    /// Until its load is at most this.
    pub low: f64,
    /// How much one instance is expected to take; estimated from the load and the instances where it is absent.
    pub per_instance: Option<f64>,
    /// For so long after an instance has left, what is measured does not show it.
    pub settle: Duration,
}

impl Default for WaterMarks {
    /// 85 %, 70 %, estimated, 30 s.
    fn default() -> Self {
        Self { high: 0.85, low: 0.7, per_instance: None, settle: Duration::from_secs(30) }
    }
}

impl WaterMarks {
    /// What is wrong with them, if anything is.
    pub fn problem(&self) -> Option<String> {
        let share = |share: f64| share > 0.0 && share <= 1.0;
        if !share(self.high) {
            return Some("`high` is more than 0 and at most 100 %".into());
        }
        if !(share(self.low) && self.low < self.high) {
            return Some("`low` is more than 0 and less than `high`".into());
        }
        let per_instance = self.per_instance.filter(|own| !(share(*own) && *own <= self.high));
        per_instance.map(|_| "`per_instance` is more than 0 and at most `high`".into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_that_make_no_sense_are_told() {
        let marks = WaterMarks::default();
        assert_eq!(marks.problem(), None);
        for (wrong, about) in [
            (WaterMarks { high: 1.2, ..marks }, "`high`"),
            (WaterMarks { high: f64::NAN, ..marks }, "`high`"),
            (WaterMarks { low: 0.85, ..marks }, "`low`"),
            (WaterMarks { low: 0.0, ..marks }, "`low`"),
            (WaterMarks { per_instance: Some(0.0), ..marks }, "`per_instance`"),
            (WaterMarks { per_instance: Some(0.9), ..marks }, "`per_instance`"),
        ] {
            assert!(wrong.problem().is_some_and(|problem| problem.starts_with(about)), "{wrong:?}");
        }
        for tier in Tier::ALL {
            assert_eq!(serde_json::to_string(&tier).expect("JSON"), format!("\"{}\"", tier.as_str()));
        }
    }
}
