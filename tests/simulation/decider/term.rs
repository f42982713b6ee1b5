//! One term: from restoring the engine, through standing by, to deciding.

use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use model::Stream;
use placement::{Command, Engine, Input, Topology};
use tokio::sync::{mpsc, oneshot};

use super::publisher::{self, Job};
use super::{HISTORY, LIVE, Positions, Snapshot};
use crate::broker::{Body, Broker, Consumer, Entry, Start, Trouble};
use crate::clockwork::Owner;
use crate::scene::Scene;

/// The longest sleep: the clock may be set while nothing happens.
const LONGEST_SLEEP: Duration = Duration::from_secs(1);

/// An engine that knows what stands on the bus and, until it is told to, decides nothing.
pub(crate) struct Term {
    scene: Rc<Scene>,
    replica: usize,
    engine: Engine,
    positions: Positions,
    commands: Vec<Command>,
    changed: bool,
    jobs: mpsc::UnboundedSender<Job>,
    handing: mpsc::UnboundedSender<(Stream, Vec<Entry>)>,
    handed: mpsc::UnboundedReceiver<(Stream, Vec<Entry>)>,
    /// Resolves when the publisher has ended: `true` where it could not publish.
    published: oneshot::Receiver<bool>,
}

impl Term {
    /// Restores the engine and reads what has happened since.
    pub(crate) async fn begin(
        scene: &Rc<Scene>,
        replica: usize,
        topology: &Arc<Topology>,
    ) -> Result<Self, Trouble> {
        let (apps, key) = (vec![scene.setting.app()], scene.key.clone());
        let kept = scene.disks.snapshots[replica].borrow().clone();
        let (engine, positions) = match kept {
            Some(Snapshot { positions, engine }) => {
                let restored =
                    Engine::restore(&engine, Arc::clone(topology), apps, key).expect("our own snapshot");
                assert_eq!(restored.snapshot(), engine, "a restored engine is another one");
                (restored, Some(positions))
            }
            None => (Engine::new(Arc::clone(topology), apps, key).expect("a valid app"), None),
        };
        let (jobs, to_publish) = mpsc::unbounded_channel();
        let (handing, handed) = mpsc::unbounded_channel();
        let (ended, published) = oneshot::channel();
        let held = Rc::clone(scene);
        scene.spawn(Owner::Term(replica), async move {
            let failed = publisher::run(&held, replica, to_publish).await;
            let _ = ended.send(failed);
        });
        let mut term = Self {
            scene: Rc::clone(scene),
            replica,
            engine,
            positions: positions.unwrap_or_default(),
            commands: Vec::new(),
            changed: positions.is_none(),
            jobs,
            handing,
            handed,
            published,
        };
        term.engine.catch_up();
        for stream in HISTORY {
            term.read(stream, positions.is_none(), None).await?;
        }
        term.keep();
        Ok(term)
    }

    /// Takes in what everybody has put on the bus since the last time. An outcome is never known before its order: how
    /// far outcomes go is asked first, and they are read last.
    pub(crate) async fn stand_by(&mut self) -> Result<(), Trouble> {
        let mut rounds = Vec::with_capacity(HISTORY.len());
        for stream in HISTORY.into_iter().rev() {
            rounds.push((stream, Broker::newest(&self.scene, stream).await?));
        }
        for (stream, through) in rounds.into_iter().rev() {
            self.read(stream, false, Some(through)).await?;
        }
        Ok(())
    }

    /// Takes in the rest and settles what follows from it.
    pub(crate) async fn lead(&mut self) -> Result<(), Trouble> {
        self.stand_by().await?;
        for stream in LIVE {
            let (scene, handing) = (Rc::clone(&self.scene), self.handing.clone());
            let after = self.positions[place(stream)];
            self.scene.spawn(Owner::Term(self.replica), follow(scene, stream, after, handing));
        }
        self.engine.settle(self.scene.now(), &mut self.commands);
        self.changed = true;
        self.flush();
        self.keep();
        Ok(())
    }

