//! Readers: they see a stream in order, again from what they acknowledged after every break.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::rc::Rc;

use model::Stream;

use super::{Entry, Trouble};
use crate::scene::Scene;

/// Where a reader begins.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Start {
    /// After what was acknowledged under its name.
    Named,
    After(u64),
}

/// One reader of one stream.
pub(crate) struct Consumer {
    scene: Rc<Scene>,
    stream: Stream,
    name: String,
    cursor: u64,
    starts: u32,
    /// Ids that it has handed out, where the bus knows none.
    seen: RefCell<BTreeSet<Rc<str>>>,
}

impl Consumer {
    pub(crate) fn open(scene: &Rc<Scene>, stream: Stream, name: &str, start: Start) -> Self {
        let positions = scene.bus.log(stream).positions.borrow();
        let cursor = match start {
            Start::Named => positions.get(name).copied().unwrap_or(0),
            Start::After(at) => at,
        };
        Self {
            scene: Rc::clone(scene),
            stream,
            name: name.to_owned(),
            cursor,
            starts: scene.bus.starts.get(),
            seen: RefCell::default(),
        }
    }

    /// What stands on a stream between two positions, as a reader that never acknowledges sees it.
    pub(crate) async fn read(
        scene: &Rc<Scene>,
        stream: Stream,
        after: u64,
        through: u64,
    ) -> Result<Vec<Entry>, Trouble> {
        if after >= through {
            return Ok(Vec::new());
        }
        let entries = super::Broker::ask(scene, |bus| bus.log(stream).after(after, usize::MAX)).await?;
        Ok(entries.into_iter().filter(|entry| entry.at <= through).collect())
    }

    /// Waits for records; fails where the connection breaks.
    pub(crate) async fn next(&mut self, most: usize) -> Result<Vec<Entry>, Trouble> {
        let scene = Rc::clone(&self.scene);
        let log = scene.bus.log(self.stream);
        loop {
            let grown = log.grown.notified();
            if scene.bus.down.get() || scene.bus.starts.get() != self.starts {
                scene.travel(100).await;
                return Err(Trouble::Transient);
            }
            if log.newest.get() <= self.cursor {
                grown.await;
                continue;
            }
            scene.travel(3_000).await;
            if scene.bus.starts.get() != self.starts || scene.fails(15) {
                return Err(Trouble::Transient);
            }
            let entries = log.after(self.cursor, 1 + scene.chance.below(most));
            // What was replaced is not delivered.
            self.cursor = entries.last().map_or(log.newest.get(), |last| last.at);
            let mut seen = self.seen.borrow_mut();
            let fresh = |entry: &Entry| match &entry.record.id {
                Some(id) if !scene.setting.suppresses => seen.insert(Rc::clone(id)),
                Some(_) | None => true,
            };
            let entries: Vec<_> = entries.into_iter().filter(fresh).collect();
            if !entries.is_empty() {
                return Ok(entries);
            }
        }
    }

    /// Acknowledges up to here; it may get lost.
    pub(crate) async fn ack(&self, at: u64) -> Result<(), Trouble> {
        let starts = self.scene.bus.starts.get();
        self.scene.travel(200).await;
        if self.scene.bus.starts.get() != starts || self.scene.fails(10) {
            return Err(Trouble::Transient);
        }
        if self.scene.fails(3) {
            return Ok(());
        }
        let mut positions = self.scene.bus.log(self.stream).positions.borrow_mut();
        let known = positions.entry(self.name.clone()).or_default();
        *known = (*known).max(at);
        Ok(())
    }
}
