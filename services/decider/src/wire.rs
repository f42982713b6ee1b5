//! Reads records into `model` types. UE events are the many: they are read without intermediate copies.

use std::borrow::Cow;

use bus::Delivery;
use model::{
    CmState, InstanceState, OperatorCommand, Order, Outcome, QosReport, ReportedAt, SiteLoad, SiteRecord,
    SiteReport, Timestamp, UeChange, UeEvent, UeLocation, UePosition, UeSource,
};
use serde::Deserialize;

use crate::feed::Feed;

/// A record that was understood.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Item {
    Ue(UeEvent),
    Outcome(Box<Outcome>),
    Instance(Box<InstanceState>),
    Order(Box<Order>),
    Site(Box<SiteReport>),
    Load(Box<SiteLoad>),
    Command(Box<OperatorCommand>),
    Qos(Box<QosReport>),
    /// What deciders publish themselves.
    Own,
}

/// Reads one record.
///
/// # Errors
/// Why it is not what its stream carries.
pub(crate) fn decode(feed: Feed, delivery: &Delivery) -> Result<Item, String> {
    let data = delivery.data.as_ref();
    match feed {
        Feed::UeEvents => ue_event(data).map(Item::Ue),
        Feed::Outcomes => plain(data).map(Item::Outcome),
        Feed::Instances => plain(data).map(Item::Instance),
        Feed::Orders => plain(data).map(Item::Order),
        Feed::Sites => site(data),
        Feed::Commands => command(data).map(Item::Command),
        Feed::Qos => measured(data).map(Item::Qos),
    }
}

fn plain<'a, T: Deserialize<'a>>(data: &'a [u8]) -> Result<Box<T>, String> {
    serde_json::from_slice(data).map(Box::new).map_err(|e| e.to_string())
}

fn site(data: &[u8]) -> Result<Item, String> {
    let report = match *plain::<SiteRecord>(data)? {
        SiteRecord::Status(_) => return Ok(Item::Own),
        SiteRecord::Load(load) => return load.problem().map_or_else(|| Ok(Item::Load(Box::new(load))), Err),
        SiteRecord::Reported(report) => report,
    };
    if report.source == model::SiteSource::Operator {
        return Err("what operators say of a site stands on `commands`".into());
    }
    if report.reason.as_ref().is_some_and(|reason| reason.len() > OperatorCommand::LONGEST_REASON) {
        return Err(format!("`reason` has more than {} bytes", OperatorCommand::LONGEST_REASON));
    }
    Ok(Item::Site(Box::new(report)))
}

fn command(data: &[u8]) -> Result<Box<OperatorCommand>, String> {
    let command = plain::<OperatorCommand>(data)?;
    command.problem().map_or(Ok(command), Err)
}

fn measured(data: &[u8]) -> Result<Box<QosReport>, String> {
    let report = plain::<QosReport>(data)?;
    report.problem().map_or(Ok(report), Err)
}

/// [`UeEvent`] as it stands in JSON. The derived reader of a tagged enum first copies the change into a tree;
/// this one takes the tag's members as optional fields and borrows the texts.
#[derive(Deserialize)]
struct WireEvent<'a> {
    #[serde(borrow)]
    supi: Cow<'a, str>,
    observed_at: Timestamp,
    #[serde(default)]
    reported_at: Option<ReportedAt>,
    source: UeSource,
    #[serde(borrow)]
    change: WireChange<'a>,
}

#[derive(Deserialize)]
struct WireChange<'a> {
    #[serde(borrow)]
    kind: Cow<'a, str>,
    #[serde(borrow, default)]
    cell: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    tai: Option<Cow<'a, str>>,
    #[serde(default)]
    position: Option<UePosition>,
    #[serde(default)]
    cm: Option<CmState>,
}

fn ue_event(data: &[u8]) -> Result<UeEvent, String> {
    let wire: WireEvent<'_> = serde_json::from_slice(data).map_err(|e| e.to_string())?;
    let change = wire.change;
    let change = match change.kind.as_ref() {
        "location" => UeChange::Location(UeLocation {
            cell: change.cell.map(|cell| cell.parse()).transpose().map_err(text)?,
            tai: change.tai.map(|tai| tai.parse()).transpose().map_err(text)?,
            position: change.position,
        }),
        "connectivity" => {
            UeChange::Connectivity { cm: change.cm.ok_or("a change of connectivity without `cm`")? }
        }
        "gone" => UeChange::Gone,
        other => return Err(format!("unknown change `{}`", other.chars().take(64).collect::<String>())),
    };
    Ok(UeEvent {
        supi: wire.supi.parse().map_err(text)?,
        observed_at: wire.observed_at,
        reported_at: wire.reported_at,
        source: wire.source,
        // Where a UE is served from does not matter for where its instance should be.
        amf: None,
        change,
    })
}

