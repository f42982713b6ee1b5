//! Apps.

use std::collections::{BTreeMap, HashSet};
use std::path::Path;
use std::time::Duration;

use model::{App, AppId, InstanceId, Scope, Supi, name_is_valid};
use serde_json::Value;
use serde_saphyr::{Location, Spanned};

use super::{Catalogue, areas, groups, limits, policy, qos, required, serving, users};
use crate::error::Problems;
use crate::section::{AppEntry, EmcoEntry, InstanceEntry, OptText, Section};
use crate::{Adopted, AdoptedInstance, AppSpec, EmcoObjects};

/// How many relocations and first placements of an app may be under way at once, where nothing is said.
const MAX_CONCURRENT_RELOCATIONS: u32 = 4;
/// How long an instance is kept after its UE has gone, where nothing is said.
const LINGER: Duration = Duration::from_secs(300);

pub(super) fn load(section: &Section, base: &Path, catalogue: &mut Catalogue, problems: &mut Problems) {
    let mut ids: HashSet<AppId> = HashSet::new();
    for (index, entry) in section.apps.0.0.iter().enumerate() {
        let path = format!("apps[{index}]");
        let Some(mut spec) = app(entry, &path, problems) else { continue };
        let file = &entry.value.residency;
        spec.app.residency = areas::residency(file, &path, base, &mut catalogue.files, problems);
        if ids.insert(spec.app.id.clone()) {
            limits::warn(&spec.app.limits.freeze_windows, &format!("{path}.freeze_windows"), catalogue);
            catalogue.apps.push(spec);
        } else {
            let reason = format!("duplicate id: app `{}` is there already; ids are unique", spec.app.id);
            problems.field(format!("{path}.id"), entry.referenced, reason);
        }
    }
}

fn app(entry: &Spanned<AppEntry>, path: &str, problems: &mut Problems) -> Option<AppSpec> {
    let (app, at) = (&entry.value, entry.referenced);
    let id = required(problems, path, at, "id", &app.id).and_then(|id| {
        let path = format!("{path}.id");
        dns_label(&path, id.referenced, &id.value.0, problems)?;
        problems.ok(path, id.referenced, AppId::new(&id.value.0))
    });
    let mode = policy::mode(&app.mode, path, problems);
    let scope = policy::scope(&app.scope, path, problems);
    let grouped = scope == Some(Scope::Group);
    let groups = groups::load(app, grouped, (path, at), problems);
    let users = match &app.users {
        _ if grouped => groups.as_ref().map(groups::users),
        Some(users) => users::load(users, &format!("{path}.users"), problems),
        None => {
            let reason =
                "`users` is missing: list SUPIs (imsi-…) and ranges (imsi-FIRST-LAST), or write `all`";
            problems.field(path, at, reason);
            None
        }
    };
    let chosen = policy::policy(app, grouped, path, problems);
    let chosen = chosen.filter(|chosen| {
        let fits = scope != Some(Scope::Shared) || !matches!(chosen, model::Policy::OrchestratorChooses(_));
        if !fits {
            let reason = "`orchestrator-chooses` does not fit `scope: shared`, whose hosts belong to their sites: take \
                          another policy";
            problems.field(format!("{path}.policy"), at, reason);
        }
        fits
    });
    let most = match &app.max_concurrent_relocations {
        Some(most) if most.value == 0 => {
            let reason = "must be 1 or more; to change nothing, use `mode: observe`";
            problems.field(format!("{path}.max_concurrent_relocations"), most.referenced, reason);
            None
        }
        given => Some(given.as_ref().map_or(MAX_CONCURRENT_RELOCATIONS, |m| m.value)),
    };
    let requires = super::labels(&app.requires, &format!("{path}.requires"), problems);
    let wanted = qos::target(app.qos.as_ref(), path, problems);
    let tenant = tenant(&app.tenant, path, problems);
    let limits = limits::of_app(app, path, problems);
    let emco = emco(app.emco.as_ref(), path, at, problems);
    let address = serving::address(app.address.as_ref(), path, at, problems);
    let probe = serving::probe(&app.probe, path, problems);
    let times = serving::times(app, path, problems);
    let instances =
        instances(app, path, problems).filter(|adopted| none_shared(adopted, scope, app, path, problems));
    let (dns_ttl, drain, deadlines) = times?;
    Some(AppSpec {
        app: App {
            id: id?,
            users: users?,
            mode: mode?,
            scope: scope?,
            policy: chosen?,
            max_concurrent_relocations: most?,
            linger: app.linger.as_ref().map_or(LINGER, |l| l.value.0),
            requires: requires?,
            qos: wanted?,
            tenant: tenant?,
            residency: BTreeMap::new(),
            limits,
            groups: groups?,
        },
        emco: emco?,
        address: address?,
        probe: probe?,
        dns_ttl,
        drain,
        deadlines,
        instances: instances?,
    })
}

/// A tenant is called as in `tenants` of sites.
fn tenant(entry: &OptText, path: &str, problems: &mut Problems) -> Option<Option<String>> {
    match entry {
        Some(wrong) if !name_is_valid(&wrong.value.0) => {
            let reason = format!("`{}` is no tenant: {}", wrong.value.0, super::LABEL);
            problems.field(format!("{path}.tenant"), wrong.referenced, reason);
            None
        }
        given => Some(given.as_ref().map(|tenant| tenant.value.0.clone())),
    }
}

