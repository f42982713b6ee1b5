//! What operators ask of a running EdgeRoam, through the binary alone: the testbed and `edgeroam all` are processes of
//! their own, and so is each command.
#![allow(clippy::unwrap_used)]

#[path = "operations/brokers.rs"]
mod brokers_alone;
#[path = "operations/confirmation.rs"]
mod confirmation;
#[path = "operations/desk.rs"]
mod desk;
#[path = "operations/measurements.rs"]
mod measurements;

use desk::{Desk, text};
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn what_was_answered_202_is_on_the_bus_survives_a_kill_and_is_shown() {
    let folder = tempfile::tempdir().unwrap();
    let mut desk = Desk::start(folder.path(), &[]).await;
    let site = desk.sites().await[0]["site"].as_str().unwrap().to_owned();
    let id = "0197a5a0-0000-7000-8000-000000000001";
    let body = json!({ "id": id, "by": "ann", "reason": "new disks", "ask": { "cordon": { "site": site } } });
    let (status, answer) = desk.post(&body).await;
    assert_eq!((status, &answer["id"]), (202, &json!(id)), "{answer}");
    // At once: what comes after the answer can have no part in it.
    desk.kill().await;
    desk.start_all().await;
    let shown = desk.sites().await;
    assert_eq!(
        (&shown[0]["asked"]["id"], &shown[0]["asked"]["by"]),
        (&json!(id), &json!("ann")),
        "{shown:?}"
    );
    assert_eq!(shown[1].get("asked"), None);
    assert_eq!(desk.post(&body).await, (202, answer), "the same command again is the same answer");
    let table = desk.run(&["site", "list"]).await;
    assert!(text(&table.stdout).contains("cordon by ann: new disks"), "{}", text(&table.stdout));
    let watched = desk.watched("command").await;
    assert_eq!(watched.len(), 1, "{watched:?}");
    assert!(watched[0].contains(&format!("cordon {site}  by ann: new disks")), "{watched:?}");
    desk.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_verb_is_taken_printed_and_watched() {
    let folder = tempfile::tempdir().unwrap();
    let desk = Desk::start(folder.path(), &[]).await;
    let shown = desk.sites().await;
    let (site, other) = (shown[0]["site"].as_str().unwrap(), shown[1]["site"].as_str().unwrap());
    let asked: [(&[&str], String); 8] = [
        (&["site", "drain", site, "--deadline", "30m"], format!("drain {site} by ")),
        (&["site", "resume", site], format!("resume {site}  by")),
        (
            &["site", "cordon", other, "--by", "ann", "--reason", "disks"],
            format!("cordon {other}  by ann: disks"),
        ),
        (&["app", "freeze", "--all", "--for", "1h"], "freeze all apps until ".into()),
        (&["app", "thaw", "--all"], "thaw all apps".into()),
        (
            &["instance", "move", "echo/00ff00ff00ff00ff", site],
            format!("move echo/00ff00ff00ff00ff to {site}"),
        ),
        (&["instance", "pin", "echo/imsi-208930000000003", site], format!(" at {site}")),
        (&["instance", "unpin", "echo/00ff00ff00ff00ff"], "unpin echo/00ff00ff00ff00ff".into()),
    ];
    let mut printed = Vec::new();
    for (args, wanted) in &asked {
        let output = desk.run(args).await;
        assert!(output.status.success(), "{args:?}: {}", text(&output.stderr));
        let line = text(&output.stdout).trim_end().to_owned();
        assert!(line.contains(wanted) && line.lines().count() == 1, "{args:?}: {line}");
        assert!(!line.contains("imsi-"), "an instance is named, not its UE: {line}");
        printed.push(line);
    }
    assert_eq!(desk.watched("command").await, printed);
    let output = desk.run(&["site", "drain", "nowhere"]).await;
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains(&format!("`nowhere` is unknown; there are {site}, {other}")));
    desk.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn why_an_instance_stays_is_told_at_the_moment_of_asking_and_asking_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let desk = Desk::start(folder.path(), &[]).await;
    desk.busiest(1).await;
    // Nothing more is ordered, so that what is told stays so.
    assert!(desk.run(&["app", "freeze", "--all"]).await.status.success());
    let (ue, standing) = desk.stays().await;
    let before = desk.run(&["why", &ue, "--json", "--last", "1000"]).await.stdout;
    let output = desk.run(&["why", &ue, "--now"]).await;
    let told = text(&output.stdout);
    assert!(output.status.success(), "{}", text(&output.stderr));
    for wanted in [
        "decision  echo/",
        "\n    place       cell ",
        "\n    serves      ",
        "\n    policy      ",
        "\n    otherwise   ",
        "\nThis is how it stands now: nothing was published or ordered by asking.\n",
    ] {
        assert!(told.contains(wanted), "no `{wanted}` in\n{told}");
    }
    let instance = format!("echo/{}", standing["instance"].as_str().unwrap());
    let own = desk.run(&["why", &instance, "--now", "--json"]).await;
    let own: serde_json::Value = serde_json::from_str(text(&own.stdout)).unwrap();
    assert_eq!((&own["supi"], &own["mode"]), (&json!(ue), &json!("act")), "{own}");
    let after = desk.run(&["why", &ue, "--json", "--last", "1000"]).await.stdout;
    let asked_at = |line: &str| line.contains(&format!("\"at\":{}", own["at"]));
    assert!(text(&after).starts_with(text(&before)) && !text(&after).lines().any(asked_at));
    let output = desk.run(&["why", "imsi-001019999999999", "--now"]).await;
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("has no instance"), "{}", text(&output.stderr));
    desk.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_label_of_emco_is_reported_and_one_that_went_while_edgeroam_was_dead_is_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let more = [("EDGEROAM__EMCO__LABELS__INTERVAL", "200ms")];
    let mut desk = Desk::start(folder.path(), &more).await;
    let site = desk.sites().await[0]["site"].as_str().unwrap().to_owned();
    desk.label(&site, "edgeroam-cordon").await;
    let said = desk.reported(&site, "cordoned").await;
    assert_eq!((&said["source"], &said["reason"]), (&json!("emco"), &json!("label edgeroam-cordon")));
    desk.kill().await;
    desk.unlabel(&site, "edgeroam-cordon").await;
    desk.start_all().await;
    desk.reported(&site, "in_service").await;
    desk.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_site_that_is_drained_is_left_and_no_client_notices() {
    let folder = tempfile::tempdir().unwrap();
    let desk = Desk::start(folder.path(), &[]).await;
    let site = desk.busiest(2).await;
    let output = desk.run(&["site", "drain", &site, "--deadline", "90s", "--wait"]).await;
    let said = text(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{said}\n{}", text(&output.stderr));
    assert!(said.lines().last().unwrap().contains("empty: all "), "{said}");
    desk.left(&site).await;
    let shown = desk.sites().await;
    let own = shown.iter().find(|own| own["site"] == site).unwrap();
    assert_eq!(
        (&own["status"]["evacuation"]["state"], &own["status"]["instances"]),
        (&json!("done"), &json!(0))
    );
    assert!(desk.run(&["site", "resume", &site]).await.status.success());
    desk.holds(&site, "in_service").await;
    let clients = desk.stop().await;
    assert!(clients.requests > 100, "the clients hardly ran: {clients:?}");
    assert_eq!(clients.failed, 0, "clients noticed: {clients:?}");
}
