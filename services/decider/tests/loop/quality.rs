//! What is measured of UEs' quality of service on stream `qos`.

use std::time::Duration;

use model::{Measured, QosReport, QosSource, QosTarget, Rule, Stream, Supi, Trigger};

use crate::life::*;

/// An app that wants 20 ms; one UE of it is served at s0.
fn world() -> (World, Life) {
    let mut world = World::new();
    world.app.qos = Some(QosTarget { rtt: Some(Duration::from_millis(20)), ..QosTarget::default() });
    let life = world.live();
    world.report(1, 0);
    let first = world.order(1);
    world.complete(&first);
    until("its completion", || life.outcomes() == 1);
    (world, life)
}

fn measured(world: &World, millis: u32) {
    let report = QosReport {
        supi: Supi::from_imsi(1_010_000_000_001, 15).unwrap(),
        app: None,
        site: None,
        observed_at: world.now(),
        reported_at: None,
        source: QosSource::Probe,
        measured: Measured { rtt_us: Some(millis * 1_000), ..Measured::default() },
    };
    world.bus.put(Stream::Qos, &report.key(), serde_json::to_vec(&report).unwrap());
}

#[test]
fn quality_that_is_too_poor_for_long_enough_gives_an_order_with_its_numbers() {
    let (world, life) = world();
    measured(&world, 45);
    world.bus.put(
        Stream::Qos,
        "imsi-001010000000001",
        *br#"{"supi":"imsi-001010000000001","observed_at":1,"source":"app","measured":{}}"#,
    );
    until("both reports", || life.taken("qos") == 2);
    world.pass(5);
    let order = world.order(2);
    assert_eq!((order.trigger, order.target), (Trigger::Qos, Some(site_id(1))));
    let decision = world.decisions().pop().unwrap();
    assert_eq!(decision.explanation.rule, Rule::QosViolated);
    assert_eq!(decision.explanation.serving.unwrap().qos.unwrap().rtt_us, Some(45_000));
    let text = life.metrics();
    assert!(text.contains("edgeroam_decider_qos_reports_total{source=\"probe\"} 1"), "{text}");
    assert!(text.contains("edgeroam_decider_measured_instances 1"), "{text}");
    assert!(text.contains("edgeroam_decider_orders_total{trigger=\"qos\"} 1"), "{text}");
    let letters: Vec<serde_json::Value> = read(&world.bus, Stream::DeadLetter);
    assert!(letters[0]["reason"].as_str().unwrap().starts_with("nothing is measured"), "{letters:?}");
    life.stop();
    assert_eq!(world.bus.acked(Stream::Qos).0, 2);
}

#[test]
fn what_was_measured_while_nobody_decided_counts_as_a_whole() {
    let (world, life) = world();
    measured(&world, 45);
    until("the report", || life.taken("qos") == 1);
    life.stop();
    world.pass(10);
    measured(&world, 9);
    let life = world.live();
    assert!(life.metrics().contains("cold_starts_total 0"));
    world.pass(1);
    measured(&world, 50);
    until("the report after it", || life.taken("qos") == 2);
    life.stop();
    assert_eq!(world.orders().len(), 1, "the good report came in between");
    world.pass(6);
    let life = world.live();
    assert_eq!(world.order(2).trigger, Trigger::Qos);
    life.stop();
}
