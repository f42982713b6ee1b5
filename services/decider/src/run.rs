//! The task that owns the engine.

use std::sync::Arc;
use std::time::Duration;

use bus::{Bus, BusError, Sequence, Start};
use model::{Outcome, OutcomeKind, Timestamp};
use placement::{Command, Engine, Input, Question};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::asked::Asked;
use crate::clock::Clock;
use crate::config::Config;
use crate::feed::{Feed, Positions};
use crate::history;
use crate::inquiry::Inbox;
use crate::metrics::Metrics;
use crate::publisher::{Job, Kept};
use crate::reader::{self, Batch, Handed};
use crate::records::Outgoing;
use crate::webhook::Webhook;
use crate::wire::{Item, decode};

/// The consumer's name on every stream that is followed.
const CONSUMER: &str = "decider";
/// The longest sleep: the clock may be set while nothing happens.
const LONGEST_SLEEP: Duration = Duration::from_secs(1);

pub(crate) struct Runner {
    pub(crate) config: Config,
    pub(crate) bus: Arc<dyn Bus>,
    pub(crate) engine: Engine,
    pub(crate) positions: Positions,
    /// What is asked of instances, until history is read.
    pub(crate) asked: Asked,
    pub(crate) metrics: Metrics,
    pub(crate) clock: Clock,
    pub(crate) inbox: Inbox,
    pub(crate) webhook: Option<Webhook>,
    /// Ends this term.
    pub(crate) stop: CancellationToken,
    /// Cancelled where the bus fails for good.
    pub(crate) failed: CancellationToken,
    pub(crate) jobs: mpsc::Sender<Job>,
    pub(crate) handing: mpsc::Sender<Handed>,
    pub(crate) done: Vec<(Feed, watch::Receiver<Sequence>)>,
    pub(crate) readers: Vec<JoinHandle<()>>,
    /// Emptied after each batch; kept for its capacity.
    pub(crate) commands: Vec<Command>,
    /// Whether anything happened since the last snapshot.
    pub(crate) changed: bool,
}

impl Runner {
    /// Works until it is stopped, then keeps a last snapshot and lets the readers end.
    pub(crate) async fn run(mut self, mut handed: mpsc::Receiver<Handed>) {
        let mut snapshots = tokio::time::interval(self.config.snapshot_interval());
        snapshots.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        snapshots.reset();
        let inbox = self.inbox.clone();
        loop {
            let sleep = self.sleep();
            tokio::select! {
                biased;
                () = self.stop.cancelled() => break,
                _ = snapshots.tick() => self.keep().await,
                // Before what a full bus has no end of: whoever asks waits for the answer before asking again.
                question = inbox.next() => question.answer(&self.engine, (self.clock)()),
                message = handed.recv() => match message {
                    Some(message) => self.take(message).await,
                    None => break,
                },
                () = tokio::time::sleep(sleep) => (),
            }
            self.timeouts().await;
            self.metrics.show(&self.engine.counts());
        }
        self.keep().await;
        // The publisher ends once this end is gone, and with it the readers.
        drop(self.jobs);
        drop(handed);
        for reader in self.readers {
            let _ = reader.await;
        }
    }

    async fn take(&mut self, message: Handed) {
        match message {
            Handed::Batch(batch) => self.batch(batch).await,
            Handed::FellBehind(feed, error) => {
                if feed.fades() {
                    tracing::info!(%error, "records are lost to retention, too old to matter");
                } else {
                    tracing::error!(%error, "records are lost to retention: this stream is read again from its oldest record");
                    self.metrics.cold_starts.inc();
                }
                if let Err(error) = self.read_again(feed).await {
                    self.give_up(feed, &error);
                }
            }
            Handed::Broken(feed, error) => self.give_up(feed, &error),
        }
    }

    fn give_up(&self, feed: Feed, error: &BusError) {
        if !self.stop.is_cancelled() {
            tracing::error!(stream = feed.stream().name(), %error, "cannot read; the decider stops");
            self.failed.cancel();
        }
    }

    async fn batch(&mut self, batch: Batch) {
        let now = (self.clock)();
        for item in &batch.items {
            self.metrics.heard(item);
            feed(&mut self.engine, now, item, &mut self.commands);
        }
        let mut outgoing = self.outgoing();
        for (delivery, reason) in &batch.poison {
            let (stream, sequence) = (batch.feed.stream().name(), delivery.sequence.0);
            tracing::warn!(stream, sequence, "a record cannot be read and goes to dead-letter");
            // The reason quotes the record, which may name a UE.
            tracing::debug!(stream, sequence, %reason, "why it cannot be read");
            outgoing.dead_letter(batch.feed, delivery, reason);
        }
        self.metrics.took(batch.feed, batch.items.len() + batch.poison.len(), batch.poison.len());
        self.positions.advance(batch.feed, batch.through);
        self.changed = true;
        self.hand_over(Job::Publish(outgoing, Some((batch.feed, batch.through)))).await;
    }

