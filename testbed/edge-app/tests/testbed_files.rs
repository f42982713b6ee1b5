//! The files of the real testbed agree with each other, and its script does what it says.
#![allow(missing_docs)]

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn testbed() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn text(path: &str) -> String {
    fs::read_to_string(testbed().join(path)).expect("the file is there")
}

/// The value of a top-level `key: value` line, without quotes and comment.
fn value(text: &str, key: &str) -> String {
    let line = text.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(':'));
    line.expect("the key is there").split('#').next().unwrap_or_default().trim().trim_matches('"').to_owned()
}

#[test]
fn cells_tracking_areas_and_addresses_are_the_same_in_every_file() {
    let (core, compose) = (text("free5gc/config/amfcfg.yaml"), text("free5gc/compose.edgeroam.yaml"));
    let (edgeroam, ue) = (text("free5gc/edgeroam.yaml"), text("ueransim/ue.yaml"));
    let script = text("ueransim/roam.sh");
    for (gnb, number) in [("gnb1", 1), ("gnb2", 2)] {
        let config = text(&format!("ueransim/{gnb}.yaml"));
        let tac: u32 = value(&config, "tac").parse().expect("a number");
        assert_eq!(tac, number);
        assert!(
            core.contains(&format!("tac: \"{tac:06x}\"")),
            "{gnb}: the AMF does not know its tracking area"
        );
        let cell = format!("nci: {}, tac: {tac:06x}", value(&config, "nci"));
        assert!(edgeroam.contains(&cell), "{gnb}: edgeroam.yaml has no cell `{cell}`");
        let address = value(&config, "linkIp");
        assert!(compose.contains(&format!("ipv4_address: {address}\n")), "{gnb}: {address} in compose");
        assert!(ue.contains(&format!("  - {address}\n")), "{gnb}: {address} in ue.yaml");
        assert!(script.contains(&format!(":-{address}}}")), "{gnb}: {address} in roam.sh");
    }
    let smf = text("free5gc/config/smfcfg.yaml");
    let dns = "10.100.200.153";
    for (file, content) in [("smfcfg.yaml", &smf), ("compose", &compose), ("edgeroam.yaml", &edgeroam)] {
        assert!(content.contains(dns), "{file} does not name the DNS server {dns}");
    }
    assert!(edgeroam.contains(&value(&ue, "supi")), "edgeroam.yaml does not name the UE");
}

fn ran(command: &mut Command) -> (Output, String) {
    let output = command.output().expect("started");
    let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    let said = said.into_owned();
    (output, said)
}

#[test]
fn the_script_is_clean() {
    if Command::new("shellcheck").arg("--version").output().is_err() {
        eprintln!("skipped: shellcheck is not installed");
        return;
    }
    let (output, said) = ran(Command::new("shellcheck").arg(testbed().join("ueransim/roam.sh")));
    assert!(output.status.success(), "{said}");
}

/// Stands for docker: the UE is at the cell whose gNB is not silenced, as it would be some seconds later.
const DOCKER: &str = r#"#!/usr/bin/env bash
echo "$*" >> "$STATE/calls"
case "$*" in
  info) ;;
  inspect*) echo true ;;
  *"neigh replace 10.100.200.121"*) echo 2 > "$STATE/tac" ;;
  *"neigh replace 10.100.200.122"*) echo 1 > "$STATE/tac" ;;
  *"-e status") printf 'rm-state: RM-REGISTERED\ncurrent-tac: %s\n' "$(cat "$STATE/tac")" ;;
  *"cat ./config/ue.yaml") cat "$UE_YAML" ;;
  *"cat > ./config-one-gnb.yaml") cat > "$STATE/ue.yaml"; if grep -q 200.122 "$STATE/ue.yaml"; then echo 2 > "$STATE/tac"; fi ;;
  *pgrep*) exit 1 ;;
  *"link show") echo '3: uesimtun0: <POINTOPOINT,UP>' ;;
esac
"#;

#[test]
fn the_script_moves_a_ue_in_both_ways_and_leaves_nothing_silenced() {
    let scratch = tempfile::tempdir().expect("created");
    let scratch = scratch.path();
    let docker = scratch.join("docker");
    fs::write(&docker, DOCKER).expect("written");
    fs::set_permissions(&docker, fs::Permissions::from_mode(0o755)).expect("executable");
    fs::write(scratch.join("tac"), "1\n").expect("written");
    let path = format!("{}:{}", scratch.display(), std::env::var("PATH").expect("set"));
    let roam = |arguments: &[&str]| {
        fs::write(scratch.join("calls"), "").expect("written");
        let mut command = Command::new(testbed().join("ueransim/roam.sh"));
        command.args(arguments).env("PATH", &path).env("STATE", scratch);
        let (output, said) = ran(command.env("UE_YAML", testbed().join("ueransim/ue.yaml")));
        (output.status.code(), said, fs::read_to_string(scratch.join("calls")).expect("read"))
    };

    let (code, said, calls) = roam(&["to", "gnb2"]);
    assert!(code == Some(0) && said.contains("is at gnb2 (TAC 2)"), "{said}");
    assert!(calls.contains("neigh replace 10.100.200.121") && !calls.contains("replace 10.100.200.122"));
    assert!(
        calls.ends_with("neigh del 10.100.200.121 dev eth0\n") || calls.contains("neigh del 10.100.200.121")
    );
    let (code, said, calls) = roam(&["to", "gnb2"]);
    assert!(code == Some(0) && said.contains("already") && !calls.contains("replace"), "{said}");
    let (code, said, _) = roam(&["to", "gnb1"]);
    assert!(code == Some(0) && said.contains("is at gnb1 (TAC 1)"), "{said}");

    let (code, said, calls) = roam(&["restart", "gnb2"]);
    assert!(code == Some(0) && said.contains("is at gnb2"), "{said}\n{calls}");
    let config = fs::read_to_string(scratch.join("ue.yaml")).expect("written");
    assert!(config.contains("gnbSearchList:\n  - 10.100.200.122\nuacAic:"), "{config}");
    assert!(calls.contains("route replace 10.100.200.153/32 dev uesimtun0"), "{calls}");

    assert_eq!(roam(&["to", "gnb3"]).0, Some(1));
    let (code, said, _) = roam(&[]);
    assert!(code == Some(64) && said.contains("roam.sh restart gnb2"), "{said}");
}

#[test]
fn bind_reads_the_zone_of_the_testbed() {
    let check =
        ["/usr/bin/named-checkconf", "/usr/sbin/named-checkconf"].into_iter().find(|p| Path::new(p).exists());
    let Some(check) = check else {
        eprintln!("skipped: named-checkconf (Debian bind9-utils) is not installed");
        return;
    };
    let scratch = tempfile::tempdir().expect("created");
    let scratch = scratch.path();
    let here = scratch.display().to_string();
    let conf = text("free5gc/dns/named.conf");
    let conf =
        ["/etc/bind", "/var/lib/bind", "/var/cache/bind"].iter().fold(conf, |c, p| c.replace(p, &here));
    fs::write(scratch.join("named.conf"), conf).expect("written");
    fs::write(scratch.join("edge.test.zone"), text("free5gc/dns/edge.test.zone")).expect("written");
    let key = "key \"edgeroam\" { algorithm hmac-sha256; secret \"c2VjcmV0\"; };\n";
    fs::write(scratch.join("edgeroam.key"), key).expect("written");
    let (output, said) = ran(Command::new(check).arg("-z").arg(scratch.join("named.conf")));
    assert!(output.status.success() && said.contains("loaded serial 1"), "{said}");
}
