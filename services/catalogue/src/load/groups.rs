//! `groups`: the members of each, by name.

use std::collections::BTreeMap;

use model::{MOST_GROUPS, MOST_MEMBERS, Supi, SupiRange, Users, group_problem};
use serde_saphyr::{Location, Spanned};

use super::users;
use crate::error::Problems;
use crate::section::{AppEntry, UsersEntry};

/// None where the scope is another one. `at`: where the app stands.
pub(super) fn load(
    app: &AppEntry,
    grouped: bool,
    (path, at): (&str, Location),
    problems: &mut Problems,
) -> Option<BTreeMap<String, Vec<Supi>>> {
    let given = &app.groups;
    let path = format!("{path}.groups");
    if !grouped {
        return match given {
            None => Some(BTreeMap::new()),
            Some(given) => {
                problems.field(path, given.referenced, "needs `scope: group`: one instance for each group");
                None
            }
        };
    }
    let before = problems.0.len();
    if let Some(users) = &app.users {
        let reason = "stands beside `groups`: the members of the groups are the users, so leave it out";
        problems.field(path.replace(".groups", ".users"), users.referenced, reason);
    }
    if let Some(qos) = &app.qos {
        let reason = "is of one UE and its instance: an app with `scope: group` cannot have it";
        problems.field(path.replace(".groups", ".qos"), qos.referenced, reason);
    }
    let Some(given) = given.as_ref().filter(|given| !given.value.is_empty()) else {
        let reason = "is missing: `scope: group` needs the members of each group, like `groups: {team: [imsi-…, imsi-…]}`";
        problems.field(path, at, reason);
        return None;
    };
    if given.value.len() > MOST_GROUPS {
        let reason = format!("{} groups are more than {MOST_GROUPS}: split the app", given.value.len());
        problems.field(path, given.referenced, reason);
        return None;
    }
    let mut groups = BTreeMap::new();
    for (name, entry) in &given.value {
        let path = format!("{path}.{name}");
        let Some(members) = members(entry, &path, problems) else { continue };
        match group_problem(name, &members) {
            None => drop(groups.insert(name.clone(), members)),
            Some(reason) => problems.field(path, entry.referenced, reason),
        }
    }
    (problems.0.len() == before).then_some(groups)
}

/// Who uses an app: the members of its groups.
pub(super) fn users(groups: &BTreeMap<String, Vec<Supi>>) -> Users {
    let all: std::collections::BTreeSet<&Supi> = groups.values().flatten().collect();
    Users::Only { supis: all.into_iter().cloned().collect(), ranges: Vec::new() }
}

/// SUPIs and ranges of them, as in `users`.
fn members(entry: &Spanned<UsersEntry>, path: &str, problems: &mut Problems) -> Option<Vec<Supi>> {
    let Users::Only { mut supis, ranges } = users::load(entry, path, problems)? else {
        problems.field(path.to_owned(), entry.referenced, "`all` is no group: list its members");
        return None;
    };
    for range in &ranges {
        supis.extend(each(range));
    }
    Some(supis)
}

/// One more than a group may have is enough to refuse it.
fn each(range: &SupiRange) -> impl Iterator<Item = Supi> {
    let ends = range.first.imsi().zip(range.last.imsi());
    ends.into_iter()
        .flat_map(|((first, digits), (last, _))| (first..=last).map(move |value| (value, digits)))
        .take(MOST_MEMBERS + 1)
        .filter_map(|(value, digits)| Supi::from_imsi(value, digits))
}
