//! Tests of [`super`].

use serde_json::{Value, json};

use super::*;

const SUPI: &str = "imsi-208930000000003";

fn nr(cell: &str, at: Option<&str>) -> Value {
    let plmn = json!({"mcc": "208", "mnc": "93"});
    let mut location = json!({
        "tai": {"plmnId": plmn, "tac": "000001"},
        "ncgi": {"plmnId": plmn, "nrCellId": cell},
    });
    if let Some(at) = at {
        location["ueLocationTimestamp"] = at.into();
    }
    location
}

fn eutra(cell: &str, at: &str) -> Value {
    let plmn = json!({"mcc": "208", "mnc": "93"});
    json!({
        "tai": {"plmnId": plmn, "tac": "0001"}, "ecgi": {"plmnId": plmn, "eutraCellId": cell},
        "ueLocationTimestamp": at,
    })
}

fn report(location: Value) -> Value {
    json!({"type": "LOCATION_REPORT", "state": {"active": true}, "timeStamp": "2026-11-23T07:00:10Z",
        "supi": SUPI, "location": location})
}

fn connectivity(state: &str) -> Value {
    json!({"type": "CONNECTIVITY_STATE_REPORT", "state": {"active": true}, "timeStamp": "2026-11-23T07:00:10Z",
        "supi": SUPI, "cmInfoList": [
            {"cmState": "IDLE", "accessType": "NON_3GPP_ACCESS"}, {"cmState": state, "accessType": "3GPP_ACCESS"}]})
}

fn read(reports: Value, how: Reported) -> Sightings {
    let reports: Vec<AmfEventReport> = serde_json::from_value(reports).expect("reports");
    sightings(&reports, how)
}

fn only(reports: Value) -> Sighting {
    let mut all = read(reports, Reported::InNotification);
    assert_eq!(all.seen.len(), 1, "{all:?}");
    all.seen.remove(0)
}

fn cell(sighting: &Sighting) -> Option<String> {
    sighting.location.and_then(|l| l.cell).map(|c| c.to_string())
}

#[test]
fn location_and_connectivity_of_one_ue_become_one_sighting() {
    let one = only(json!([connectivity("CONNECTED"), report(json!({"nrLocation": nr("000008000", None)}))]));
    assert_eq!(cell(&one).as_deref(), Some("208-93-000008000"));
    assert_eq!(one.location.and_then(|l| l.tai).map(|t| t.to_string()).as_deref(), Some("208-93-000001"));
    assert_eq!(one.cm, Some(CmState::Connected));
}

#[test]
fn reports_that_stand_apart_are_merged_and_the_newest_location_wins() {
    let other = json!({"type": "REACHABILITY_REPORT", "state": {"active": true}, "timeStamp": "x",
        "supi": "imsi-208930000000004"});
    let new = report(json!({"nrLocation": nr("000009000", Some("2026-11-23T07:00:09Z"))}));
    let old = report(json!({"nrLocation": nr("000008000", Some("2026-11-23T07:00:01Z"))}));
    let all = read(json!([new, other, old]), Reported::InNotification);
    assert_eq!(all.seen.len(), 2);
    assert_eq!(cell(&all.seen[0]).as_deref(), Some("208-93-000009000"));
}

#[test]
fn the_newest_member_of_a_location_wins() {
    let (early, late) = ("2026-11-23T07:00:00.1Z", "2026-11-23T07:00:00.2Z");
    let both = |n, e| {
        json!([report(json!({"nrLocation": nr("000008000", Some(n)), "eutraLocation": eutra("abc1234", e)}))])
    };
    assert_eq!(cell(&only(both(early, late))).as_deref(), Some("208-93-abc1234"));
    assert_eq!(cell(&only(both(late, early))).as_deref(), Some("208-93-000008000"));
}