    async fn timeouts(&mut self) {
        let now = (self.clock)();
        if self.engine.next_timeout().is_some_and(|due| due <= now) {
            self.engine.handle_timeout(now, &mut self.commands);
            self.changed = true;
            self.flush().await;
        }
    }

    /// Publishes what the engine said since the last time.
    pub(crate) async fn flush(&mut self) {
        let outgoing = self.outgoing();
        self.hand_over(Job::Publish(outgoing, None)).await;
    }

    fn outgoing(&mut self) -> Outgoing {
        let mut outgoing = Outgoing::default();
        for command in self.commands.drain(..) {
            self.metrics.commanded(&command);
            if let (Some(webhook), Command::Decide(decision)) = (&self.webhook, &command)
                && let Some(question) = Question::asked_by(decision)
            {
                webhook.ask(question);
            }
            outgoing.add(&command);
        }
        outgoing
    }

    async fn hand_over(&self, job: Job) {
        // A term that is over publishes nothing more; that is no failure.
        if self.jobs.send(job).await.is_err() && !self.stop.is_cancelled() {
            // The publisher has said why; without it nothing that happens here can have an effect.
            self.failed.cancel();
        }
    }

    pub(crate) async fn keep(&mut self) {
        if std::mem::take(&mut self.changed) {
            let kept = Kept { asked: self.asked.encode(), engine: self.engine.snapshot() };
            self.hand_over(Job::Keep(self.positions, kept)).await;
        }
    }

    fn sleep(&self) -> Duration {
        let due = self.engine.next_timeout().map(|due| due.since((self.clock)()));
        due.unwrap_or(LONGEST_SLEEP).min(LONGEST_SLEEP)
    }

    /// Takes in a stream from its oldest record, and follows it from there.
    async fn read_again(&mut self, lost: Feed) -> Result<(), BusError> {
        self.engine.catch_up();
        self.read(lost, Start::Oldest, None).await?;
        self.follow(lost).await?;
        self.settle().await;
        Ok(())
    }

    /// History is read: hands over what was kept back of it, and publishes what follows from the whole.
    pub(crate) async fn settle(&mut self) {
        let now = (self.clock)();
        for command in self.asked.release(now) {
            self.engine.handle(now, Input::Operator(&command), &mut self.commands);
        }
        self.engine.settle(now, &mut self.commands);
        // Whoever was to be told of these may not have been, before the last run ended.
        if let Some(webhook) = &self.webhook {
            let open = self.engine.questions(now).into_iter().filter(|question| question.since < now);
            open.for_each(|question| webhook.ask(question));
        }
        self.changed = true;
        self.flush().await;
    }

    /// Takes in what the streams hold after what has been taken in; all that they hold, if nothing has.
    pub(crate) async fn read_on(&mut self, cold: bool) -> Result<(), BusError> {
        let mut rounds = Vec::with_capacity(Feed::HISTORY.len());
        for feed in Feed::HISTORY.into_iter().rev() {
            rounds.push((feed, self.bus.newest(feed.stream()).await?));
        }
        for (feed, through) in rounds.into_iter().rev() {
            let start = if cold { Start::Oldest } else { Start::After(self.positions.get(feed)) };
            self.read_whatever_is_kept(feed, start, Some(through)).await?;
        }
        Ok(())
    }

    /// As [`read`](Self::read), from the oldest record where those after `start` are no longer kept.
    async fn read_whatever_is_kept(
        &mut self,
        feed: Feed,
        start: Start,
        through: Option<Sequence>,
    ) -> Result<(), BusError> {
        match self.read(feed, start, through).await {
            Err(BusError::FellBehind { .. }) if feed.fades() => self.read(feed, Start::Oldest, through).await,
            Err(error @ BusError::FellBehind { .. }) => {
                tracing::error!(%error, "records are lost to retention: this stream is read from its oldest record");
                self.metrics.cold_starts.inc();
                self.read(feed, Start::Oldest, through).await
            }
            read => read,
        }
    }