/// Ids of apps and instances are labels of DNS names (RFC 1035 clause 2.3.1).
fn dns_label(path: &str, at: Location, text: &str, problems: &mut Problems) -> Option<()> {
    let edge = |b: Option<&u8>| b.is_some_and(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    let (bytes, inner) = (text.as_bytes(), |b: &u8| edge(Some(b)) || *b == b'-');
    if bytes.len() <= 63 && edge(bytes.first()) && edge(bytes.last()) && bytes.iter().all(inner) {
        return Some(());
    }
    let reason =
        "becomes part of a DNS name: lower-case letters, digits and `-`, at most 63, no `-` at the ends";
    problems.field(path, at, format!("`{text}` {reason}"));
    None
}

fn emco(
    entry: Option<&Spanned<EmcoEntry>>,
    path: &str,
    at: Location,
    problems: &mut Problems,
) -> Option<EmcoObjects> {
    let Some(entry) = entry else {
        let reason = "`emco` is missing: name `project`, `composite_app`, `composite_app_version`, \
                      `composite_profile` and `logical_cloud`";
        problems.field(path, at, reason);
        return None;
    };
    let (path, emco) = (format!("{path}.emco"), &entry.value);
    let mut name = |name: &str, field: &OptText| {
        let given = required(problems, &path, entry.referenced, name, field)?;
        if name_is_valid(&given.value.0) {
            return Some(given.value.0.clone());
        }
        let reason = format!("`{}` is no name that EMCO takes", given.value.0);
        problems.field(format!("{path}.{name}"), given.referenced, reason);
        None
    };
    let project = name("project", &emco.project);
    let composite_app = name("composite_app", &emco.composite_app);
    let composite_app_version = name("composite_app_version", &emco.composite_app_version);
    let composite_profile = name("composite_profile", &emco.composite_profile);
    let logical_cloud = name("logical_cloud", &emco.logical_cloud);
    let override_values = override_values(&emco.override_values, &path, problems);
    Some(EmcoObjects {
        project: project?,
        composite_app: composite_app?,
        composite_app_version: composite_app_version?,
        composite_profile: composite_profile?,
        logical_cloud: logical_cloud?,
        override_values: override_values?,
    })
}

/// EMCO takes `[{app: NAME, values: {KEY: VALUE}}]`.
fn override_values(entries: &[Spanned<Value>], path: &str, problems: &mut Problems) -> Option<Vec<Value>> {
    let before = problems.0.len();
    for (index, entry) in entries.iter().enumerate() {
        let app = entry.value.get("app").is_some_and(Value::is_string);
        if !app || !entry.value.get("values").is_some_and(Value::is_object) {
            let path = format!("{path}.override_values[{index}]");
            problems.field(path, entry.referenced, "EMCO takes `{app: NAME, values: {KEY: VALUE, …}}`");
        }
    }
    (problems.0.len() == before).then(|| entries.iter().map(|e| e.value.clone()).collect())
}

fn instances(app: &AppEntry, path: &str, problems: &mut Problems) -> Option<Vec<Adopted>> {
    let before = problems.0.len();
    let (mut adopted, mut groups, mut whose): (Vec<Adopted>, HashSet<_>, Vec<_>) = Default::default();
    for (index, entry) in app.instances.0.iter().enumerate() {
        let path = format!("{path}.instances[{index}]");
        let Some(one) = instance(entry, app, &path, problems) else { continue };
        let twice = whose.contains(&one.instance);
        if twice || !groups.insert(one.deployment_intent_group.clone()) {
            let what = if twice { "instance" } else { "deployment intent group" };
            problems.field(path, entry.referenced, format!("duplicate: this {what} is there already"));
        }
        whose.push(one.instance.clone());
        adopted.push(one);
    }
    (problems.0.len() == before).then_some(adopted)
}

/// What runs of a shared app cannot be taken over: nothing tells whose seats it has.
fn none_shared(
    adopted: &[Adopted],
    scope: Option<Scope>,
    app: &AppEntry,
    path: &str,
    problems: &mut Problems,
) -> bool {
    let first = app.instances.0.first().filter(|_| scope == Some(Scope::Shared) && !adopted.is_empty());
    if let Some(first) = first {
        let reason = "what runs of an app with `scope: shared` cannot be taken over: leave `instances` out; its hosts \
                      are started beside what runs, which may be removed once nobody uses it";
        problems.field(format!("{path}.instances"), first.referenced, reason);
    }
    first.is_none()
}

fn instance(
    entry: &Spanned<InstanceEntry>,
    app: &AppEntry,
    path: &str,
    problems: &mut Problems,
) -> Option<Adopted> {
    let (value, at) = (&entry.value, entry.referenced);
    let group = required(problems, path, at, "deployment_intent_group", &value.deployment_intent_group)
        .map(|group| group.value.0.clone());
    let instance = match (&value.ue, &value.instance, &value.group) {
        (Some(ue), None, None) => problems
            .ok(format!("{path}.ue"), ue.referenced, ue.value.0.parse::<Supi>())
            .map(AdoptedInstance::Ue),
        (None, None, Some(group)) => {
            let name = &group.value.0;
            let known = app.groups.as_ref().is_some_and(|groups| groups.value.contains_key(name));
            if !known {
                let reason = format!("`{name}` is none of its groups: list it in `groups`");
                problems.field(format!("{path}.group"), group.referenced, reason);
            }
            known.then(|| AdoptedInstance::Group(name.clone()))
        }
        (None, Some(id), None) => {
            let path = format!("{path}.instance");
            dns_label(&path, id.referenced, &id.value.0, problems)?;
            problems.ok(path, id.referenced, InstanceId::new(&id.value.0)).map(AdoptedInstance::Id)
        }
        _ => {
            let reason = "say whose it is: either `ue: imsi-…`, `group: NAME` or `instance: ID`";
            problems.field(path, at, reason);
            None
        }
    };
    Some(Adopted { instance: instance?, deployment_intent_group: group? })
}
