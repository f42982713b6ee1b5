//! Publications: they fly, land, and are answered, each of which may come late or not at all.

use std::cell::Cell;
use std::rc::Rc;

use model::Stream;
use tokio::sync::{Mutex, oneshot};

use super::{Record, Trouble};
use crate::clockwork::Owner;
use crate::scene::Scene;

/// The longest that a publication flies on after its publisher has given it up or died.
const LONGEST_FLIGHT: usize = 4_000;

/// One producer: what it sends lands in the order in which it was sent. Where the bus does not know ids, it knows
/// producers: what was given up lands only as long as nothing has landed that was sent later.
#[derive(Clone)]
pub(crate) struct Session(Rc<Flights>);

struct Flights {
    sent: Cell<u64>,
    landed: Cell<u64>,
    order: Mutex<()>,
}

impl Session {
    pub(crate) fn new() -> Self {
        Self(Rc::new(Flights { sent: Cell::new(0), landed: Cell::new(0), order: Mutex::new(()) }))
    }
}

/// Publishes; the positions. What flies lands whatever becomes of the caller.
pub(crate) async fn publish(
    scene: &Rc<Scene>,
    session: &Session,
    stream: Stream,
    records: Vec<Record>,
) -> Result<Vec<u64>, Trouble> {
    let (answer, answered) = oneshot::channel();
    let flight = session.0.sent.get() + 1;
    session.0.sent.set(flight);
    let (held, session) = (Rc::clone(scene), session.clone());
    scene.spawn(Owner::Nobody, async move { fly(&held, session, flight, stream, records, answer).await });
    answered.await.unwrap_or(Err(Trouble::Unknown))
}

async fn fly(
    scene: &Rc<Scene>,
    session: Session,
    flight: u64,
    stream: Stream,
    records: Vec<Record>,
    answer: oneshot::Sender<Result<Vec<u64>, Trouble>>,
) {
    let starts = scene.bus.starts.get();
    let turn = session.0.order.lock().await;
    scene.travel(400).await;
    if scene.bus.down.get() {
        let _ = answer.send(Err(Trouble::Transient));
        return;
    }
    if scene.fails(12) {
        scene.note(|| format!("{}: a publication is lost", stream.name()));
        scene.sleep(scene.chance.millis(200, 1_500)).await;
        let _ = answer.send(Err(Trouble::Unknown));
        return;
    }
    let (mut answer, mut turn) = (Some(answer), Some(turn));
    if scene.fails(12) {
        // Given up, and still on its way.
        turn = None;
        let _ = answer.take().map(|answer| answer.send(Err(Trouble::Unknown)));
        scene.sleep(scene.chance.millis(0, LONGEST_FLIGHT)).await;
    }
    let mut positions = Vec::with_capacity(records.len());
    for record in records {
        // The broker went away with it, or knows that its producer has sent what comes later.
        let late = !scene.setting.suppresses && session.0.landed.get() > flight;
        if scene.bus.starts.get() != starts || late {
            let _ = answer.take().map(|answer| answer.send(Err(Trouble::Unknown)));
            return;
        }
        session.0.landed.set(session.0.landed.get().max(flight));
        let (at, is_new) = scene.bus.log(stream).land(scene, stream, record.clone());
        if is_new {
            scene.judge.landed(scene, stream, at, &record);
        }
        positions.push(at);
        if scene.chance.one_in(4) {
            scene.travel(20).await;
        }
    }
    drop(turn);
    let Some(answer) = answer else { return };
    scene.travel(400).await;
    let known = scene.bus.starts.get() == starts && !scene.fails(10);
    let _ = answer.send(if known { Ok(positions) } else { Err(Trouble::Unknown) });
}
