use std::time::Duration;

use model::{Budget, Limits, Mobility, MobilityLevel, Mode, Policy, QosTarget, Rate, Scope, Supi, Users};

use super::*;
use crate::{AddressFrom, AdoptedInstance, ReleaseIn};

fn read(yaml: &str) -> Result<Catalogue, Vec<String>> {
    let section: Section = serde_saphyr::from_str(yaml).expect("the shape is right");
    load(&section, Path::new(".")).map_err(|errors| errors.iter().map(ToString::to_string).collect())
}

/// The one error of a catalogue.
fn wrong(yaml: &str) -> String {
    let errors = read(yaml).expect_err("something is wrong");
    assert_eq!(errors.len(), 1, "{errors:#?}");
    errors[0].clone()
}

const LAB: &str = "
plmn: {mcc: 208, mnc: 93}
sites:
  - {id: a, at: {lon: 2.35, lat: 48.85}, cluster: {provider: p, cluster: one}, ingress: 10.0.0.1}
  - {id: b, name: Bee, cluster: {provider: p, cluster: two}, ingress: 10.0.0.2}
cells:
  - {nci: 0x000000010, tac: 000001, site: a}
  - {nci: 000000020, tac: 000002, site: b}
";

const APP: &str = "
apps:
  - id: ar
    users: all
    emco: {project: p, composite_app: ca, composite_app_version: v1, composite_profile: cp, logical_cloud: lc}
    address: {load_balancer: {port: 80}}
";

fn with_app(more: &str) -> String {
    format!("{LAB}{APP}{more}")
}

#[test]
fn two_lab_gnbs_are_four_lines() {
    let lab = read(LAB).expect("valid");
    let ids: Vec<_> = lab.cells.iter().map(|c| c.id.to_string()).collect();
    assert_eq!(ids, ["208-93-000000010", "208-93-000000020"]);
    let tais: Vec<_> = lab.cells.iter().filter_map(|c| c.tai).map(|t| t.to_string()).collect();
    assert_eq!(tais, ["208-93-000001", "208-93-000002"]);
    assert_eq!(lab.cells[1].pin, Pin::Site(lab.sites[1].id.clone()));
    assert_eq!((lab.sites[0].name.as_str(), lab.sites[1].name.as_str()), ("a", "Bee"));
}

#[test]
fn a_tracking_area_is_pinned_like_a_cell() {
    let yaml = format!(
        "{LAB}tracking_areas:\n  - {{tac: 000003, site: b}}\n  - {{mcc: 001, mnc: 01, tac: 0003, site: a}}\n"
    );
    let lab = read(&yaml).expect("valid");
    let tais: Vec<_> = lab.tai_pins.iter().map(|p| format!("{} {}", p.tai, p.site)).collect();
    assert_eq!(tais, ["208-93-000003 b", "001-01-0003 a"]);
}

#[test]
fn an_app_needs_little_and_observes() {
    let lab = read(&with_app("")).expect("valid");
    let spec = &lab.apps[0];
    assert_eq!((spec.app.mode, spec.app.scope, &spec.app.users), (Mode::Observe, Scope::PerUe, &Users::All));
    assert_eq!(spec.app.policy, Policy::Regret(model::Regret::default()));
    assert_eq!(spec.app.max_concurrent_relocations, 4);
    assert_eq!(spec.address, AddressFrom::LoadBalancer { port: 80 });
    assert_eq!(spec.app.qos, None);
    assert!(spec.drain >= 2 * spec.dns_ttl);
}

#[test]
fn a_target_of_quality_that_cannot_be_is_told_with_its_member() {
    for (text, told) in
        [("{}", "qos.rtt"), ("{loss: 100%}", "qos.loss"), ("{rtt: 20ms, violated_for: 30s}", "qos.valid_for")]
    {
        let refused = wrong(&with_app(&format!("    qos: {text}\n")));
        assert!(refused.contains(told), "{text}: {refused}");
    }
    for (text, told) in [("{loss: 2}", "no share"), ("{delay: 20ms}", "unknown field")] {
        let yaml = with_app(&format!("    qos: {text}\n"));
        let refused = serde_saphyr::from_str::<Section>(&yaml).expect_err("refused").to_string();
        assert!(refused.contains(told), "{text}: {refused}");
    }
}

