//! Moves that somebody has to agree to.

use serde_json::{Value, json};

use crate::desk::{Desk, text};

async fn start(folder: &std::path::Path) -> Desk {
    let level = "mobility_level: with-confirmation\n    confirmation_timeout: 20m\n    mode: act\n";
    Desk::start_with(folder, &[], |config| {
        let changed = config.replace("    mode: act\n", &format!("    {level}"));
        assert_ne!(changed, config, "the testbed's configuration has changed");
        changed
    })
    .await
}

fn word<'a>(of: &'a Value, member: &str) -> &'a str {
    of[member].as_str().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_move_goes_when_an_operator_agrees_and_not_before() {
    let folder = tempfile::tempdir().unwrap();
    let desk = start(folder.path()).await;
    let site = desk.busiest(2).await;
    assert!(desk.run(&["site", "drain", &site]).await.status.success());
    let question = desk.question(&site).await;
    let relocation = word(&question, "relocation");
    let told = desk.run(&["relocation", "list"]).await;
    assert!(text(&told.stdout).contains(relocation), "{}", text(&told.stdout));
    let instance = format!("{}/{}", word(&question, "app"), word(&question, "instance"));
    let why = desk.run(&["why", &instance, "--now"]).await;
    let why = text(&why.stdout);
    assert!(
        why.contains(&format!("would go if confirmed: `edgeroam relocation confirm {relocation}`")),
        "{why}"
    );
    assert!(why.contains("mobility    with-confirmation"), "{why}");
    assert!(!desk.run(&["why", relocation]).await.status.success(), "nothing was ordered");
    // A UE may have moved on meanwhile, which is another question about the same relocation.
    let said = desk.run(&["relocation", "confirm", relocation, "--by", "ann"]).await;
    assert!(said.status.success(), "{}", text(&said.stderr));
    assert!(text(&said.stdout).contains(&format!("confirm {instance} to ")), "{}", text(&said.stdout));
    let ordered = desk.ordered(relocation).await;
    assert_eq!((&ordered["trigger"], &ordered["source"]), (&json!("maintenance"), &json!(site)));
    let again = desk.run(&["relocation", "refuse", relocation]).await;
    assert_eq!(again.status.code(), Some(1));
    assert!(text(&again.stderr).contains("nobody is asked about relocation"), "{}", text(&again.stderr));
    desk.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_was_taken_survives_a_kill_and_moves_what_it_is_about() {
    let folder = tempfile::tempdir().unwrap();
    let mut desk = start(folder.path()).await;
    let site = desk.busiest(2).await;
    assert!(desk.run(&["site", "drain", &site]).await.status.success());
    let question = desk.question(&site).await;
    // Frozen, so that nothing can come of the answer before the kill.
    assert!(desk.run(&["app", "freeze", "--all"]).await.status.success());
    let [app, instance, relocation] = ["app", "instance", "relocation"].map(|member| word(&question, member));
    // Its UE goes on: whichever site is the best one then, somebody has agreed to it.
    for to in desk.sites().await.iter().map(|own| word(own, "site").to_owned()).filter(|to| *to != site) {
        let generation = &question["generation"];
        let about = json!({ "app": app, "instance": instance, "generation": generation, "site": to });
        let (status, answer) = desk.post(&json!({ "by": "ann", "ask": { "confirm": about } })).await;
        assert_eq!(status, 202, "{answer}");
    }
    // At once: what comes after the answer can have no part in it.
    desk.kill().await;
    desk.start_all().await;
    assert!(!desk.run(&["why", relocation]).await.status.success(), "nothing was ordered before the kill");
    assert!(desk.run(&["app", "thaw", "--all"]).await.status.success());
    let ordered = desk.ordered(relocation).await;
    assert_eq!((&ordered["order"][0], &ordered["source"]), (&question["generation"], &json!(site)));
    assert_eq!(ordered["explanation"]["limits"]["consent"]["state"], "confirmed");
    desk.stop().await;
}
