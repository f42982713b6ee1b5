//! The bus: streams with one total order each, publications that land when they like, and readers.

mod consumer;
mod publish;

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use model::{InstanceState, Order, Outcome, Stream, Timestamp, UeEvent};
use tokio::sync::Notify;

use crate::executor::Value;
use crate::scene::Scene;
use crate::setting::Compaction;

pub(crate) use consumer::{Consumer, Start};
pub(crate) use publish::{Session, publish};

/// How long the bus remembers ids, where it does.
const REMEMBERED: Duration = Duration::from_secs(120);

/// What went wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// It did not happen.
    Transient,
    /// It may have happened.
    Unknown,
}

/// What a record carries.
#[derive(Debug, Clone)]
pub(crate) enum Body {
    Ue(Rc<UeEvent>),
    Order(Rc<Order>),
    Outcome(Rc<Outcome>),
    Instance(Rc<InstanceState>),
    Claim(u16),
    Value(Rc<Value>),
    Emptied,
}

/// What is published.
#[derive(Debug, Clone)]
pub(crate) struct Record {
    pub(crate) key: Rc<str>,
    pub(crate) id: Option<Rc<str>>,
    pub(crate) body: Body,
}

/// A record on a stream.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) at: u64,
    landed: Timestamp,
    pub(crate) record: Record,
}

/// One stream.
#[derive(Default)]
pub(crate) struct Log {
    entries: RefCell<BTreeMap<u64, Entry>>,
    newest: Cell<u64>,
    ids: RefCell<BTreeMap<Rc<str>, (u64, Timestamp)>>,
    latest: RefCell<BTreeMap<Rc<str>, u64>>,
    /// How far named consumers have acknowledged.
    positions: RefCell<BTreeMap<String, u64>>,
    grown: Notify,
}

/// The bus.
#[derive(Default)]
pub(crate) struct Broker {
    logs: [Log; Stream::ALL.len()],
    /// How often it was restarted.
    starts: Cell<u32>,
    down: Cell<bool>,
}

impl Broker {
    pub(crate) fn log(&self, stream: Stream) -> &Log {
        let place = Stream::ALL.iter().position(|other| *other == stream).expect("every stream is listed");
        &self.logs[place]
    }

    /// Forgets how far readers were.
    pub(crate) fn forget_positions(&self) {
        self.logs.iter().for_each(|log| log.positions.borrow_mut().clear());
    }

    /// Whatever is in flight fails.
    pub(crate) async fn restart(scene: &Rc<Scene>, pause: Duration) {
        let bus = &scene.bus;
        scene.note(|| "the broker is gone");
        bus.down.set(true);
        bus.starts.set(bus.starts.get() + 1);
        bus.logs.iter().for_each(|log| log.grown.notify_waiters());
        if scene.setting.unsynced_millis > 0 {
            lose(scene);
        }
        scene.sleep(pause).await;
        bus.down.set(false);
        scene.note(|| "the broker is back");
    }

    /// Fails where the bus is away or a connection breaks.
    pub(crate) async fn ask<T>(scene: &Rc<Scene>, look: impl FnOnce(&Broker) -> T) -> Result<T, Trouble> {
        let starts = scene.bus.starts.get();
        scene.travel(300).await;
        if scene.bus.down.get() || scene.bus.starts.get() != starts || scene.fails(20) {
            return Err(Trouble::Transient);
        }
        let answer = look(&scene.bus);
        scene.travel(300).await;
        Ok(answer)
    }

    /// The position of the newest record.
    pub(crate) async fn newest(scene: &Rc<Scene>, stream: Stream) -> Result<u64, Trouble> {
        Self::ask(scene, |bus| bus.log(stream).newest.get()).await
    }

    /// The last record of every key, and up to where this is the truth.
    pub(crate) async fn latest(scene: &Rc<Scene>, stream: Stream) -> Result<(Vec<Entry>, u64), Trouble> {
        Self::ask(scene, |bus| {
            let log = bus.log(stream);
            (log.last_of_each(), log.newest.get())
        })
        .await
    }
}

impl Log {
    pub(crate) fn last_of_each(&self) -> Vec<Entry> {
        let mut positions: Vec<_> = self.latest.borrow().values().copied().collect();
        positions.sort_unstable();
        let entries = self.entries.borrow();
        positions.iter().filter_map(|at| entries.get(at).cloned()).collect()
    }

    fn after(&self, after: u64, most: usize) -> Vec<Entry> {
        self.entries.borrow().range(after + 1..).take(most).map(|(_, entry)| entry.clone()).collect()
    }

    /// Stores a record, unless it was stored before; its position.
    fn land(&self, scene: &Scene, stream: Stream, record: Record) -> (u64, bool) {
        let now = scene.now();
        if let Some(id) = record.id.as_ref().filter(|_| scene.setting.suppresses)
            && let Some((at, when)) = self.ids.borrow().get(id)
            && now.since(*when) < REMEMBERED
        {
            return (*at, false);
        }
        let at = self.newest.get() + 1;
        self.newest.set(at);
        if let Some(id) = &record.id {
            self.ids.borrow_mut().insert(Rc::clone(id), (at, now));
        }
        if stream.latest_per_key() {
            let replaced = self.latest.borrow_mut().insert(Rc::clone(&record.key), at);
            let drops = match scene.setting.compaction {
                Compaction::AtOnce => true,
                Compaction::Sometimes => scene.chance.one_in(2),
                Compaction::Never => false,
            };
            if let Some(replaced) = replaced.filter(|_| drops) {
                self.entries.borrow_mut().remove(&replaced);
            }
        }
        self.entries.borrow_mut().insert(at, Entry { at, landed: now, record });
        self.grown.notify_waiters();
        (at, true)
    }

    /// Forgets what stands after a position.
    fn cut(&self, end: u64) {
        self.entries.borrow_mut().retain(|at, _| *at <= end);
        self.ids.borrow_mut().retain(|_, (at, _)| *at <= end);
        let mut latest = self.latest.borrow_mut();
        latest.clear();
        for entry in self.entries.borrow().values() {
            latest.insert(Rc::clone(&entry.record.key), entry.at);
        }
        self.positions.borrow_mut().values_mut().for_each(|at| *at = (*at).min(end));
        self.newest.set(self.newest.get().min(end));
    }
}

/// A power failure: what was not synced is gone, from each stream what it is.
fn lose(scene: &Rc<Scene>) {
    let spared = |stream: &Stream| scene.setting.journal_is_synced && *stream == Stream::Sagas;
    for stream in Stream::ALL.into_iter().filter(|stream| !spared(stream)) {
        let log = scene.bus.log(stream);
        let unsynced = scene.chance.millis(0, scene.setting.unsynced_millis);
        let is_synced = |entry: &&Entry| scene.now().since(entry.landed) > unsynced;
        let synced = log.entries.borrow().values().rev().find(is_synced).map_or(0, |entry| entry.at);
        let end = synced.min(log.newest.get());
        if end < log.newest.get() {
            scene.note(|| format!("lost: {} after {end}", stream.name()));
            log.cut(end);
            scene.judge.lost(stream, end);
        }
    }
}
