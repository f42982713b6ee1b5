//! What comes out of which record.

use std::collections::BTreeSet;

use contract::v1::{RelocationProgress, UeLocation};
use contract::{Event, Kind};
use model::{
    CmState, Evacuation, Mode, OutcomeKind, SiteCondition, SiteRecord, SiteReport, SiteSource, SiteStatus,
    Step, UeChange, UeLocation as Place,
};
use serde_json::{Value, json};

use crate::given::{self, deriver, event};

fn attribute<'a>(event: &'a Event, name: &str) -> Option<&'a str> {
    event.attributes.iter().find(|(own, _)| &**own == name).map(|(_, value)| &**value)
}

fn data(event: &Event) -> Value {
    serde_json::from_slice(&event.data).unwrap()
}

fn of(change: UeChange) -> Value {
    data(&deriver(&[]).ue_event(1, &given::ue_event(change))[0])
}

#[test]
fn the_same_record_gives_the_same_event_and_no_two_kinds_share_an_id() {
    let mut ids = BTreeSet::new();
    for kind in Kind::ALL {
        let event = event(&deriver(&[]), kind);
        assert_eq!(event, given::event(&deriver(&[]), kind));
        assert_eq!((event.kind, attribute(&event, "type")), (kind, Some(kind.event_type())));
        assert_eq!(attribute(&event, "partitionkey"), Some(&*event.key));
        assert_eq!(event.app.as_deref(), kind.names_app().then_some("arena"));
        ids.insert(attribute(&event, "id").unwrap().to_owned());
    }
    assert_eq!(ids.len(), Kind::ALL.len(), "{ids:?}");
}

#[test]
fn no_event_names_a_ue_in_clear_unless_its_topic_does() {
    let told = |event: &Event| format!("{event:?}{}", String::from_utf8_lossy(&event.data));
    for kind in Kind::ALL {
        let hidden = event(&deriver(&[]), kind);
        assert!(!told(&hidden).contains("20893000000000"), "{kind:?}");
    }
    let clear = deriver(&["ue-location", "decisions"]);
    for (kind, supi) in
        [(Kind::UeLocation, Some(given::SUPI)), (Kind::Decided, Some(given::SUPI)), (Kind::UeQos, None)]
    {
        let event = event(&clear, kind);
        assert_eq!(data(&event)["supi"].as_str(), supi, "{kind:?}");
        let hidden = given::event(&deriver(&[]), kind);
        assert_eq!((&event.key, &event.attributes), (&hidden.key, &hidden.attributes), "only data changes");
    }
}

#[test]
fn an_order_its_steps_its_end_and_the_instance_share_the_relocation_s_trace() {
    let trace = given::relocation().to_string().replace('-', "");
    let mut spans = BTreeSet::new();
    for kind in Kind::ALL {
        let event = event(&deriver(&[]), kind);
        let parent: Vec<_> = attribute(&event, "traceparent").unwrap().split('-').collect();
        assert_eq!((parent[0], parent[1].len(), parent[3]), ("00", 32, "01"));
        assert_eq!(parent[1] == trace, kind.names_app(), "{kind:?}");
        spans.insert(parent[2].to_owned());
    }
    assert_eq!(spans.len(), Kind::ALL.len());
}

#[test]
fn sequences_sort_as_text() {
    let sequence = |n| {
        let events = deriver(&[]).order(n, &given::order());
        attribute(&events[0], "sequence").unwrap().to_owned()
    };
    assert!(sequence(9) < sequence(10) && sequence(10) < sequence(u64::MAX));
    assert_eq!(sequence(9), "00000000000000000009");
}