#[test]
fn an_app_may_say_everything() {
    let yaml = with_app(
        "    mode: act
    scope: per-ue
    policy: {threshold: {margin: 0.25km, time_to_trigger: 3s, minimum_stay: 1m}}
    max_concurrent_relocations: 7
    qos: {rtt: 20ms, loss: 1%, valid_for: 1m}
    linger: 20s
    probe: {path: /healthz, timeout: 500ms, release: {header: X-Release}}
    dns: {ttl: 2s}
    drain: 4s
    deadlines: {ready: 2m, verify: 10s, retire: 3m}
    instances:
      - {ue: imsi-208930000000003, deployment_intent_group: dig-3}
      - {instance: 00ff00ff00ff00ff, deployment_intent_group: dig-4}
",
    )
    .replace("logical_cloud: lc}", "logical_cloud: lc, override_values: [{app: web, values: {replicas: 1}}]}")
    .replace(
        "users: all",
        "users: [imsi-208930000000001, imsi-208930000000010-208930000000019, imsi-00101000-imsi-00101999]",
    );
    let spec = read(&yaml).expect("valid").apps.remove(0);
    let Policy::Threshold(threshold) = spec.app.policy else { panic!("threshold") };
    assert_eq!((threshold.margin_meters, threshold.time_to_trigger), (250.0, Duration::from_secs(3)));
    assert_eq!((spec.app.mode, spec.app.max_concurrent_relocations), (Mode::Act, 7));
    let wanted = QosTarget {
        rtt: Some(Duration::from_millis(20)),
        loss: Some(0.01),
        valid_for: Duration::from_secs(60),
        ..QosTarget::default()
    };
    assert_eq!(spec.app.qos, Some(wanted));
    assert_eq!(spec.probe.release, ReleaseIn::Header("X-Release".into()));
    assert_eq!((spec.dns_ttl, spec.drain), (Duration::from_secs(2), Duration::from_secs(4)));
    assert_eq!(spec.emco.override_values[0]["values"]["replicas"], 1);
    assert!(matches!(&spec.instances[0].instance, AdoptedInstance::Ue(s) if s.to_string().ends_with('3')));
    assert!(
        matches!(&spec.instances[1].instance, AdoptedInstance::Id(i) if i.as_str() == "00ff00ff00ff00ff")
    );
    let uses = |imsi: &str| spec.app.users.contains(&imsi.parse::<Supi>().expect("valid"));
    assert!(uses("imsi-208930000000001") && uses("imsi-208930000000015") && uses("imsi-00101500"));
    assert!(!uses("imsi-208930000000002") && !uses("imsi-208930000000020"));
}

#[test]
fn limits_are_read_and_those_of_a_site_replace_the_default() {
    let yaml = with_app(
        "    cooldown: 2m
    no_return: 90s
    budget: {per_minute: 30}
    freeze_windows: {days: [sat, sun], from: 22:00, to: 06:00, zone: +01:00}
budgets:
  total: {concurrent: 200, per_minute: 1200, burst: 50}
  site: {concurrent: 20, per_minute: 60}
  sites:
    a: {concurrent: 5}
    b: {per_minute: 6}
freeze_windows:
  - {from: 17:00, to: 24:00}
",
    );
    let catalogue = read(&yaml).expect("valid");
    let limits = &catalogue.apps[0].app.limits;
    assert_eq!((limits.cooldown, limits.no_return), (Duration::from_secs(120), Duration::from_secs(90)));
    assert_eq!(limits.rate, Some(Rate { per_minute: 30, burst: 5 }));
    assert_eq!(limits.freeze_windows[0].to_string(), "22:00 to 06:00 +01:00 on sat, sun");
    let Limits { total, site, sites, freeze_windows } = &catalogue.limits;
    let budget = |concurrent, per_minute, burst| Budget {
        concurrent: Some(concurrent),
        rate: Some(Rate { per_minute, burst }),
    };
    assert_eq!((*total, *site), (budget(200, 1_200, 50), budget(20, 60, 10)));
    let of: Vec<_> = sites.iter().map(|(id, own)| (id.as_str(), *own)).collect();
    assert_eq!(of, [("a", budget(5, 60, 10)), ("b", budget(20, 6, 1))]);
    assert_eq!(freeze_windows[0].to_string(), "17:00 to 24:00 UTC");
    assert_eq!(read(&with_app("")).expect("valid").limits, Limits::default());
}