fn text(error: model::IdentError) -> String {
    error.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn location(cell: Option<&str>, tai: Option<&str>) -> UeChange {
        let cell = cell.map(|cell| cell.parse().expect("a cell"));
        UeChange::Location(UeLocation {
            cell,
            tai: tai.map(|tai| tai.parse().expect("a TAI")),
            position: None,
        })
    }

    #[test]
    fn reads_exactly_what_the_model_writes() {
        for change in [
            location(Some("208-93-000009000"), Some("208-93-000001")),
            location(None, Some("208-93-0001")),
            location(Some("208-93-0000090-00000abcdef"), None),
            UeChange::Connectivity { cm: CmState::Idle },
            UeChange::Gone,
        ] {
            for reported_at in [None, Some(ReportedAt::from_micros(7))] {
                let event = UeEvent {
                    supi: "imsi-208930000000003".parse().expect("a SUPI"),
                    observed_at: Timestamp::from_micros(1_700_000_000_000_001),
                    reported_at,
                    source: UeSource::Poll,
                    amf: None,
                    change: change.clone(),
                };
                let json = serde_json::to_vec(&event).expect("an encoding");
                assert_eq!(ue_event(&json), Ok(event));
            }
        }
    }

    #[test]
    fn a_position_is_read_as_the_model_writes_it_and_a_bad_one_is_refused() {
        let event = |text: &str| {
            let text = format!(
                r#"{{"supi":"imsi-208930000000003","observed_at":1,"source":"push","change":{{"kind":"location",
                "cell":"208-93-000009000","position":{{"lon":1.5,"lat":{text},"uncertainty_meters":20.0}}}}}}"#
            );
            (ue_event(text.as_bytes()), serde_json::from_str::<UeEvent>(&text))
        };
        let (read, model) = event("53.4");
        assert_eq!(read.expect("valid"), model.expect("valid"));
        assert!(event("97.0").0.expect_err("beyond the pole").contains("latitude 97"));
    }

    #[test]
    fn escapes_and_unknown_members_do_not_matter() {
        let json = br#"{"supi":"imsi-208930000000003","observed_at":1,"source":"push","new":{"a":[1]},
            "change":{"kind":"loc\u0061tion","cell":"208-93-000009000","later":null}}"#;
        assert_eq!(ue_event(json).expect("valid").change, location(Some("208-93-000009000"), None));
    }

    #[test]
    fn what_is_no_event_is_refused_with_its_reason() {
        for (json, reason) in [
            (&b"{"[..], "EOF"),
            (b"[]", "invalid length"),
            (b"{}", "supi"),
            (br#"{"supi":"x","observed_at":1,"source":"push","change":{"kind":"gone"}}"#, "SUPI"),
            (br#"{"supi":"imsi-00000","observed_at":1,"source":"push","change":{"kind":"flew"}}"#, "flew"),
            (br#"{"supi":"imsi-00000","observed_at":1,"source":"push","change":{"kind":"connectivity"}}"#, "cm"),
            (
                br#"{"supi":"imsi-00000","observed_at":1,"source":"push","change":{"kind":"location","cell":"1"}}"#,
                "cell",
            ),
            (b"\xff\xfe", "expected value"),
        ] {
            let refused = ue_event(json).expect_err("no event");
            assert!(refused.contains(reason), "{refused}");
        }
    }

    #[test]
    fn of_sites_only_what_sources_report_is_taken_in() {
        let report = |source: &str, reason: &str| {
            format!(
                r#"{{"reported":{{"site":"north","source":"{source}","at":7,"condition":"cordoned",
                "reason":"{reason}"}}}}"#
            )
        };
        let read = |text: &str| site(text.as_bytes());
        assert!(
            matches!(read(&report("emco", "a label")), Ok(Item::Site(report)) if report.at.as_micros() == 7)
        );
        let status = r#"{"status":{"site":"north","at":7,"condition":"in_service","since":7,"instances":0}}"#;
        assert_eq!(read(status), Ok(Item::Own));
        let load = |load: &str| {
            format!(
                r#"{{"load":{{"site":"north","source":"metrics","at":7,"load":{load},"valid_until":9}}}}"#
            )
        };
        assert!(matches!(read(&load("0.9")), Ok(Item::Load(load)) if load.valid_until.as_micros() == 9));
        for (text, reason) in [
            (report("operator", ""), "`commands`"),
            (report("emco", &"x".repeat(2_000)), "1024 bytes"),
            (report("rumour", ""), "rumour"),
            (load("-1"), "`load` is -1"),
            (r#"{"gone":{}}"#.to_owned(), "gone"),
        ] {
            let refused = read(&text).expect_err("no report");
            assert!(refused.contains(reason), "{refused}");
        }
    }

    #[test]
    fn a_measurement_is_read_within_bounds() {
        let report = |figures: &str| {
            let text = format!(
                r#"{{"supi":"imsi-208930000000003","observed_at":7,"source":"app","measured":{{{figures}}}}}"#
            );
            measured(text.as_bytes())
        };
        assert_eq!(report(r#""rtt_us":9"#).expect("valid").measured.rtt_us, Some(9));
        assert!(report("").expect_err("nothing").starts_with("nothing is measured"));
        assert!(report(r#""loss":1.5"#).expect_err("no part of all").contains("`loss`"));
        assert!(report(r#""rtt_us":-1"#).expect_err("no delay").contains("-1"));
    }

    #[test]
    fn a_command_is_read_within_bounds() {
        let drain = |by: &str| {
            let id = "00000000-0000-0000-0000-000000000007";
            format!(r#"{{"id":"{id}","at":7,"by":"{by}","ask":{{"drain":{{"site":"north"}}}}}}"#)
        };
        assert_eq!(command(drain("ann").as_bytes()).expect("valid").ask.key(), "north");
        let refused = command(drain(&"x".repeat(200)).as_bytes()).expect_err("too long");
        assert!(refused.contains("`by`"), "{refused}");
        assert!(
            command(drain("ann").replace("drain", "sink").as_bytes()).expect_err("no ask").contains("sink")
        );
    }
}
