//! Drives one saga to its end: asks it what to do, and does it.

mod admission;
mod stepping;
mod telling;

pub(crate) use telling::{absorb, placement};

use std::sync::Arc;

use model::{Generation, Order};
use relocation::{Action, Entry, Event, Saga};
use tokio::sync::{mpsc, watch};

use crate::app::App;
use crate::clock;
use crate::context::Context;
use crate::modes::new_group::Job;
use crate::outbox::Out;
use crate::registry::Live;
use stepping::Running;

/// How long to leave a store alone that could not append.
const STORE_WAIT: std::time::Duration = std::time::Duration::from_secs(1);

/// One saga and all that its driver holds.
pub(crate) struct Driver {
    pub ctx: Arc<Context>,
    pub app: Arc<App>,
    pub order: Order,
    pub job: Job,
    pub saga: Saga,
    /// Newer orders for the instance.
    pub newer: mpsc::Receiver<Generation>,
    /// Turned true when the instance is free for the next order.
    pub released: watch::Sender<bool>,
    /// Publications that must be out before the log may be closed.
    pub pending: Vec<Out>,
}

/// Why a driver stops.
enum Stopped {
    /// The saga is over and everything is told.
    Finished,
    /// The executor stops; the saga goes on after the next start.
    ShuttingDown,
}

impl Driver {
    /// Makes a driver and the handle under which it is known.
    pub(crate) fn new(
        ctx: &Arc<Context>,
        app: &Arc<App>,
        order: Order,
        job: Job,
        saga: Saga,
    ) -> (Self, Live) {
        let (supersede, newer) = mpsc::channel(8);
        let (released, watch) = watch::channel(false);
        let live = Live { order: order.clone(), supersede, released: watch };
        let driver = Self {
            ctx: Arc::clone(ctx),
            app: Arc::clone(app),
            order,
            job,
            saga,
            newer,
            released,
            pending: Vec::new(),
        };
        (driver, live)
    }

    /// Drives the saga; returns when it is over, or when the executor stops.
    pub(crate) async fn run(mut self) {
        let (ctx, order) = (Arc::clone(&self.ctx), self.order.clone());
        ctx.metrics.under_way.inc();
        let stopped = match Box::pin(self.admit()).await {
            admission::Admitted::Yes => self.drive().await,
            admission::Admitted::No => Stopped::Finished,
            admission::Admitted::ShuttingDown => Stopped::ShuttingDown,
        };
        if matches!(stopped, Stopped::Finished) && self.is_told().await {
            self.close().await;
            // An order that waits for this one goes on only now that the instance's facts are kept.
            ctx.registry.end(&order);
            self.released.send_replace(true);
        }
        ctx.metrics.under_way.dec();
    }

    async fn drive(&mut self) -> Stopped {
        let mut running: Option<Running> = None;
        loop {
            if !self.saga.is_waiting_for_result() {
                running = None;
            }
            let action = self.saga.next_action(clock::now());
            if !matches!(action, Action::Publish(_)) && self.saga.is_past_pivot() {
                self.released.send_replace(true);
            }
            match action {
                Action::Publish(notice) => {
                    self.tell(notice).await;
                    self.saga.told();
                }
                Action::Append(event) => {
                    let event = stepping::with_reason(event, running.take());
                    if !self.append(event).await {
                        return Stopped::ShuttingDown;
                    }
                }
                Action::Run { step, doubtful, .. } => running = Some(self.step(step, doubtful, false)),
                Action::Undo { step, doubtful, .. } => running = Some(self.step(step, doubtful, true)),
                Action::SleepUntil(then) => {
                    let event = tokio::select! {
                        () = self.ctx.stop.cancelled() => return Stopped::ShuttingDown,
                        event = result(&mut running) => {
                            running = None;
                            Some(event)
                        }
                        Some(by) = self.newer.recv() => self.supersede(by),
                        () = clock::sleep_towards(then) => None,
                    };
                    if let Some(event) = event
                        && !self.append(event).await
                    {
                        return Stopped::ShuttingDown;
                    }
                }
                Action::Finish(ended) => {
                    tracing::info!(
                        relocation = %self.order.relocation, app = %self.order.app,
                        instance = %self.order.instance, ?ended, "relocation ended"
                    );
                    return Stopped::Finished;
                }
            }
        }
    }

    /// What a newer order does to this one.
    fn supersede(&self, by: Generation) -> Option<Event> {
        (self.saga.can_be_superseded() && by > self.order.generation).then_some(Event::Superseded { by })
    }

    /// Appends durably, then lets the saga have it; repeats while the store cannot. `false` if we stop before.
    async fn append(&mut self, event: Event) -> bool {
        let entry = Entry { at: clock::now(), event };
        if !self.saga.accepts(entry.at, &entry.event) {
            tracing::error!(relocation = %self.order.relocation, event = ?entry.event, "an event that does not fit");
            return true;
        }
        while let Err(error) = self.ctx.journal.append(&self.order, &entry).await {
            self.ctx.complain(&error, "cannot append to a saga log");
            tokio::select! {
                () = self.ctx.stop.cancelled() => return false,
                () = tokio::time::sleep(STORE_WAIT) => {}
            }
        }
        let (at, event) = (entry.at, entry.event);
        tracing::debug!(relocation = %self.order.relocation, ?event, "saga");
        if let Err(error) = self.saga.handle(at, event) {
            tracing::error!(relocation = %self.order.relocation, %error, "an event was appended that does not fit");
        }
        true
    }
}

/// What runs, if anything does.
async fn result(running: &mut Option<Running>) -> Event {
    match running {
        Some(running) => (&mut running.step).await,
        None => std::future::pending().await,
    }
}