#[test]
fn a_mobility_level_is_read_and_its_timeout_is_bounded() {
    let of = |yaml: &str| read(&with_app(yaml)).map(|catalogue| catalogue.apps[0].app.limits.mobility);
    assert_eq!(of("").expect("valid"), Mobility::default());
    let asks = "    mobility_level: with-confirmation\n";
    let level = MobilityLevel::WithConfirmation;
    let timeout = |seconds| Mobility { level, confirmation_timeout: Duration::from_secs(seconds) };
    assert_eq!(of(asks).expect("valid"), timeout(60));
    for (text, seconds) in [("1s", 1), ("5m", 300), ("24h", 86_400)] {
        let yaml = format!("{asks}    confirmation_timeout: {text}\n");
        assert_eq!(of(&yaml).expect("valid"), timeout(seconds));
    }
    assert_eq!(of("    mobility_level: not-allowed\n").expect("valid").level, MobilityLevel::NotAllowed);
    for (yaml, reason) in [
        ("    mobility_level: maybe\n", "apps[0].mobility_level: `maybe` is no level: `not-allowed`"),
        (
            "    confirmation_timeout: 1m\n",
            "apps[0].confirmation_timeout: says nothing without `mobility_level: with-confirmation`",
        ),
        (
            "    mobility_level: with-confirmation\n    confirmation_timeout: 900ms\n",
            "apps[0].confirmation_timeout: is out of range: 1s to 24h",
        ),
        (
            "    mobility_level: with-confirmation\n    confirmation_timeout: 25h\n",
            "apps[0].confirmation_timeout: is out of range: 1s to 24h",
        ),
    ] {
        let errors = of(yaml).expect_err("it means nothing");
        assert!(errors[0].contains(reason) && errors[0].starts_with("line "), "{errors:?}");
    }
}

#[test]
fn limits_that_mean_nothing_are_refused_each_with_its_place() {
    let yaml = with_app(
        "    budget: {concurrent: 3, burst: 2}
    freeze_windows: [{days: [someday], from: 7pm, to: 19:00, zone: Europe/Paris}, {from: 08:00}]
budgets:
  total: {concurrent: 0, per_minute: 70000}
  sites: {nowhere: {concurrent: 1}}
",
    );
    let errors = read(&yaml).expect_err("much is wrong");
    for part in [
        "apps[0].budget.concurrent: an app has `max_concurrent_relocations`",
        "apps[0].budget.burst: says nothing without `per_minute`",
        "apps[0].freeze_windows[0].days: `someday` is no day",
        "apps[0].freeze_windows[0].from: `7pm` is no time of the day",
        "apps[0].freeze_windows[0].zone: `Europe/Paris` is no offset from UTC",
        "apps[0].freeze_windows[1]: `to` is missing",
        "budgets.total.concurrent: must be 1 or more",
        "budgets.total.per_minute: 70000 is out of range: 1 to 60000",
        "budgets.sites.nowhere: there is no site `nowhere`",
    ] {
        let told = errors.iter().any(|error| error.contains(part) && error.starts_with("line "));
        assert!(told, "{part} is not in {errors:#?}");
    }
    assert_eq!(errors.len(), 9, "{errors:#?}");
    let all_time = with_app("    freeze_windows: {from: 08:00, to: 08:00}\n");
    let warnings = read(&all_time).expect("valid").warnings;
    assert!(warnings.iter().any(|warning| warning.contains("holds at all times")), "{warnings:?}");
}

