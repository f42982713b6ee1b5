//! Whether a logical cloud can be deployed to, as its status tells.

#![allow(missing_docs)]

mod recordings;

use emco::CloudStatus;
use serde_json::json;

fn status(actions: &[&str], deployed: Option<&str>) -> CloudStatus {
    let actions: Vec<_> = actions.iter().map(|state| json!({"state": state, "instance": ""})).collect();
    let mut status =
        json!({"project": "mec", "name": "lc", "states": {"statusctxid": "", "actions": actions}});
    if let Some(deployed) = deployed {
        status["deployedStatus"] = deployed.into();
    }
    serde_json::from_value(status).expect("a status")
}

#[test]
fn a_cloud_is_unusable_until_it_is_instantiated_and_after_it_failed() {
    assert_eq!(status(&["Created"], None).unusable(), Some("Created"));
    assert_eq!(status(&[], None).unusable(), Some("Created"));
    assert_eq!(status(&["Created", "Instantiated"], Some("Created")).unusable(), None, "it is under way");
    assert_eq!(status(&["Created", "Instantiated", "Updated"], Some("Instantiated")).unusable(), None);
    let failed = status(&["Created", "Instantiated"], Some("InstantiateFailed"));
    assert_eq!(failed.unusable(), Some("InstantiateFailed"));
    let gone = status(&["Created", "Instantiated", "Terminated"], Some("Terminated"));
    assert_eq!(gone.unusable(), Some("Terminated"));
}

#[test]
fn every_recorded_cloud_that_was_deployed_to_is_usable() {
    let Some(recordings) = recordings::read(&[]) else { return };
    let mut count = 0;
    for exchange in recordings.iter().flat_map(|r| &r.exchanges) {
        if !exchange.path.contains("/logical-clouds/") || !exchange.path.ends_with("/status") {
            continue;
        }
        let status: CloudStatus = serde_json::from_value(exchange.response.clone()).expect("a status");
        assert_eq!(status.unusable(), None, "{} at {}", exchange.file, exchange.at_ms);
        assert!(!status.states.statusctxid.is_empty());
        count += 1;
    }
    assert!(count >= 3, "{count}");
}
