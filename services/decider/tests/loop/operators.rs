//! What operators ask and sources report on the streams `commands` and `sites`.

use model::{
    Ask, EvacuationState, OperatorCommand, SiteCondition, SiteRecord, SiteReport, SiteSource, SiteStatus,
    Stream, Timestamp, Trigger,
};

use crate::life::*;

/// An id that shows its number in its first digits.
fn command(number: u32, at: Timestamp, ask: Ask) -> OperatorCommand {
    let id = format!("{number:08x}-0000-5000-8000-000000000000").parse().unwrap();
    OperatorCommand { id, at, by: "ann".into(), reason: None, ask }
}

fn ask(world: &World, number: u32, ask: Ask) {
    let key = ask.key();
    let command = command(number, world.now(), ask);
    world.bus.put(Stream::Commands, &key, serde_json::to_vec(&command).unwrap());
}

fn report(world: &World, condition: SiteCondition) -> SiteRecord {
    let (site, source, at) = (site_id(1), SiteSource::Emco, world.now());
    SiteRecord::Reported(SiteReport { site, source, at, condition, reason: None })
}

/// What the decider said that holds, in its order; not what the test itself put there.
fn conditions(world: &World) -> Vec<SiteCondition> {
    let records: Vec<SiteRecord> = read(&world.bus, Stream::Sites);
    let told = records.into_iter().filter_map(|record| match record {
        SiteRecord::Status(status) if status.source.is_some() => Some(status.condition),
        SiteRecord::Status(_) | SiteRecord::Reported(_) | SiteRecord::Load(_) => None,
    });
    told.collect()
}

fn put(world: &World, record: &SiteRecord) {
    world.bus.put(Stream::Sites, &record.key(), serde_json::to_vec(record).unwrap());
}

fn status(world: &World) -> SiteRecord {
    SiteRecord::Status(SiteStatus {
        site: site_id(1),
        at: world.now(),
        condition: SiteCondition::InService,
        since: world.now(),
        source: None,
        reason: None,
        instances: 0,
        instances_limit: None,
        evacuation: None,
        relief: None,
    })
}

#[test]
fn commands_and_reports_are_taken_in_counted_and_acknowledged() {
    let world = World::new();
    let life = world.live();
    ask(&world, 1, Ask::Cordon { site: site_id(1) });
    ask(&world, 2, Ask::Freeze { app: None, until: None });
    put(&world, &report(&world, SiteCondition::Cordoned));
    put(&world, &status(&world));
    until("both commands", || life.commands() == 2);
    until("what holds of it", || conditions(&world).last() == Some(&SiteCondition::Cordoned));
    until("what was put there and what the decider said itself", || {
        life.taken("sites") == world.bus.all(Stream::Sites).len() as u64
    });
    let text = life.metrics();
    assert!(text.contains("edgeroam_decider_operator_commands_total{ask=\"cordon\"} 1"), "{text}");
    // What a decider has published itself is no report.
    assert!(text.contains("edgeroam_decider_site_reports_total{condition=\"cordoned\"} 1"), "{text}");
    assert!(!text.contains("site_reports_total{condition=\"in_service\"}"), "{text}");
    life.stop();
    assert_eq!(world.bus.acked(Stream::Commands).0, 2);
    assert!(world.bus.acked(Stream::Sites).0 >= 2);
}

#[test]
fn what_is_no_command_and_no_report_goes_to_dead_letter_and_the_rest_goes_on() {
    let world = World::new();
    let life = world.live();
    world.bus.put(Stream::Commands, "s1", *b"{\"ask\":\"everything\"}");
    world.bus.put(Stream::Sites, "s1/emco", *b"\xff");
    ask(&world, 1, Ask::Resume { site: site_id(1) });
    until("the command after it", || life.commands() == 1);
    until("both dead letters", || world.bus.all(Stream::DeadLetter).len() == 2);
    let mut letters: Vec<serde_json::Value> = read(&world.bus, Stream::DeadLetter);
    letters.sort_by_key(|letter| letter["stream"].to_string());
    assert_eq!((&letters[0]["stream"], &letters[1]["stream"]), (&"commands".into(), &"sites".into()));
    life.stop();
    world.live().stop();
    assert_eq!(world.bus.all(Stream::DeadLetter).len(), 2);
}

#[test]
fn a_restart_takes_in_what_was_asked_meanwhile_and_nothing_twice() {
    let world = World::new();
    let life = world.live();
    ask(&world, 1, Ask::Cordon { site: site_id(1) });
    put(&world, &report(&world, SiteCondition::Cordoned));
    until("the first command", || life.commands() == 1 && life.taken("sites") >= 1);
    until("what holds", || conditions(&world).last() == Some(&SiteCondition::Cordoned));
    life.stop();
    ask(&world, 2, Ask::Resume { site: site_id(1) });
    put(&world, &report(&world, SiteCondition::InService));
    let life = world.live();
    assert!(life.metrics().contains("cold_starts_total 0"));
    // History is what came since the snapshot; what was in it is not read again.
    assert_eq!(life.taken("commands"), 1);
    until("what holds now", || conditions(&world).last() == Some(&SiteCondition::InService));
    ask(&world, 3, Ask::Thaw { app: None });
    until("the third command", || life.commands() == 1);
    assert_eq!(life.taken("commands"), 2);
    life.stop();
    assert_eq!(world.bus.acked(Stream::Commands).0, 3);
}

#[test]
fn without_a_snapshot_every_command_that_is_kept_is_read_and_of_each_source_the_last_word() {
    let world = World::new();
    for number in 0..5 {
        ask(&world, number, Ask::Cordon { site: site_id(number % 3) });
        put(&world, &report(&world, SiteCondition::Cordoned));
        put(&world, &status(&world));
    }
    let life = world.live();
    assert_eq!((life.taken("commands"), life.taken("sites")), (5, 2));
    assert_eq!(life.commands(), 0, "history is not counted as news");
    until("what holds", || conditions(&world).len() >= 3);
    life.stop();
    let life = world.live();
    assert_eq!(life.taken("commands"), 0);
    life.stop();
}

#[test]
fn who_serves_at_a_site_that_is_drained_leaves_it_also_after_a_restart() {
    let world = World::new();
    let life = world.live();
    world.report(1, 0);
    until("its first placement", || world.orders().len() == 1);
    let first = world.order(1);
    world.complete(&first);
    until("its completion", || life.taken("outcomes") == 1);
    life.stop();
    // Asked while nobody decides.
    ask(&world, 1, Ask::Drain { site: first.target.clone().expect("a site"), deadline: None });
    let life = world.live();
    until("the order to leave", || world.orders().len() == 2);
    let second = world.order(2);
    assert_eq!((second.trigger, &second.source), (Trigger::Maintenance, &first.target));
    assert!(second.target.is_some() && second.target != first.target);
    world.complete(&second);
    until("the end of it", || conditions(&world).len() >= 2);
    let all: Vec<SiteRecord> = read(&world.bus, Stream::Sites);
    let Some(SiteRecord::Status(last)) = all.last() else { panic!("a status") };
    let left = last.evacuation.expect("it was left");
    assert_eq!((left.state, left.instances, left.remaining), (EvacuationState::Done, 1, 0));
    life.stop();
}
