//! What apps and sites report, through the binary alone.

use serde_json::{Value, json};

use super::desk::Desk;

const TAKES_REPORTS: [(&str, &str); 1] = [("EDGEROAM__MONITOR__REPORTS__LISTEN", "127.0.0.1:0")];

#[tokio::test(flavor = "multi_thread")]
async fn what_was_answered_204_is_on_the_bus_survives_a_kill_and_is_shown() {
    let folder = tempfile::tempdir().unwrap();
    let mut desk = Desk::start(folder.path(), &TAKES_REPORTS).await;
    let site = desk.sites().await[0]["site"].as_str().unwrap().to_owned();
    let quality = json!([
        { "supi": "imsi-208930000000003", "app": "echo", "site": site, "rtt_us": 18_500, "loss": 0.01 },
        { "supi": "imsi-208930000009999", "jitter_us": 700 },
    ]);
    assert_eq!(desk.report("POST", "/v1/qos", &quality).await, (204, Value::Null));
    let load = json!({ "load": 0.91, "valid_for": "1h", "resources": { "cpu": 0.91 } });
    assert_eq!(desk.report("PUT", &format!("/v1/sites/{site}/load"), &load).await.0, 204);
    // At once: what comes after the answer can have no part in it.
    desk.kill().await;
    desk.start_all().await;
    let watched = desk.watched("qos").await;
    assert_eq!(watched.len(), 2, "{watched:?}");
    let shown = format!("imsi-208930000000003  rtt 18.5 ms  loss 1.00 %  of echo  at {site}  by app");
    assert!(watched[0].ends_with(&shown), "{watched:?}");
    let shown = desk.sites().await;
    assert_eq!((&shown[0]["loads"][0]["load"], shown[1]["loads"].get(0)), (&json!(0.91), None), "{shown:?}");
    let (status, problem) = desk.report("POST", "/v1/qos", &json!({ "supi": "imsi-1" })).await;
    assert_eq!((status, &problem["errors"][0]["pointer"]), (400, &json!("#/supi")), "{problem}");
    desk.stop().await;
}
