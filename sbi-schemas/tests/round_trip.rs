//! What is read and written again is the same; the examples are our own.
#![allow(missing_docs)]

use sbi_schemas::{Text, problem, ts29508, ts29510, ts29518, ts29571};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

fn round_trips<T: DeserializeOwned + Serialize>(text: &str) {
    let expected: Value = serde_json::from_str(text).expect("JSON");
    let read: T = serde_json::from_str(text).expect("valid");
    assert_eq!(serde_json::to_value(&read).expect("serialised"), expected);
}

#[test]
fn every_example_round_trips() {
    round_trips::<ts29518::AmfCreateEventSubscription>(include_str!(
        "../examples/AmfCreateEventSubscription.json"
    ));
    round_trips::<ts29518::AmfCreatedEventSubscription>(include_str!(
        "../examples/AmfCreatedEventSubscription.json"
    ));
    round_trips::<ts29518::AmfEventNotification>(include_str!("../examples/AmfEventNotification.json"));
    round_trips::<ts29508::NsmfEventExposure>(include_str!("../examples/NsmfEventExposure.json"));
    round_trips::<ts29508::NsmfEventExposureNotification>(include_str!(
        "../examples/NsmfEventExposureNotification.json"
    ));
    round_trips::<ts29510::NfProfile>(include_str!("../examples/NFProfile.json"));
    round_trips::<ts29510::SearchResult>(include_str!("../examples/SearchResult.json"));
    round_trips::<ts29510::AccessTokenReq>(include_str!("../examples/AccessTokenReq.json"));
    round_trips::<ts29510::AccessTokenRsp>(include_str!("../examples/AccessTokenRsp.json"));
    round_trips::<ts29510::AccessTokenErr>(include_str!("../examples/AccessTokenErr.json"));
    round_trips::<problem::ProblemDetails>(include_str!("../examples/ProblemDetails.json"));
    round_trips::<ts29571::PatchItem>(include_str!("../examples/PatchItem.json"));
}

#[test]
fn borrowed_and_owned_readings_agree() {
    let text = include_str!("../examples/AmfEventNotification.json");
    let borrowed: ts29518::AmfEventNotification<Text<'_>> = serde_json::from_str(text).expect("valid");
    let owned: ts29518::AmfEventNotification = serde_json::from_str(text).expect("valid");
    let value = |v| serde_json::to_value(v).expect("serialised");
    assert_eq!(serde_json::to_value(&borrowed).expect("serialised"), value(&owned));
}

#[test]
fn values_of_later_releases_are_read_as_other() {
    let event: ts29518::AmfEvent = serde_json::from_str(r#"{"type":"SOMETHING_NEW"}"#).expect("valid");
    assert_eq!(event.kind, ts29518::AmfEventType::Other);
    let event: ts29508::EventSubscription = serde_json::from_str(r#"{"event":"NEW_MON"}"#).expect("valid");
    assert_eq!(event.event, ts29508::SmfEvent::Other);
    let info: ts29518::CmInfo =
        serde_json::from_str(r#"{"cmState":"DREAMING","accessType":"SATELLITE"}"#).expect("valid");
    assert_eq!(info.cm_state, ts29518::CmState::Other);
}

#[test]
fn null_instances_are_none() {
    let found: ts29510::SearchResult =
        serde_json::from_str(r#"{"validityPeriod":100,"nfInstances":null}"#).expect("valid");
    assert!(found.nf_instances.is_empty());
    assert!(serde_json::from_str::<ts29510::SearchResult>(r#"{"validityPeriod":100}"#).is_err());
}

#[test]
fn a_bogus_age_does_not_spoil_the_location() {
    let text = r#"{"nrLocation":{"tai":{"plmnId":{"mcc":"001","mnc":"01"},"tac":"000001"},
        "ncgi":{"plmnId":{"mcc":"001","mnc":"01"},"nrCellId":"000000001"},
        "ageOfLocationInformation":-1795415508.5}}"#;
    let read: ts29571::UserLocation<Text<'_>> = serde_json::from_str(text).expect("valid");
    assert!(read.nr_location.is_some());
}

#[test]
fn a_token_is_not_shown_in_debug_output() {
    let read: ts29510::AccessTokenRsp =
        serde_json::from_str(include_str!("../examples/AccessTokenRsp.json")).expect("valid");
    assert!(!format!("{read:?}").contains("x.y.z"));
}
