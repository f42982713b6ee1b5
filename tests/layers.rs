//! The dependency rule of ARCHITECTURE.md, held against what cargo says.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use serde_json::Value;

/// Every crate of the workspace with its layer. A crate may depend on lower layers only.
const LAYERS: &[(&str, u8)] = &[
    ("model", 0),
    ("contract", 0),
    ("sbi-schemas", 0),
    ("placement", 1),
    ("relocation", 1),
    ("bus", 2),
    ("store", 2),
    ("catalogue", 2),
    ("sbi", 2),
    ("emco", 2),
    ("steering", 2),
    ("runtime", 2),
    ("subscriber", 3),
    ("decider", 3),
    ("executor", 3),
    ("relay", 3),
    ("monitor", 3),
    ("evaluation", 3),
    ("edgeroam", 4),
];

/// The simulators: they share nothing with EdgeRoam's services but `sbi-schemas` and each other.
const TESTBED: &[&str] = &["mobility", "core-sim", "emco-sim", "edge-app", "brokers"];

/// What other people's systems do: they have the contract and none of our crates.
const EXAMPLES: &[&str] = &["consumer-example"];

/// Who may see the 3GPP types.
const SEE_SCHEMAS: &[&str] = &["sbi", "subscriber", "steering", "core-sim"];

/// Dependencies within a layer or across L1 and L2 that the architecture allows by name.
const EXCEPTIONS: &[(&str, &str)] = &[("steering", "sbi"), ("contract", "model")];

/// What a sans-IO core may build on: data structures, geometry and serialisation.
const CORE_DEPENDENCIES: &[&str] =
    &["model", "serde", "serde_json", "geo", "rstar", "hashbrown", "libm", "thiserror", "postcard"];

fn packages() -> BTreeMap<String, BTreeSet<String>> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--no-deps", "--offline"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("cargo metadata is JSON");
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let normal = |package: &Value| -> BTreeSet<String> {
        let dependencies = package["dependencies"].as_array().expect("dependencies");
        dependencies.iter().filter(|d| d["kind"].is_null()).map(|d| text(&d["name"])).collect()
    };
    let packages = metadata["packages"].as_array().expect("packages");
    packages.iter().map(|p| (text(&p["name"]), normal(p))).collect()
}

fn violations(packages: &BTreeMap<String, BTreeSet<String>>) -> Vec<String> {
    let layer: BTreeMap<&str, u8> = LAYERS.iter().copied().collect();
    let mut found = Vec::new();
    for (package, dependencies) in packages {
        let (name, testbed) = (package.as_str(), TESTBED.contains(&package.as_str()));
        if EXAMPLES.contains(&name) {
            let ours = |on: &&String| TESTBED.contains(&on.as_str()) || layer.contains_key(on.as_str());
            found
                .extend(dependencies.iter().filter(ours).map(|on| format!("{name} must not depend on {on}")));
            continue;
        }
        if !testbed && !layer.contains_key(name) {
            found.push(format!("{name} has no layer: add it to tests/layers.rs and ARCHITECTURE.md"));
            continue;
        }
        for dependency in dependencies.iter().map(String::as_str) {
            let exempt = EXCEPTIONS.contains(&(name, dependency));
            if dependency == "sbi-schemas" {
                if !SEE_SCHEMAS.contains(&name) {
                    found.push(format!("{name} must not see sbi-schemas"));
                }
            } else if TESTBED.contains(&dependency) {
                if !testbed && name != "edgeroam" {
                    found.push(format!("{name} must not depend on the simulator {dependency}"));
                }
            } else if let Some(&below) = layer.get(dependency) {
                let own = layer.get(name).copied();
                let cores = own == Some(2) && below == 1;
                if !exempt && (testbed || cores || own.is_some_and(|own| below >= own)) {
                    found.push(format!("{name} must not depend on {dependency}"));
                }
            } else if layer.get(name) == Some(&1) && !CORE_DEPENDENCIES.contains(&dependency) {
                found.push(format!("the core {name} must not depend on {dependency}"));
            }
        }
    }
    found
}

#[test]
fn every_crate_depends_on_lower_layers_only() {
    let found = violations(&packages());
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn a_dependency_upwards_or_sideways_is_found() {
    let depends = |name: &str, on: &str| BTreeMap::from([(name.to_owned(), BTreeSet::from([on.to_owned()]))]);
    for (name, on) in [
        ("placement", "bus"),
        ("placement", "tokio"),
        ("bus", "placement"),
        ("decider", "executor"),
        ("decider", "sbi-schemas"),
        ("executor", "emco-sim"),
        ("core-sim", "model"),
        ("newcomer", "serde"),
        ("consumer-example", "contract"),
    ] {
        assert_eq!(violations(&depends(name, on)).len(), 1, "{name} -> {on}");
    }
    assert!(violations(&depends("steering", "sbi")).is_empty());
}

#[test]
fn no_crate_module_or_folder_has_a_name_that_says_nothing() {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
    let output = Command::new("git").args(["ls-files"]).current_dir(root).output();
    let Some(listing) = output.ok().filter(|o| o.status.success()) else {
        eprintln!("skipped: not a git checkout");
        return;
    };
    let listing = String::from_utf8(listing.stdout).expect("UTF-8 paths");
    let nothing = ["common", "util", "utils", "helper", "helpers", "shared", "misc"];
    let empty: Vec<_> = listing
        .lines()
        .filter(|path| path.split('/').any(|part| nothing.contains(&part.trim_end_matches(".rs"))))
        .collect();
    assert!(empty.is_empty(), "{empty:?}");
}