    /// Feeds the engine, which is catching up, with what stands on a stream, up to `through` or its newest record.
    async fn read(&mut self, from: Feed, start: Start, through: Option<Sequence>) -> Result<(), BusError> {
        let latest = from.stream().latest_per_key() && start == Start::Oldest;
        let (bus, now) = (self.bus.clone(), (self.clock)());
        let horizon = match (from, start) {
            (Feed::Orders, Start::Oldest) => self.horizon().await?,
            _ => None,
        };
        let mut outgoing = Outgoing::default();
        let (mut read, mut dead) = (0, 0);
        let mut each = |delivery: bus::Delivery| {
            read += 1;
            match decode(from, &delivery) {
                Ok(Item::Command(command)) if self.asked.hold(&command) => {}
                Ok(item) => {
                    if let Item::Order(order) = &item {
                        self.asked.ordered(order);
                    }
                    feed(&mut self.engine, now, &item, &mut self.commands);
                    if let Some(ended) = horizon.and_then(|horizon| long_ended(&item, horizon)) {
                        feed(&mut self.engine, now, &ended, &mut self.commands);
                    }
                }
                Err(reason) => {
                    dead += 1;
                    outgoing.dead_letter(from, &delivery, &reason);
                }
            }
        };
        let through = if latest {
            // The last value of each key is all that matters, and it is kept for ever.
            let (values, through) = bus.latest(from.stream()).await?;
            values.into_iter().for_each(&mut each);
            through
        } else {
            let through = match through {
                Some(through) => through,
                None => bus.newest(from.stream()).await?,
            };
            history::read(bus.as_ref(), from, start, through, &mut each).await?;
            through
        };
        self.metrics.took(from, read, dead);
        self.positions.advance(from, through);
        self.changed |= read > 0;
        if !outgoing.is_empty() {
            self.hand_over(Job::Publish(outgoing, None)).await;
        }
        Ok(())
    }

    /// Outcomes from before this time may no longer be kept; `None` where all are.
    async fn horizon(&self) -> Result<Option<Timestamp>, BusError> {
        let oldest = history::oldest(self.bus.as_ref(), Feed::Outcomes).await?;
        let cut = oldest.filter(|oldest| oldest.sequence > Sequence(1));
        Ok(cut.and_then(|oldest| match decode(Feed::Outcomes, &oldest) {
            Ok(Item::Outcome(outcome)) => Some(outcome.at),
            Ok(
                Item::Ue(_)
                | Item::Instance(_)
                | Item::Order(_)
                | Item::Site(_)
                | Item::Load(_)
                | Item::Command(_)
                | Item::Qos(_)
                | Item::Own,
            )
            | Err(_) => None,
        }))
    }

    /// Starts to follow a stream after what has been taken in.
    pub(crate) async fn follow(&mut self, feed: Feed) -> Result<(), BusError> {
        let start = Start::After(self.positions.get(feed));
        let consumer = self.bus.consume(feed.stream(), CONSUMER, start).await?;
        let Some((_, done)) = self.done.iter().find(|(other, _)| *other == feed) else { return Ok(()) };
        self.readers.push(tokio::spawn(reader::follow(
            feed,
            consumer,
            self.config.batch(),
            self.handing.clone(),
            done.clone(),
            self.stop.clone(),
        )));
        Ok(())
    }
}

/// An end for an order that is older than the oldest outcome that is kept: without one it would be held to be
/// live for ever. Had it been carried out, `instances`, which is read first, would say so; were it live after
/// all, the executor would fence the next one.
fn long_ended(item: &Item, horizon: Timestamp) -> Option<Item> {
    let Item::Order(order) = item else { return None };
    (order.decided_at < horizon).then(|| {
        Item::Outcome(Box::new(Outcome {
            relocation: order.relocation,
            app: order.app.clone(),
            instance: order.instance.clone(),
            generation: order.generation,
            source: order.source.clone(),
            target: order.target.clone(),
            at: order.decided_at,
            kind: OutcomeKind::Undone { reason: "its outcome is no longer kept".into() },
        }))
    })
}

fn feed(engine: &mut Engine, now: Timestamp, item: &Item, commands: &mut Vec<Command>) {
    let input = match item {
        Item::Ue(event) => Input::Ue(event),
        Item::Outcome(outcome) => Input::Outcome(outcome),
        Item::Instance(state) => Input::Instance(state),
        Item::Order(order) => Input::OrderSeen(order),
        Item::Site(report) => Input::Site(report),
        Item::Command(command) => Input::Operator(command),
        Item::Qos(report) => Input::Qos(report),
        Item::Load(load) => Input::Load(load),
        Item::Own => return,
    };
    engine.handle(now, input, commands);
}