#[test]
fn what_changed_of_a_ue_is_told_in_the_words_of_3gpp() {
    let plmn = json!({ "mcc": "208", "mnc": "93" });
    let nr = data(&deriver(&[]).ue_event(1, &given::moved("208-93-00000900a-00000abcdef"))[0]);
    assert_eq!(nr["ncgi"], json!({ "plmnId": plmn, "nrCellId": "00000900a", "nid": "00000abcdef" }));
    assert_eq!(nr["tai"], json!({ "plmnId": plmn, "tac": "000001" }));
    let eutra = data(&deriver(&[]).ue_event(1, &given::moved("001-001-000900a"))[0]);
    let plmn = json!({ "mcc": "001", "mnc": "001" });
    assert_eq!(eutra["ecgi"], json!({ "plmnId": plmn, "eutraCellId": "000900a" }));
    assert_eq!(eutra.get("ncgi"), None);
    let area = of(UeChange::Location(Place {
        cell: None,
        tai: Some("208-93-0001".parse().unwrap()),
        position: None,
    }));
    assert_eq!((&area["change"], &area["tai"]["tac"]), (&json!("location"), &json!("0001")));
    let idle = of(UeChange::Connectivity { cm: CmState::Idle });
    assert_eq!((&idle["change"], &idle["cmState"]), (&json!("connectivity"), &json!("IDLE")));
    let gone = of(UeChange::Gone);
    assert_eq!((&gone["change"], gone.get("tai")), (&json!("deregistered"), None));
    assert_eq!(gone["reportedAt"], "2026-11-23T06:36:33.355390Z");
    assert_eq!(nr.get("amf"), None, "who tells is the network's own business");
}

#[test]
fn the_ids_of_two_reports_in_one_answer_differ() {
    let event = given::moved("208-93-00000900a");
    let deriver = deriver(&[]);
    let (one, other) = (deriver.ue_event(1, &event), deriver.ue_event(2, &event));
    assert_ne!(attribute(&one[0], "id"), attribute(&other[0], "id"));
}

#[test]
fn a_decision_that_is_only_observed_is_not_named_by_a_relocation_that_never_is() {
    let id = |mode, sequence| {
        let events = deriver(&[]).decision(sequence, &given::decision(mode));
        attribute(&events[0], "id").unwrap().to_owned()
    };
    assert_eq!(id(Mode::Act, 1), format!("relocation-decided/{}", given::relocation()));
    assert_eq!(id(Mode::Act, 1), id(Mode::Act, 2), "given twice, it is one decision");
    assert_ne!(id(Mode::Observe, 1), id(Mode::Observe, 2));
}

#[test]
fn what_becomes_of_the_source_is_progress_after_the_completion() {
    let told = |kind| {
        let events = deriver(&[]).outcome(1, &given::outcome(kind));
        assert_eq!(events[0].kind, Kind::Progress);
        let id = attribute(&events[0], "id").unwrap().to_owned();
        (id, serde_json::from_slice::<RelocationProgress>(&events[0].data).unwrap())
    };
    let (stopped, step) = told(OutcomeKind::Progress { step: Step::Retire });
    let (retired, state) = told(OutcomeKind::Retired);
    let (left_over, why) = told(OutcomeKind::Leftover { reason: "the cluster is dead".into() });
    assert_eq!((step.state.as_str(), step.step.unwrap().as_str()), ("step_done", "retire"));
    assert_eq!((state.state.as_str(), state.step, state.reason), ("source_retired", None, None));
    assert_eq!((why.state.as_str(), &*why.reason.unwrap()), ("source_left_over", "the cluster is dead"));
    assert_eq!(BTreeSet::from([stopped, retired, left_over]).len(), 3);
}

#[test]
fn an_instance_that_is_let_go_serves_nowhere() {
    let events = deriver(&[]).instance(1, &given::state(None));
    assert_eq!(data(&events[0]).get("serving"), None);
}

#[test]
fn a_site_is_called_as_the_catalogue_does_and_what_single_sources_say_is_not_told() {
    let status = SiteStatus { site: "south".parse().unwrap(), evacuation: None, ..given::status() };
    let told = data(&deriver(&[]).site(1, &SiteRecord::Status(status))[0]);
    assert_eq!((&told["name"], told.get("position")), (&json!("south"), None), "it is not in the catalogue");
    assert_eq!(told["capacity"], json!({ "instances": 9, "instancesLimit": 40 }));
    let status = SiteStatus { condition: SiteCondition::Failed, ..given::status() };
    let told = data(&deriver(&[]).site(1, &SiteRecord::Status(status))[0]);
    assert_eq!((&told["name"], &told["state"]), (&json!("North Pier"), &json!("failed")));
    let report = SiteReport {
        site: "north".parse().unwrap(),
        source: SiteSource::Emco,
        at: given::status().at,
        condition: SiteCondition::Failed,
        reason: None,
    };
    assert_eq!(deriver(&[]).site(1, &SiteRecord::Reported(report)), Vec::new());
}

