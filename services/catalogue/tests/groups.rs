//! Groups of UEs, as they are written.
#![allow(missing_docs, clippy::unwrap_used)]

use std::path::Path;

use catalogue::{AdoptedInstance, Catalogue, Section};
use model::{Aim, Policy, Regret, Scope, Users};

const LAB: &str = "
plmn: {mcc: 208, mnc: 93}
sites:
  - {id: a, at: {lon: 2.35, lat: 48.85}, cluster: {provider: p, cluster: one}, ingress: 10.0.0.1}
cells: [{nci: '000000010', tac: '000001', site: a}]
apps:
  - id: ar
    emco: {project: p, composite_app: ca, composite_app_version: v1, composite_profile: cp, logical_cloud: lc}
    address: {load_balancer: {port: 80}}
";

const TEAMS: &str = "    scope: group
    groups:
      red: [imsi-208930000000001, imsi-208930000000002]
      blue: imsi-208930000000002-208930000000004
";

fn load(more: &str) -> Result<Catalogue, String> {
    let section: Section =
        serde_saphyr::from_str(&format!("{LAB}{more}")).map_err(|error| error.to_string())?;
    let told = |errors: Vec<catalogue::CatalogueError>| {
        errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
    };
    catalogue::load(&section, Path::new(".")).map_err(told)
}

#[test]
fn a_group_is_a_name_and_its_members() {
    let app = load(TEAMS).unwrap().apps.remove(0).app;
    let members = |name: &str| app.groups[name].iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!((app.scope, app.groups.len()), (Scope::Group, 2));
    assert_eq!(members("red"), ["imsi-208930000000001", "imsi-208930000000002"]);
    assert_eq!(members("blue").len(), 3);
    // The members are the users, each once.
    assert!(matches!(&app.users, Users::Only { supis, ranges } if supis.len() == 4 && ranges.is_empty()));
    let Policy::Group(knobs) = app.policy else { panic!("group is the default of groups") };
    assert_eq!((knobs.aim, knobs.cost), (Aim::Worst, Regret::default()));
}

#[test]
fn the_policy_has_an_aim_and_the_knobs_of_regret() {
    let policy = |text: &str| load(&format!("{TEAMS}    policy: {text}\n")).map(|c| c.apps[0].app.policy);
    let Policy::Group(knobs) = policy("{group: {aim: mean, relocation_cost: 500, tick: 1s}}").unwrap() else {
        panic!("group")
    };
    assert_eq!((knobs.aim, knobs.cost.relocation_cost, knobs.cost.tick.as_secs()), (Aim::Mean, 500.0, 1));
    assert_eq!(policy("nearest").unwrap(), Policy::Nearest);
    let told = |text: &str, words: &str| {
        let error = policy(text).unwrap_err();
        assert!(error.contains(words), "{error}");
    };
    told("{group: {aim: best}}", "apps[0].policy.group.aim: `best` is no aim");
    told("{group: {relocation_cost: 0}}", "apps[0].policy.group.relocation_cost");
    told("{group: {}, regret: {}}", "takes one policy");
}

#[test]
fn what_is_wrong_with_groups_is_told_with_its_place() {
    let told = |more: &str, words: &str| {
        let error = load(more).unwrap_err();
        assert!(error.contains(words) && error.contains("line"), "{words}: {error}");
    };
    told("    scope: group\n", "apps[0].groups: is missing");
    told("    scope: group\n    groups: {}\n", "apps[0].groups: is missing");
    told(&format!("{TEAMS}    users: all\n"), "apps[0].users: stands beside `groups`");
    told(&format!("{TEAMS}    qos: {{rtt: 20ms}}\n"), "apps[0].qos: is of one UE");
    told(
        &format!("{TEAMS}    users: all\n").replace("scope: group", "scope: per-ue"),
        "needs `scope: group`",
    );
    told("    users: all\n    policy: group\n", "apps[0].policy: `group` needs `scope: group`");
    let group = |name: &str, members: &str| format!("    scope: group\n    groups: {{{name}: {members}}}\n");
    told(&group("red", "[]"), "apps[0].groups.red: is empty");
    told(&group("red", "all"), "`all` is no group");
    told(&group("red", "[imsi-208930000000001, imsi-208930000000001]"), "twice");
    told(&group("red", "imsi-208930000000000-208930000000099"), "64 are the most");
    told(&group("red", "imsi-208930000000000-208939999999999"), "64 are the most");
    told(&group("a b", "[imsi-208930000000001]"), "apps[0].groups.a b: is no name");
    told(&group("red", "[nobody]"), "apps[0].groups.red[0]");
}

#[test]
fn what_runs_for_a_group_is_taken_over_by_its_name() {
    let adopted = |whose: &str| {
        let instances = format!("    instances: [{{{whose}, deployment_intent_group: dig}}]\n");
        load(&format!("{TEAMS}{instances}")).map(|c| c.apps[0].instances[0].instance.clone())
    };
    assert_eq!(adopted("group: red").unwrap(), AdoptedInstance::Group("red".into()));
    assert!(adopted("group: red, instance: x").unwrap_err().contains("`group: NAME`"));
    assert!(adopted("group: green").unwrap_err().contains("`green` is none of its groups"));
}
