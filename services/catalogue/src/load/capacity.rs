//! `capacity`, `tier` and `cost`: how much load sites bear, what kind of site they are, and what they cost.

use model::{Tier, WaterMarks};
use serde_saphyr::Spanned;

use crate::error::Problems;
use crate::section::{CapacityEntry, OptText, Share};

/// Water marks: what `entry` says, the rest as in `base`; the defaults where there is no base. `None` where neither says
/// anything, or what is said makes no sense.
pub(super) fn marks(
    entry: Option<&Spanned<CapacityEntry>>,
    base: Option<WaterMarks>,
    path: &str,
    problems: &mut Problems,
) -> Option<WaterMarks> {
    let Some(entry) = entry else { return base };
    let base = base.unwrap_or_default();
    let CapacityEntry { high, low, per_instance, settle } = &entry.value;
    let share = |own: &Option<Spanned<Share>>| own.as_ref().map(|own| own.value.0);
    let marks = WaterMarks {
        high: share(high).unwrap_or(base.high),
        low: share(low).unwrap_or(base.low),
        per_instance: share(per_instance).or(base.per_instance),
        settle: settle.as_ref().map_or(base.settle, |own| own.value.0),
    };
    match marks.problem() {
        None => Some(marks),
        Some(problem) => {
            problems.field(path, entry.referenced, problem);
            None
        }
    }
}

/// The tier of a site; `edge` where nothing is said.
pub(super) fn tier(entry: &OptText, path: &str, problems: &mut Problems) -> Tier {
    let Some(entry) = entry else { return Tier::default() };
    let told = problems.ok(format!("{path}.tier"), entry.referenced, tier_of(&entry.value.0));
    told.unwrap_or_default()
}

/// What an instance costs at a site; unknown where nothing is said, or what is said makes no sense.
pub(super) fn cost(entry: Option<&Spanned<f64>>, path: &str, problems: &mut Problems) -> Option<f64> {
    let entry = entry?;
    let Some(problem) = model::cost_problem(entry.value) else { return Some(entry.value) };
    problems.field(format!("{path}.cost"), entry.referenced, problem);
    None
}

/// A tier by its name.
pub(crate) fn tier_of(name: &str) -> Result<Tier, String> {
    let known = Tier::ALL.into_iter().find(|tier| tier.as_str() == name);
    known.ok_or_else(|| {
        let name: String = name.chars().take(64).collect();
        format!("`{name}` is no tier: `edge`, `metro` or `cloud`")
    })
}
