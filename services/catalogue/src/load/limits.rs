//! Budgets and freeze windows.

use std::collections::{BTreeSet, HashSet};

use model::{AppLimits, Budget, FreezeWindow, Limits, Rate, SiteId, TimeOfDay, UtcOffset, Weekday};
use serde_saphyr::Spanned;

use super::{Catalogue, required};
use crate::error::Problems;
use crate::section::{AppEntry, BudgetEntry, Entries, FreezeWindowEntry, Section, Text};

/// The limits that apps share.
pub(super) fn load(section: &Section, catalogue: &mut Catalogue, problems: &mut Problems) {
    let entry = &section.budgets.0;
    let of = |entry: &Option<Spanned<BudgetEntry>>, path: &str, problems: &mut Problems| {
        entry.as_ref().map_or_else(Budget::default, |entry| budget(entry, None, path, problems))
    };
    let mut limits = Limits {
        total: of(&entry.total, "budgets.total", problems),
        site: of(&entry.site, "budgets.site", problems),
        ..Limits::default()
    };
    let known: HashSet<&SiteId> = catalogue.sites.iter().map(|site| &site.id).collect();
    for (id, own) in &entry.sites {
        let path = format!("budgets.sites.{id}");
        match SiteId::new(id).ok().filter(|id| known.contains(id)) {
            Some(site) => {
                let default = entry.site.as_ref().map(|entry| &entry.value);
                let budget = budget(own, default, &path, problems);
                limits.sites.insert(site, budget);
            }
            // Where no site is valid, their own errors say so.
            None if known.is_empty() => (),
            None => problems.field(path, own.referenced, format!("there is no site `{id}` in `sites`")),
        }
    }
    limits.freeze_windows = windows(&section.freeze_windows.0, "freeze_windows", problems);
    warn(&limits.freeze_windows, "freeze_windows", catalogue);
    catalogue.limits = limits;
}

/// The limits of an app.
pub(super) fn of_app(app: &AppEntry, path: &str, problems: &mut Problems) -> AppLimits {
    let span = |entry: &Option<Spanned<crate::section::Span>>| {
        entry.as_ref().map_or(std::time::Duration::ZERO, |span| span.value.0)
    };
    let path_of_budget = format!("{path}.budget");
    let rate = app.budget.as_ref().and_then(|entry| {
        if let Some(concurrent) = &entry.value.concurrent {
            let reason = "an app has `max_concurrent_relocations` for that";
            problems.field(format!("{path_of_budget}.concurrent"), concurrent.referenced, reason);
        }
        budget(entry, None, &path_of_budget, problems).rate
    });
    AppLimits {
        cooldown: span(&app.cooldown),
        no_return: span(&app.no_return),
        rate,
        freeze_windows: windows(&app.freeze_windows, &format!("{path}.freeze_windows"), problems),
        mobility: super::mobility::of_app(app, path, problems),
    }
}

/// A budget; what it does not say is taken from `default`.
fn budget(
    entry: &Spanned<BudgetEntry>,
    default: Option<&BudgetEntry>,
    path: &str,
    problems: &mut Problems,
) -> Budget {
    let own = &entry.value;
    let concurrent = own.concurrent.as_ref().or_else(|| default?.concurrent.as_ref());
    if let Some(most) = own.concurrent.as_ref().filter(|most| most.value == 0) {
        let reason = "must be 1 or more: nothing could ever be moved";
        problems.field(format!("{path}.concurrent"), most.referenced, reason);
    }
    for (name, number) in [("per_minute", &own.per_minute), ("burst", &own.burst)] {
        if let Some(number) = number.as_ref().filter(|number| !(1..=Rate::MOST).contains(&number.value)) {
            let reason = format!("{} is out of range: 1 to {}", number.value, Rate::MOST);
            problems.field(format!("{path}.{name}"), number.referenced, reason);
        }
    }
    let (per_minute, burst) = match &own.per_minute {
        Some(per_minute) => (Some(per_minute), own.burst.as_ref()),
        None => {
            let burst = own.burst.as_ref().or_else(|| default?.burst.as_ref());
            (default.and_then(|default| default.per_minute.as_ref()), burst)
        }
    };
    if let (None, Some(burst)) = (per_minute, burst) {
        let reason = "says nothing without `per_minute`";
        problems.field(format!("{path}.burst"), burst.referenced, reason);
    }
    let rate = per_minute.map(|per_minute| {
        let rate = Rate::per_minute(per_minute.value);
        Rate { burst: burst.map_or(rate.burst, |burst| burst.value), ..rate }
    });
    Budget { concurrent: concurrent.map(|most| most.value), rate }
}

fn windows(entries: &Entries<FreezeWindowEntry>, path: &str, problems: &mut Problems) -> Vec<FreezeWindow> {
    let numbered = entries.0.iter().enumerate();
    numbered.filter_map(|(index, entry)| window(entry, &format!("{path}[{index}]"), problems)).collect()
}

fn window(entry: &Spanned<FreezeWindowEntry>, path: &str, problems: &mut Problems) -> Option<FreezeWindow> {
    let (window, at) = (&entry.value, entry.referenced);
    let from = required(problems, path, at, "from", &window.from);
    let to = required(problems, path, at, "to", &window.to);
    let mut time = |text: &Spanned<Text>, name: &str| {
        problems.ok(format!("{path}.{name}"), text.referenced, text.value.0.parse::<TimeOfDay>())
    };
    let (from, to) = (from.and_then(|from| time(from, "from")), to.and_then(|to| time(to, "to")));
    let zone = match &window.zone {
        None => Some(UtcOffset::default()),
        Some(zone) => problems.ok(format!("{path}.zone"), zone.referenced, zone.value.0.parse::<UtcOffset>()),
    };
    let named = window.days.0.iter().map(|word| day(word, path, problems));
    let named: Vec<Option<Weekday>> = named.collect();
    let named: Option<BTreeSet<Weekday>> = named.into_iter().collect();
    let days = named.map(|days| if days.is_empty() { Weekday::ALL.into() } else { days });
    Some(FreezeWindow { days: days?, from: from?, to: to?, zone: zone? })
}

fn day(word: &Spanned<Text>, path: &str, problems: &mut Problems) -> Option<Weekday> {
    let found = Weekday::ALL.into_iter().find(|day| day.as_str() == word.value.0);
    if found.is_none() {
        let reason = format!("`{}` is no day: mon, tue, wed, thu, fri, sat or sun", word.value.0);
        problems.field(format!("{path}.days"), word.referenced, reason);
    }
    found
}

/// Windows that leave no time.
pub(super) fn warn(windows: &[FreezeWindow], path: &str, catalogue: &mut Catalogue) {
    let always = |window: &&FreezeWindow| window.days.len() == Weekday::ALL.len() && window.from == window.to;
    for window in windows.iter().filter(always) {
        catalogue.warnings.push(format!("{path}: {window} holds at all times: no policy will move anything"));
    }
}
