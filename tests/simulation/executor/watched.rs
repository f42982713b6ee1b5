//! What is read behind a claim, and what it says about what we wrote.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use model::Stream;
use relocation::fence::{Fence, Verdict};
use tokio::sync::Notify;

use super::End;
use crate::broker::{Body, Broker, Consumer, Start, Trouble};
use crate::scene::Scene;

/// The wait before a bus that could not be read is read again.
const WAIT: Duration = Duration::from_millis(500);

struct Reading {
    fence: Fence,
    end: Option<End>,
    /// Records whose publication was not answered, with their positions once they were read.
    awaited: BTreeMap<Rc<str>, Option<u64>>,
}

/// What was read so far; those who wait for it share it.
pub(super) struct Watched {
    reading: RefCell<Reading>,
    changed: Notify,
}

impl Watched {
    pub(super) fn new(at: u64) -> Rc<Self> {
        let reading = Reading { fence: Fence::new(at), end: None, awaited: BTreeMap::new() };
        Rc::new(Self { reading: RefCell::new(reading), changed: Notify::new() })
    }

    async fn wait_for<T>(&self, look: impl Fn(&Reading) -> Option<T>) -> T {
        loop {
            let changed = self.changed.notified();
            if let Some(found) = look(&self.reading.borrow()) {
                return found;
            }
            changed.await;
        }
    }

    pub(super) async fn verdict(&self, at: u64) -> Verdict {
        self.wait_for(|reading| match (reading.fence.verdict(at), reading.end) {
            (Verdict::Open, None) => None,
            (Verdict::Open, Some(_)) => Some(Verdict::Fenced),
            (known, _) => Some(known),
        })
        .await
    }

    pub(super) fn expect(&self, id: &Rc<str>) {
        self.reading.borrow_mut().awaited.insert(Rc::clone(id), None);
    }

    pub(super) fn forget(&self, id: &str) {
        self.reading.borrow_mut().awaited.remove(id);
    }

    /// Waits until a record that is expected was read.
    pub(super) async fn position(&self, id: &str) -> Option<u64> {
        self.wait_for(|reading| match (reading.awaited.get(id).copied().flatten(), reading.end) {
            (None, None) => None,
            (found, _) => Some(found),
        })
        .await
    }

    pub(super) fn give_up(&self, why: End) {
        let mut reading = self.reading.borrow_mut();
        reading.end = reading.end.or(Some(why));
        drop(reading);
        self.changed.notify_waiters();
    }

    pub(super) async fn over(&self) -> End {
        self.wait_for(|reading| reading.end).await
    }
}

/// Reads the stream behind a claim until it is over.
pub(super) async fn follow(scene: Rc<Scene>, part: u16, watched: Rc<Watched>, began: u64) {
    let mut after = began;
    loop {
        let mut consumer = Consumer::open(&scene, Stream::Sagas, "", Start::After(after));
        let over = read(&scene, part, &watched, &mut consumer, &mut after).await;
        if over.is_ok() {
            return;
        }
        scene.sleep(WAIT).await;
    }
}

async fn read(
    scene: &Rc<Scene>,
    part: u16,
    watched: &Watched,
    consumer: &mut Consumer,
    after: &mut u64,
) -> Result<(), Trouble> {
    loop {
        let asks = watched.reading.borrow().fence.asks();
        if asks {
            let newest = Broker::newest(scene, Stream::Sagas).await?;
            watched.reading.borrow_mut().fence.ends(newest);
            watched.changed.notify_waiters();
        }
        let entries = consumer.next(16).await?;
        let mut reading = watched.reading.borrow_mut();
        for entry in &entries {
            *after = entry.at;
            if let Some(place) = entry.record.id.as_ref().and_then(|id| reading.awaited.get_mut(id)) {
                *place = Some(entry.at);
            }
            let claimed = matches!(entry.record.body, Body::Claim(of) if of == part);
            reading.fence.read(entry.at, claimed);
        }
        let lost = reading.fence.is_lost();
        drop(reading);
        watched.changed.notify_waiters();
        if lost {
            watched.give_up(End::Fenced);
            return Ok(());
        }
    }
}