#[test]
fn what_relieves_a_site_and_what_it_weighs_is_told() {
    let relief =
        model::Relief { since: given::status().at, load: 0.91, high: 0.85, low: 0.7, leaving: 2, left: 1 };
    let status = SiteStatus { evacuation: None, relief: Some(relief), ..given::status() };
    let event = &deriver(&[]).site(1, &SiteRecord::Status(status))[0];
    let told = &data(event)["relief"];
    let numbers = (&told["load"], &told["high"], &told["low"], &told["leaving"], &told["left"]);
    assert_eq!(numbers, (&json!(0.91), &json!(0.85), &json!(0.7), &json!(2), &json!(1)));
    let mut decision = given::decision(Mode::Act);
    decision.explanation.candidates[0].load = Some(model::Loaded {
        load: 0.5,
        high: 0.85,
        low: 0.7,
        overloaded: false,
        instances: 3,
        instances_limit: Some(9),
    });
    let told = data(&deriver(&[]).decision(1, &decision)[0]);
    assert_eq!(told["explanation"]["candidates"][0]["load"]["instancesLimit"], json!(9));
    assert_eq!(told["explanation"]["candidates"][1].get("load"), None);
}

#[test]
fn statuses_of_one_time_differ_in_their_ids() {
    let id = |remaining| {
        let evacuation = given::status().evacuation.map(|sofar| Evacuation { remaining, ..sofar });
        let status = SiteStatus { evacuation, ..given::status() };
        let events = deriver(&[]).site(remaining.into(), &SiteRecord::Status(status));
        assert_eq!(attribute(&events[0], "time"), Some("2026-11-23T06:36:45.753068Z"));
        attribute(&events[0], "id").unwrap().to_owned()
    };
    assert_eq!(id(3), id(3));
    assert_ne!(id(3), id(2));
}

#[test]
fn readers_of_this_version_pass_over_what_later_ones_say() {
    let mut later = data(&event(&deriver(&[]), Kind::UeLocation));
    later["speed"] = json!(3.5);
    later["obtainedBy"] = "satellite".into();
    let read: UeLocation = serde_json::from_value(later).unwrap();
    assert_eq!(read.obtained_by.as_str(), "satellite");
}

#[test]
fn where_a_ue_is_to_metres_is_told_where_identities_are() {
    let circle = |told: &Value| (told["position"]["lon"].as_f64(), told["uncertainty"].as_f64());
    let centre = model::Position::new(-2.97, 53.4).unwrap();
    let position = Some(model::UePosition::new(centre, 45.5).unwrap());
    let place = Place { cell: Some("208-93-00000900a".parse().unwrap()), tai: None, position };
    let located = given::ue_event(UeChange::Location(place));
    let told = |clear: &[&str]| data(&deriver(clear).ue_event(1, &located)[0]);
    assert_eq!(circle(&told(&["ue-location"])), (Some(-2.97), Some(45.5)));
    assert!(told(&[]).get("position").is_none());
    let mut decision = given::decision(Mode::Act);
    decision.explanation.basis = model::Basis::Position;
    decision.explanation.uncertainty_meters = Some(45.5);
    let meters = |clear: &[&str]| {
        let told = data(&deriver(clear).decision(1, &decision)[0]);
        let explanation = &told["explanation"];
        assert_eq!(explanation["basis"], json!({"kind": "position", "uncertainty": 45.5}));
        let far = |site: &Value| site["meters"].as_f64().unwrap();
        (far(&explanation["candidates"][0]), far(&explanation["serving"]))
    };
    assert_eq!(meters(&["decisions"]), (212.5, 1_840.25));
    assert_eq!(meters(&[]), (200.0, 1_800.0));
}