    /// Decides until nothing more can be published.
    pub(crate) async fn decide(&mut self) -> bool {
        loop {
            let now = self.scene.now();
            let due =
                self.engine.next_timeout().map_or(LONGEST_SLEEP, |due| due.since(now)).min(LONGEST_SLEEP);
            tokio::select! {
                biased;
                failed = &mut self.published => return failed.unwrap_or(true),
                handed = self.handed.recv() => {
                    if let Some((stream, entries)) = handed {
                        self.take(stream, &entries);
                    }
                }
                () = self.scene.sleep(due) => {}
            }
            let now = self.scene.now();
            if self.engine.next_timeout().is_some_and(|due| due <= now) {
                self.engine.handle_timeout(now, &mut self.commands);
                self.changed = true;
                self.flush();
            }
            if self.scene.chance.one_in(10) {
                self.keep();
            }
        }
    }

    /// Ends: what was decided is published first.
    pub(crate) async fn end(mut self) {
        self.keep();
        drop(self.jobs);
        let _ = self.published.await;
    }

    fn take(&mut self, stream: Stream, entries: &[Entry]) {
        for entry in entries {
            self.feed(entry);
        }
        let through = entries.last().map_or(0, |last| last.at);
        self.advance(stream, through);
        self.changed = true;
        self.flush();
    }

    fn feed(&mut self, entry: &Entry) {
        let input = match &entry.record.body {
            Body::Ue(event) => Input::Ue(event),
            Body::Order(order) => Input::OrderSeen(order),
            Body::Outcome(outcome) => Input::Outcome(outcome),
            Body::Instance(state) => Input::Instance(state),
            Body::Claim(_) | Body::Value(_) | Body::Emptied => return,
        };
        self.engine.handle(self.scene.now(), input, &mut self.commands);
    }

    fn advance(&mut self, stream: Stream, to: u64) {
        let position = &mut self.positions[place(stream)];
        *position = (*position).max(to);
    }

    fn flush(&mut self) {
        let mut orders = Vec::new();
        for command in self.commands.drain(..) {
            match command {
                Command::Order(order) => orders.push(Rc::new(*order)),
                Command::Decide(_) | Command::Site(_) => {}
            }
        }
        if !orders.is_empty() {
            let _ = self.jobs.send(Job::Publish(orders));
        }
    }

    /// Keeps a snapshot, once everything that was decided before is published.
    pub(crate) fn keep(&mut self) {
        if std::mem::take(&mut self.changed) {
            self.engine.check().expect("the engine's tables agree");
            let snapshot = Snapshot { positions: self.positions, engine: self.engine.snapshot() };
            let _ = self.jobs.send(Job::Keep(snapshot));
        }
    }

    /// Feeds the engine, which is catching up, with what stands on a stream.
    async fn read(&mut self, stream: Stream, anew: bool, through: Option<u64>) -> Result<(), Trouble> {
        let (entries, through) = if anew && stream == Stream::Instances {
            Broker::latest(&self.scene, stream).await?
        } else {
            let through = match through {
                Some(through) => through,
                None => Broker::newest(&self.scene, stream).await?,
            };
            let after = self.positions[place(stream)];
            (Consumer::read(&self.scene, stream, after, through).await?, through)
        };
        entries.iter().for_each(|entry| self.feed(entry));
        self.changed |= !entries.is_empty();
        self.advance(stream, through);
        Ok(())
    }
}

fn place(stream: Stream) -> usize {
    HISTORY.iter().position(|other| *other == stream).expect("a decider reads it")
}

/// Follows a stream; after a break some of it comes again.
async fn follow(
    scene: Rc<Scene>,
    stream: Stream,
    after: u64,
    handing: mpsc::UnboundedSender<(Stream, Vec<Entry>)>,
) {
    let mut last = after;
    loop {
        let again = scene.chance.below(4) as u64;
        let mut consumer =
            Consumer::open(&scene, stream, "", Start::After(last.saturating_sub(again).max(after)));
        while let Ok(entries) = consumer.next(32).await {
            last = entries.last().map_or(last, |entry| entry.at.max(last));
            if handing.send((stream, entries)).is_err() {
                return;
            }
        }
        scene.sleep(scene.chance.millis(10, 500)).await;
    }
}
