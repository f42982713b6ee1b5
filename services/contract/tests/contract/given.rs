//! One move of one UE, from the cell change to where its instance serves, as internal records.

use std::collections::BTreeSet;
use std::time::Duration;

use contract::{Deriver, Event, Kind, PseudonymKey};
use model::{
    AppId, Basis, Candidate, Decision, Evacuation, EvacuationState, Explanation, Generation, InstanceId,
    InstanceKey, InstanceState, Measured, Mode, Order, Outcome, OutcomeKind, Placement, Policy, Position,
    QosReport, QosSource, QosTarget, RelocationId, ReportedAt, Rule, Serving, Site, SiteCondition,
    SiteQuality, SiteRecord, SiteSource, SiteStatus, Step, Supi, Threshold, Timestamp, Trigger, UeChange,
    UeEvent, UeLocation, UeSource, Verdict,
};

pub(crate) const SUPI: &str = "imsi-208930000000003";
const NORTH: &str = "north";
const SOUTH: &str = "south";

/// Microseconds after the instant at which the core told of the move.
fn at(micros: u64) -> Timestamp {
    Timestamp::from_micros(1_795_415_793_407_390 + micros)
}

pub(crate) fn deriver(clear: &[&str]) -> Deriver {
    let clear: BTreeSet<String> = clear.iter().map(ToString::to_string).collect();
    Deriver::new("riviera", PseudonymKey::new(&[7; 32]).unwrap(), &clear).with_sites([&site()])
}

pub(crate) fn supi() -> Supi {
    SUPI.parse().unwrap()
}

fn app() -> AppId {
    "arena".parse().unwrap()
}

fn instance() -> InstanceId {
    InstanceKey::new(&[9; 32]).unwrap().per_ue(&app(), &supi())
}

pub(crate) fn relocation() -> RelocationId {
    RelocationId::new(&app(), &instance(), Generation(2))
}

pub(crate) fn ue_event(change: UeChange) -> UeEvent {
    UeEvent {
        supi: supi(),
        observed_at: at(0),
        reported_at: Some(ReportedAt::from_micros(at(0).as_micros() - 52_000)),
        source: UeSource::Push,
        amf: Some("http://amf.example:8000".into()),
        change,
    }
}

pub(crate) fn moved(cell: &str) -> UeEvent {
    let (cell, tai) = (Some(cell.parse().unwrap()), Some("208-93-000001".parse().unwrap()));
    ue_event(UeChange::Location(UeLocation { cell, tai, position: None }))
}

pub(crate) fn decision(mode: Mode) -> Decision {
    Decision {
        app: app(),
        instance: instance(),
        supi: Some(supi()),
        group: None,
        at: at(10_000_180),
        observed_at: at(0),
        trigger: Trigger::Mobility,
        verdict: Verdict::Move,
        source: Some(SOUTH.parse().unwrap()),
        target: Some(NORTH.parse().unwrap()),
        mode,
        order: Some((Generation(2), relocation())),
        explanation: Explanation {
            policy: Policy::Threshold(Threshold::default()),
            basis: Basis::Cell("208-93-00000900a".parse().unwrap()),
            uncertainty_meters: None,
            candidates: vec![
                Candidate {
                    site: NORTH.parse().unwrap(),
                    meters: 212.5,
                    rejected_by: None,
                    regret: None,
                    qos: None,
                    load: None,
                    weighed: None,
                },
                Candidate {
                    site: SOUTH.parse().unwrap(),
                    meters: 1_840.25,
                    rejected_by: None,
                    regret: None,
                    qos: None,
                    load: None,
                    weighed: None,
                },
            ],
            serving: Some(Serving {
                site: SOUTH.parse().unwrap(),
                meters: Some(1_840.25),
                stayed_ms: 95_000,
                came_from: None,
                rejected_by: None,
                qos: Some(SiteQuality { rtt_us: Some(18_500), ..SiteQuality::default() }),
                load: None,
            }),
            better_for_ms: 10_000,
            under_way: 1,
            under_way_limit: 16,
            frozen: false,
            qos: Some(QosTarget { rtt: Some(Duration::from_millis(20)), ..QosTarget::default() }),
            limits: model::LimitsSeen::default(),
            rule: Rule::ThresholdMet,
            catalogue_version: 3,
        },
    }
}

