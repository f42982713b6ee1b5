//! On the bus that is on disk.

use bus::embedded::{Config, EmbeddedBus};
use bus::{Bus, Record, Start};
use model::{Order, Stream, UeChange, UeLocation};

use crate::life::*;

async fn publish(bus: &dyn Bus, stream: Stream, key: &str, value: &impl serde::Serialize) {
    let data = serde_json::to_vec(value).unwrap().into();
    bus.publish(stream, vec![Record { key: key.into(), id: None, data }]).await.unwrap();
}

async fn orders(bus: &dyn Bus, count: usize) -> Vec<Order> {
    let mut consumer = bus.consume(Stream::Orders, "a-test", Start::Oldest).await.unwrap();
    let mut orders = Vec::new();
    while orders.len() < count {
        let batch = consumer.next(64).await.unwrap();
        orders.extend(batch.iter().map(|record| serde_json::from_slice::<Order>(&record.data).unwrap()));
    }
    orders
}

#[test]
fn the_loop_runs_and_restarts_on_disk() {
    let world = World::new();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let dir = tempfile::tempdir().unwrap();
    let mut given: Vec<Order> = Vec::new();
    for round in 0..3_u32 {
        let bus = {
            let _inside = runtime.enter();
            EmbeddedBus::open(dir.path().join("bus"), Config::default()).unwrap()
        };
        let life = Life::start(&world, bus.clone(), world.dir.path()).unwrap();
        runtime.block_on(async {
            let cell = Some(cell_id(10 * round));
            let moved =
                event(1, world.now(), UeChange::Location(UeLocation { cell, tai: None, position: None }));
            publish(bus.as_ref(), Stream::UeEvents, "imsi", &moved).await;
            let all = orders(bus.as_ref(), given.len() + 1).await;
            assert_eq!(all[..given.len()], given[..]);
            given = all;
            let last = given.last().unwrap();
            assert_eq!((last.generation.0, &last.target), (u64::from(round) + 1, &Some(site_id(round))));
            let outcome = ended(last, world.now(), completed(last));
            publish(bus.as_ref(), Stream::Outcomes, "ar/x", &outcome).await;
        });
        // The first two lives end in order, so that the third starts from a snapshot.
        life.stop();
        runtime.block_on(bus.close());
    }
}