#[test]
fn every_address_has_its_form() {
    let address = |text: &str| read(&with_app("").replace("{load_balancer: {port: 80}}", text));
    let of = |text: &str| address(text).expect("valid").apps.remove(0).address;
    assert_eq!(of("{node_port: {}}"), AddressFrom::NodePort { port_name: None });
    assert_eq!(
        of("{node_port: {port_name: http}}"),
        AddressFrom::NodePort { port_name: Some("http".into()) }
    );
    assert_eq!(of("{pod_ip: {port: 8080}}"), AddressFrom::PodIp { port: 8080 });
    assert_eq!(of("{template: '{ingress}:8080'}"), AddressFrom::Template("{ingress}:8080".into()));
    for bad in [
        "{}",
        "{pod_ip: {port: 0}}",
        "{template: '{nowhere}:80'}",
        "{template: '{site}'}",
        "{template: '{site:80'}",
        "{pod_ip: {port: 1}, load_balancer: {port: 2}}",
    ] {
        assert!(address(bad).is_err(), "{bad}");
    }
}

#[test]
fn an_ingress_that_an_app_needs_must_be_there() {
    let yaml = with_app("").replace("{load_balancer: {port: 80}}", "{node_port: {}}");
    let error = wrong(&yaml.replace(", ingress: 10.0.0.2", ""));
    assert!(
        error.contains("apps[0].address") && error.contains("ingress") && error.ends_with(": b"),
        "{error}"
    );
}

#[test]
fn an_app_may_be_shared_and_then_takes_nothing_over() {
    let shared = with_app("    scope: shared\n");
    let spec = read(&shared).expect("valid").apps.remove(0);
    assert_eq!(spec.app.scope, Scope::Shared);
    let adopts = "    instances: [{instance: one, deployment_intent_group: by-hand}]\n";
    let error = wrong(&format!("{shared}{adopts}"));
    assert!(error.contains("apps[0].instances") && error.contains("cannot be taken over"), "{error}");
}

#[test]
fn other_scopes_are_refused_with_what_is_supported() {
    let error = wrong(&with_app("    scope: per-site\n"));
    assert!(["per-site", "per-ue", "group", "shared"].iter().all(|scope| error.contains(scope)), "{error}");
    let error = wrong(&with_app("    scope: shared\n    policy: orchestrator-chooses\n"));
    assert!(error.contains("orchestrator-chooses") && error.contains("shared"), "{error}");
}

#[test]
fn a_drain_below_twice_the_ttl_is_refused() {
    let error = wrong(&with_app("    dns: {ttl: 10s}\n    drain: 19s\n"));
    assert!(error.contains("apps[0].drain") && error.contains("20s"), "{error}");
    assert!(read(&with_app("    dns: {ttl: 10s}\n    drain: 20s\n")).is_ok());
    assert!(wrong(&with_app("    dns: {ttl: 500ms}\n")).contains("whole seconds"));
}

#[test]
fn errors_name_line_column_and_field() {
    let error = wrong(&LAB.replace("000000020", "00000002x"));
    assert!(error.starts_with("line 8, column 11: cells[1].nci:") && error.contains("00000002x"), "{error}");
}

