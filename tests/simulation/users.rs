//! Users that move, come and go, and the subscriber that tells of them.

use std::rc::Rc;
use std::time::Duration;

use model::{Order, RelocationId, Stream, UeChange, UeEvent, UeLocation, UeSource};
use tokio::sync::mpsc;

use crate::broker::{Body, Record, Session, publish};
use crate::clockwork::Owner;
use crate::decider::{CELLS, SITES, cell_id, site_of};
use crate::scene::Scene;

/// How long after the storm the subscriber starts again.
const AGAIN: Duration = Duration::from_secs(90);

/// Lets users move until nothing goes wrong any more.
pub(crate) fn begin(scene: &Rc<Scene>) {
    let (told, tell) = mpsc::unbounded_channel();
    for ue in 0..scene.setting.ues {
        scene.spawn(Owner::Nobody, roam(Rc::clone(scene), ue, told.clone()));
    }
    scene.spawn(Owner::Nobody, subscribe(Rc::clone(scene), tell));
}

async fn roam(scene: Rc<Scene>, ue: usize, told: mpsc::UnboundedSender<UeEvent>) {
    let mut cell = None;
    scene.sleep(scene.chance.millis(0, 4_000)).await;
    loop {
        cell = match cell {
            Some(_) if scene.chance.one_in(6) => None,
            _ => Some(scene.chance.below(CELLS)),
        };
        scene.judge.user(ue, cell);
        scene.note(|| format!("{} ({}) is in cell {cell:?}", scene.instance(ue), scene.supi(ue)));
        let _ = told.send(report(&scene, ue, cell));
        if scene.calm.get() {
            break;
        }
        scene.sleep(scene.chance.millis(500, 14_000)).await;
    }
    // A subscriber that starts again tells of every user once more.
    scene.sleep(AGAIN).await;
    let _ = told.send(report(&scene, ue, cell));
}

fn report(scene: &Scene, ue: usize, cell: Option<usize>) -> UeEvent {
    let change = match cell {
        Some(cell) => UeChange::Location(UeLocation { cell: Some(cell_id(cell)), tai: None, position: None }),
        None => UeChange::Gone,
    };
    UeEvent {
        supi: scene.supi(ue),
        observed_at: scene.now(),
        reported_at: None,
        source: UeSource::Poll,
        amf: None,
        change,
    }
}

/// Tells of every change, in order, until the bus has it.
async fn subscribe(scene: Rc<Scene>, mut told: mpsc::UnboundedReceiver<UeEvent>) {
    let session = Session::new();
    let mut number = 0;
    while let Some(event) = told.recv().await {
        number += 1;
        let record = Record {
            key: event.supi.to_string().into(),
            id: Some(format!("ue/{number}").into()),
            body: Body::Ue(Rc::new(event)),
        };
        while publish(&scene, &session, Stream::UeEvents, vec![record.clone()]).await.is_err() {
            scene.sleep(Duration::from_millis(300)).await;
        }
    }
}

/// An operator who, now and then, wants an instance elsewhere while it is being moved.
pub(crate) async fn interfere(scene: Rc<Scene>) {
    let session = Session::new();
    while !scene.calm.get() {
        scene.sleep(scene.chance.millis(2_000, 15_000)).await;
        let Some(order) = scene.judge.under_way(scene.chance.below(8)) else { continue };
        let target = site_of(2 * scene.chance.below(SITES));
        if order.source.as_ref() == Some(&target) || scene.calm.get() {
            continue;
        }
        let generation = order.generation.next();
        let newer = Order {
            relocation: RelocationId::new(&order.app, &order.instance, generation),
            generation,
            target: Some(target),
            decided_at: scene.now(),
            ..(*order).clone()
        };
        scene.note(|| format!("an operator supersedes {} #{}", order.instance, order.generation));
        let record = Record {
            key: newer.instance.as_str().into(),
            id: Some(newer.relocation.to_string().into()),
            body: Body::Order(Rc::new(newer)),
        };
        let _ = publish(&scene, &session, Stream::Orders, vec![record]).await;
    }
}
