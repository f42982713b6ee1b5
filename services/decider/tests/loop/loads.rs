//! Loads of sites on the bus: what they lead to, and what a restart makes of them.

use std::time::Duration;

use model::{Relief, SiteLoad, SiteRecord, SiteSource, Stream, Trigger};

use crate::life::*;

fn measured(world: &World, load: f64) {
    let load = SiteLoad {
        site: site_id(0),
        source: SiteSource::Metrics,
        at: world.now(),
        load,
        valid_until: world.now().plus(Duration::from_secs(600)),
        resources: [("cpu".to_owned(), load)].into(),
    };
    let record = SiteRecord::Load(load);
    world.bus.put(Stream::Sites, &record.key(), serde_json::to_vec(&record).unwrap());
}

/// What was told last of relieving the site.
fn relief(world: &World) -> Option<Relief> {
    let records: Vec<SiteRecord> = read(&world.bus, Stream::Sites);
    let told = records.into_iter().filter_map(|record| match record {
        SiteRecord::Status(status) if status.site == site_id(0) => Some(status.relief),
        SiteRecord::Status(_) | SiteRecord::Reported(_) | SiteRecord::Load(_) => None,
    });
    told.last().flatten()
}

#[test]
fn an_overloaded_site_is_relieved_and_a_restart_goes_on_with_it() {
    let world = World::new();
    let life = world.live();
    for ue in 1..=4 {
        world.report(ue, 3);
        world.complete(&world.order(ue as usize));
    }
    until("four that serve", || life.outcomes() == 4);
    measured(&world, 0.95);
    let away = world.order(5);
    assert_eq!(
        (away.trigger, &away.source, &away.target),
        (Trigger::Capacity, &Some(site_id(0)), &Some(site_id(1)))
    );
    until("what is told of it", || relief(&world).is_some());
    let text = life.metrics();
    assert!(text.contains("edgeroam_decider_site_loads_total{source=\"metrics\"} 1"), "{text}");
    life.kill();
    world.complete(&away);
    let life = world.live();
    // What was measured before it left, and before the restart, asks for nobody else.
    until("one that has left", || relief(&world).is_some_and(|relief| relief.leaving == 0));
    assert_eq!(world.orders().len(), 5);
    world.pass(60);
    measured(&world, 0.95);
    let next = world.order(6);
    assert_eq!((next.trigger, next.source), (Trigger::Capacity, Some(site_id(0))));
    world.pass(1);
    measured(&world, 0.5);
    until("the end of it", || relief(&world).is_none());
    life.stop();
}