#[test]
fn every_error_is_told() {
    let yaml = "
sites:
  - {id: a, at: {lon: 48.8, lat: 142.3}, cluster: {provider: p, cluster: one}}
  - {id: b}
  - {id: b, cluster: {provider: p, cluster: 'no good'}}
  - {file: no-such-file.geojson}
cells:
  - {nci: 10, tac: 1, site: a}
  - {mcc: 208, mnc: 93, nci: 0x1234567890, site: zzz}
  - {mcc: 208, mnc: 93, nci: 10, at: {lon: 1, lat: 2}, site: b}
  - {mcc: 208, mnc: 93, nci: 10}
tracking_areas:
  - {mcc: 208, mnc: 93, tac: 12345}
apps:
  - {id: Bad_Name, users: [208930000000003], mode: perhaps, scope: none, policy: best}
";
    let errors = read(yaml).expect_err("much is wrong");
    let all = errors.join("\n");
    for part in [
        "sites[0].at",
        "sites[1]",
        "sites[2].cluster.cluster",
        "no-such-file.geojson",
        "cells[0]: no network",
        "cells[0].tac",
        "cells[1].nci",
        "cells[2]",
        "cells[3]",
        "tracking_areas[0].tac",
        "`site` is missing",
        "apps[0].id",
        "apps[0].users[0]",
        "apps[0].mode",
        "apps[0].scope",
        "apps[0].policy",
        "`emco` is missing",
        "`address` is missing",
        "swapped",
    ] {
        assert!(all.contains(part), "{part} is not in:\n{all}");
    }
    assert!(errors.len() >= 17, "{all}");
}

#[test]
fn duplicates_are_refused_wherever_they_come_from() {
    let twice = LAB.replace("000000020", "0x10");
    assert!(wrong(&twice).contains("duplicate id: cell 208-93-000000010"));
    let twice = format!("{LAB}tracking_areas:\n  - {{tac: 000003, site: b}}\n  - {{tac: 000003, site: a}}\n");
    assert!(wrong(&twice).contains("208-93-000003 is there already"));
    let apps = with_app(
        "  - id: ar\n    users: all\n    emco: {project: p, composite_app: ca, composite_app_version: v1, composite_profile: cp, logical_cloud: lc}\n    address: {pod_ip: {port: 80}}\n",
    );
    assert!(wrong(&apps).contains("duplicate id: app `ar`"));
    let sites = LAB.replace("{id: b,", "{id: a,").replace("site: b", "site: a");
    assert!(wrong(&sites).contains("duplicate id: site `a`"));
}

#[test]
fn a_pin_to_an_unknown_site_is_refused() {
    assert!(wrong(&LAB.replace("site: b", "site: c")).contains("there is no site `c`"));
}

#[test]
fn wrong_user_lists_are_refused() {
    let users = |text: &str| wrong(&with_app("").replace("users: all", &format!("users: {text}")));
    assert!(users("[]").contains("empty"));
    assert!(users("[all, imsi-208930000000001]").contains("stands alone"));
    assert!(users("[imsi-208930000000009-208930000000001]").contains("greater"));
    assert!(users("[imsi-208930000000009-99]").contains("imsi-99"));
    assert!(users("[imsi-208930000000009-99999999]").contains("same count"));
    assert!(users("everybody").contains("everybody") && users("everybody").starts_with("line 12,"));
}

#[test]
fn nothing_to_go_by_is_told() {
    assert!(wrong("apps: []").contains("sites: is empty"));
    let no_cells = format!("{}{APP}", LAB.split("cells:").next().expect("sites"));
    assert!(wrong(&no_cells).contains("nothing tells where UEs are"));
    let no_positions =
        LAB.replace("at: {lon: 2.35, lat: 48.85}, ", "").replace("site: b}", "at: {lon: 2, lat: 48}}");
    assert!(wrong(&no_positions).contains("no site has a position"));
}

#[test]
fn two_sites_on_one_cluster_are_warned_of() {
    let lab = read(&LAB.replace("cluster: two", "cluster: one")).expect("allowed");
    assert!(lab.warnings[0].contains("site b shares cluster p/one"), "{:?}", lab.warnings);
}

#[test]
fn unknown_fields_and_wrong_shapes_are_refused_with_their_line() {
    for (yaml, part) in [
        ("sites:\n  - {id: a, colour: red}\n", "colour"),
        ("apps:\n  - id: a\n    drain: 10\n", "drain"),
        ("cells: {file: a.csv, lines: 4}\n", "lines"),
    ] {
        let error = serde_saphyr::from_str::<Section>(yaml).expect_err("refused").to_string();
        assert!(error.contains(part) && error.contains("line"), "{error}");
    }
}