pub(crate) fn order() -> Order {
    Order {
        relocation: relocation(),
        app: app(),
        instance: instance(),
        generation: Generation(2),
        trigger: Trigger::Mobility,
        source: Some(SOUTH.parse().unwrap()),
        target: Some(NORTH.parse().unwrap()),
        choices: Vec::new(),
        observed_at: at(0),
        due_at: at(Duration::from_secs(10).as_micros() as u64),
        decided_at: at(10_000_180),
        host: None,
    }
}

pub(crate) fn placement() -> Placement {
    Placement {
        site: NORTH.parse().unwrap(),
        release: relocation().release(),
        deployment_intent_group: relocation().release().to_string(),
        address: "192.0.2.17:30080".into(),
    }
}

pub(crate) fn outcome(kind: OutcomeKind) -> Outcome {
    Outcome {
        relocation: relocation(),
        app: app(),
        instance: instance(),
        generation: Generation(2),
        source: Some(SOUTH.parse().unwrap()),
        target: Some(NORTH.parse().unwrap()),
        at: at(12_345_678),
        kind,
    }
}

pub(crate) fn state(serving: Option<Placement>) -> InstanceState {
    InstanceState { app: app(), instance: instance(), generation: Generation(2), serving, at: at(12_345_678) }
}

/// What holds for a site that is being left.
pub(crate) fn status() -> SiteStatus {
    SiteStatus {
        site: NORTH.parse().unwrap(),
        at: at(12_345_678),
        condition: SiteCondition::Draining { deadline: Some(at(1_800_000_000)) },
        since: at(0),
        source: Some(SiteSource::Operator),
        reason: Some("new disks".into()),
        instances: 9,
        instances_limit: Some(40),
        evacuation: Some(Evacuation {
            since: at(0),
            deadline: Some(at(1_800_000_000)),
            instances: 12,
            remaining: 9,
            stranded: 1,
            state: EvacuationState::UnderWay,
        }),
        relief: None,
    }
}

pub(crate) fn site() -> Site {
    Site {
        id: NORTH.parse().unwrap(),
        name: "North Pier".into(),
        position: Some(Position::new(7.4246, 43.7384).unwrap()),
        cluster: model::ClusterRef { provider: "edge".into(), cluster: "north".into() },
        ingress: Some("192.0.2.17".into()),
        tier: model::Tier::Edge,
        water_marks: None,
        labels: std::collections::BTreeSet::new(),
        max_instances: None,
        service_area: None,
        tenants: std::collections::BTreeSet::new(),
        cost: None,
    }
}

pub(crate) fn measured() -> QosReport {
    QosReport {
        supi: supi(),
        app: Some("arena".parse().unwrap()),
        site: Some(NORTH.parse().unwrap()),
        observed_at: at(0),
        reported_at: None,
        source: QosSource::Core,
        measured: Measured {
            rtt_us: Some(21_600),
            jitter_us: Some(3_200),
            loss: Some(0.0125),
            ul_delay_us: Some(12_000),
            dl_delay_us: Some(9_499),
            guaranteed: Some(false),
            pdu_session: Some(1),
        },
    }
}

/// An event of this kind, as it comes out of such a record.
pub(crate) fn event(deriver: &Deriver, kind: Kind) -> Event {
    let reason = || "site north did not become ready within 60s".to_owned();
    let mut events = match kind {
        Kind::UeLocation => deriver.ue_event(4711, &moved("208-93-00000900a")),
        Kind::UeQos => deriver.qos_report(12, &measured()),
        Kind::SiteStatus => deriver.site(2, &SiteRecord::Status(status())),
        Kind::Decided => deriver.decision(815, &decision(Mode::Act)),
        Kind::Ordered => deriver.order(97, &order()),
        Kind::Progress => deriver.outcome(640, &outcome(OutcomeKind::Progress { step: Step::Ready })),
        Kind::Completed => {
            let kind = OutcomeKind::Completed { serving: Some(placement()), took_ms: 2_345 };
            deriver.outcome(643, &outcome(kind))
        }
        Kind::Undone => deriver.outcome(644, &outcome(OutcomeKind::Undone { reason: reason() })),
        Kind::Failed => deriver.outcome(645, &outcome(OutcomeKind::Failed { reason: reason() })),
        Kind::Fenced => {
            let kind = OutcomeKind::Fenced { newest: Generation(3), serving: Some(SOUTH.parse().unwrap()) };
            deriver.outcome(646, &outcome(kind))
        }
        Kind::Instance => deriver.instance(31, &state(Some(placement()))),
    };
    assert_eq!(events.len(), 1);
    events.remove(0)
}
