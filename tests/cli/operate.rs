//! The verbs of operators, as far as nobody needs to answer.

use crate::{edgeroam, text, with_variables};

/// The configuration that `config init` writes.
fn configured(folder: &tempfile::TempDir) -> String {
    let path = folder.path().join("edgeroam.yaml");
    let file = path.to_str().unwrap();
    assert!(edgeroam(&["config", "init", file], "").status.success());
    file.to_owned()
}

/// What is said on standard error, with this exit status, where the admin port is to be here.
fn refused_at(listen: &str, args: &[&str], status: i32) -> String {
    let output = with_variables(&[("EDGEROAM__ADMIN__LISTEN", listen)], args, "");
    let said = text(&output.stderr).trim_end().to_owned();
    assert_eq!(output.status.code(), Some(status), "{args:?}: {said}");
    assert!(text(&output.stdout).is_empty(), "{args:?}");
    said
}

fn refused(args: &[&str], status: i32) -> String {
    refused_at("127.0.0.1:0", args, status)
}

#[test]
fn a_name_that_the_configuration_does_not_have_is_told_in_one_line_with_those_it_has() {
    let folder = tempfile::tempdir().unwrap();
    let file = configured(&folder);
    for (args, wanted) in [
        (&["site", "drain", "nroth"][..], "edgeroam: site `nroth` is unknown; there are north, south"),
        (&["site", "cordon", "nroth", "--reason", "disks"], "site `nroth` is unknown"),
        (&["app", "freeze", "eco", "--for", "10m"], "edgeroam: app `eco` is unknown; there are echo"),
        (&["instance", "move", "echo/00ff", "nroth"], "site `nroth` is unknown"),
        (&["instance", "unpin", "eco/00ff"], "app `eco` is unknown"),
    ] {
        let said = refused(&[args, &["--config", &file]].concat(), 1);
        assert!(said.contains(wanted) && said.lines().count() == 1, "{args:?}: {said}");
    }
}

#[test]
fn what_is_not_written_as_it_should_be_is_told_with_how_it_should() {
    let folder = tempfile::tempdir().unwrap();
    let file = configured(&folder);
    for (args, status, wanted) in [
        (&["instance", "pin", "echo", "north"][..], 1, "write APP/INSTANCE"),
        (&["instance", "pin", "echo/imsi-208930000000003", "north"], 1, "instance.key"),
        (&["instance", "pin", "echo/a b", "north"], 1, "instance id"),
        (&["site", "drain", "north", "--deadline", "soon"], 2, "write it like 30m"),
        (&["site", "drain", "north", "--deadline", "2020-01-01T00:00:00Z"], 1, "has passed"),
        (&["site", "drain", "north", "--by", "a\u{7}b"], 1, "--by"),
        (&["app", "freeze"], 2, "--all"),
        (&["app", "thaw", "echo", "--all"], 2, "--all"),
    ] {
        let said = refused(&[args, &["--config", &file]].concat(), status);
        assert!(said.contains(wanted), "{args:?}: {said}");
    }
    // Whoever only asks makes no key.
    assert!(!folder.path().join("edgeroam-state").exists());
}

#[test]
fn where_nobody_answers_it_is_said_where_somebody_should() {
    let folder = tempfile::tempdir().unwrap();
    let file = configured(&folder);
    // Bound and let go: nobody listens there.
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    for args in [
        &["site", "list"][..],
        &["site", "resume", "north"],
        &["app", "freeze", "--all"],
        &["why", "echo/00ff", "--now"],
    ] {
        let said = refused_at(&free, &[args, &["--config", &file]].concat(), 1);
        assert!(said.contains(&format!("nobody answers at http://{free} (admin.listen)")), "{said}");
        assert_eq!(said.lines().count(), 1, "{said}");
    }
    let other = format!("http://{free}");
    let said = refused(&["why", "imsi-208930000000003", "--now", "--admin", &other, "--config", &file], 1);
    assert!(said.contains(&format!("nobody answers at {other}")) && said.lines().count() == 1, "{said}");
    let said = refused(&["why", "echo", "--now", "--config", &file], 1);
    assert!(said.contains("--now is of a UE"), "{said}");
    let said = refused(&["site", "list", "--config", &file], 1);
    assert!(said.contains("admin.address") && said.contains("is EdgeRoam running?"), "{said}");
}