#[test]
fn sections_that_stand_among_others_keep_their_lines() {
    #[derive(serde::Deserialize)]
    #[serde(deny_unknown_fields, default)]
    #[derive(Default)]
    struct File {
        state_dir: String,
        plmn: crate::PlmnSection,
        sites: crate::SitesSection,
        cells: crate::CellsSection,
    }
    let text = format!("state_dir: x\n{}", LAB.replace("000000020", "00000002x"));
    let file: File = serde_saphyr::from_str(&text).expect("the shape is right");
    assert_eq!(file.state_dir, "x");
    let section = Section { plmn: file.plmn, sites: file.sites, cells: file.cells, ..Section::default() };
    let errors = load(&section, Path::new(".")).expect_err("a bad cell");
    assert!(errors[0].to_string().starts_with("line 9, column 11: cells[1].nci"), "{}", errors[0]);
}

#[test]
fn sites_have_labels_and_room_and_apps_require() {
    let sites = "{provider: p, cluster: one}, ingress: 10.0.0.1";
    let more = with_app("    requires: [gpu]\n");
    let yaml = more.replace(sites, &format!("{sites}, labels: [gpu, ssd], max_instances: 20"));
    let lab = read(&yaml).expect("valid");
    assert_eq!(lab.sites[0].labels, ["gpu", "ssd"].map(str::to_owned).into());
    assert_eq!((lab.sites[0].max_instances, lab.sites[1].max_instances), (Some(20), None));
    assert_eq!(lab.apps[0].app.requires, ["gpu".to_owned()].into());
    assert!(lab.warnings.is_empty(), "{:?}", lab.warnings);
    // An app that no site can take is placed nowhere: that is told.
    let warned = read(&more).expect("valid").warnings;
    assert!(warned.iter().any(|warning| warning.contains("requires gpu, which no site has")), "{warned:?}");
    let refused = wrong(&with_app("    requires: [\"two words\"]\n"));
    assert!(
        refused.contains("apps[0].requires[0]") && refused.contains("`two words` is no label"),
        "{refused}"
    );
}

#[test]
fn sites_have_a_tier_and_water_marks_of_their_own_or_of_all() {
    let sites = "{provider: p, cluster: one}, ingress: 10.0.0.1";
    let own = LAB.replace(sites, &format!("{sites}, tier: metro, capacity: {{low: 40%, per_instance: 2%}}"));
    let all = "capacity: {high: 90%, settle: 1m}\n";
    let lab = read(&format!("{own}{all}")).expect("valid");
    let marks =
        model::WaterMarks { high: 0.9, settle: Duration::from_secs(60), ..model::WaterMarks::default() };
    let one = model::WaterMarks { low: 0.4, per_instance: Some(0.02), ..marks };
    assert_eq!((lab.sites[0].tier, lab.sites[0].water_marks), (model::Tier::Metro, Some(one)));
    assert_eq!((lab.sites[1].tier, lab.sites[1].water_marks), (model::Tier::Edge, Some(marks)));
    let lab = read(&own).expect("valid");
    assert_eq!(lab.sites[1].water_marks, None);
    assert_eq!(lab.sites[0].water_marks.map(|marks| marks.high), Some(0.85));
    let refused = |from: &str, to: &str| wrong(&own.replace(from, to));
    assert!(
        refused("low: 40%", "low: 90%").contains("sites[0].capacity: `low` is more than 0 and less than")
    );
    assert!(refused("tier: metro", "tier: moon").contains("sites[0].tier: `moon` is no tier"));
    let dear = read(&own.replace("tier: metro", "tier: metro, cost: 1.5")).expect("valid");
    assert_eq!((dear.sites[0].cost, dear.sites[1].cost), (Some(1.5), None));
    assert!(refused("tier: metro", "cost: -1").contains("sites[0].cost: -1 is no cost"));
    assert!(refused("tier: metro", "cost: .nan").contains("is no cost"));
    let refused = wrong(&format!("{LAB}capacity: {{high: 60%}}\n"));
    assert!(refused.contains("capacity: `low`"), "{refused}");
}