#[test]
fn members_that_are_to_be_ignored_are() {
    let mut location = nr("000008000", None);
    location["ignoreNcgi"] = true.into();
    let one = only(json!([report(json!({"nrLocation": location}))]));
    assert_eq!(cell(&one), None);
    assert!(one.location.is_some_and(|l| l.tai.is_some()));

    let mut location = eutra("abc1234", "2026-11-23T07:00:00Z");
    location["ignoreTai"] = true.into();
    let one = only(json!([report(json!({"eutraLocation": location}))]));
    assert!(one.location.is_some_and(|l| l.tai.is_none() && l.cell.is_some()));

    location["ignoreEcgi"] = true.into();
    let one = only(json!([report(json!({"eutraLocation": location}))]));
    assert_eq!(one.location, None);
}

#[test]
fn the_age_of_the_location_is_not_believed() {
    let mut location = nr("000008000", Some("2026-11-23T07:00:00Z"));
    location["ageOfLocationInformation"] = (-1_795_415_508_i64).into();
    let one = only(json!([report(json!({"nrLocation": location}))]));
    assert_eq!(one.reported_at, ReportedAt::parse("2026-11-23T07:00:00Z"));
}

#[test]
fn non_3gpp_access_is_never_a_place() {
    let n3ga =
        json!({"n3gaLocation": {"n3gppTai": {"plmnId": {"mcc": "208", "mnc": "93"}, "tac": "000002"}}});
    let all = read(json!([report(n3ga)]), Reported::InNotification);
    assert_eq!((all.seen[0].location, all.non_3gpp), (None, 1));
}

#[test]
fn the_reports_own_time_counts_in_a_notification_only() {
    let reports = json!([report(json!({"nrLocation": nr("000008000", None)}))]);
    let asked = ReportedAt::parse("2026-11-23T07:00:10Z");
    assert_eq!(read(reports.clone(), Reported::InNotification).seen[0].reported_at, asked);
    assert_eq!(read(reports, Reported::Immediately).seen[0].reported_at, None);
}

#[test]
fn how_long_a_ue_was_unheard_of_is_told_by_the_networks_clock() {
    let reports = json!([report(json!({"nrLocation": nr("000008000", Some("2026-11-23T06:00:10Z"))}))]);
    let one = &read(reports, Reported::Immediately).seen[0];
    assert_eq!(one.unheard_for, Some(Duration::from_secs(3600)));
}

#[test]
fn goodbye_counts_for_3gpp_access_only() {
    let goodbye = |access: &str| {
        only(
            json!([{"type": "REGISTRATION_STATE_REPORT", "state": {"active": true}, "timeStamp": "x", "supi": SUPI,
            "rmInfoList": [{"rmState": "DEREGISTERED", "accessType": access}]}]),
        )
    };
    assert!(goodbye("3GPP_ACCESS").deregistered);
    assert!(!goodbye("NON_3GPP_ACCESS").deregistered);
}

#[test]
fn what_cannot_be_read_is_counted_and_spoils_nothing_else() {
    let mut nameless = connectivity("IDLE");
    nameless.as_object_mut().expect("object").remove("supi");
    let mut strange = connectivity("IDLE");
    strange["supi"] = "208930000000003".into();
    let wide = report(json!({"nrLocation": nr("1000008000", None)}));
    let all = read(json!([nameless, strange, wide, connectivity("IDLE")]), Reported::Immediately);
    assert_eq!(all.unreadable, 3);
    assert_eq!((all.seen.len(), all.seen[0].cm), (1, Some(CmState::Idle)));
}

#[test]
fn a_position_is_read_with_the_cell_and_a_bad_one_is_counted_and_left_out() {
    let told = |text: &str| {
        let mut location = nr("000008000", None);
        location["geographicalInformation"] = text.into();
        let mut all = read(json!([report(json!({"nrLocation": location}))]), Reported::Immediately);
        (all.seen.remove(0), all.unreadable)
    };
    let (one, unreadable) = told("104BF258FDE35312");
    let position = one.location.and_then(|location| location.position).expect("a position");
    assert!((position.at().lon() + 2.97).abs() < 1e-4 && (position.at().lat() - 53.4).abs() < 1e-4);
    assert!((position.uncertainty_meters() - 45.6).abs() < 0.1);
    assert_eq!(unreadable, 0);
    let (one, unreadable) = told("204BF258FDE35312");
    assert_eq!((cell(&one).as_deref(), unreadable), (Some("208-93-000008000"), 1));
    assert_eq!(one.location.and_then(|location| location.position), None);
}
