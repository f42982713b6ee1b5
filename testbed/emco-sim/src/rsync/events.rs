//! The queue of events of each context: one at a time; a terminate ends the wait for a cluster, a stop freezes.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use super::work::{self, Op, Work};
use super::{AppContext, ContextStatus, Event, Queued};
use crate::history::HistoryEvent;
use crate::sim::{Inner, World};

/// Queues an event on a context and starts it when nothing else is under way there.
pub(crate) fn handle(inner: &Arc<Inner>, world: &mut World, context_id: &str, event: Event) {
    world.turns += 1;
    let turn = world.turns;
    let Some(context) = world.contexts.get_mut(context_id) else { return };
    let terminate = event == Event::Terminate;
    context.queue.push_back(Queued { turn, event });
    if !context.running {
        start(inner, context_id, context);
    } else if terminate {
        context.pending_terminate = true;
        context.cancel.cancel();
    }
}

/// What a restarted rsync does: it takes up whatever is still queued.
pub(crate) fn restart(inner: &Arc<Inner>) {
    let mut world = inner.world();
    for (id, context) in &mut world.contexts {
        if !context.running && !context.queue.is_empty() {
            start(inner, id, context);
        }
    }
}

fn start(inner: &Arc<Inner>, context_id: &str, context: &mut AppContext) {
    context.running = true;
    let (inner, id) = (Arc::clone(inner), context_id.to_owned());
    let tasks = inner.tasks.clone();
    tasks.spawn(async move {
        let stop = inner.stop.clone();
        tokio::select! {
            () = run(&inner, &id) => (),
            () = stop.cancelled() => (),
        }
    });
}

/// How an event ended.
enum End {
    Done,
    Failed,
    /// Stopped from outside, or rsync went down: the event stays queued.
    Frozen,
}

async fn run(inner: &Arc<Inner>, id: &str) {
    while let Some(begun) = begin(inner, id) {
        if let Event::Update(source) = &begun.event {
            delete_what_the_update_leaves(inner, id, source, begun.work.is_empty());
        }
        let end = tokio::select! {
            done = work::carry_out(inner, id, begun.work, &begun.cancel) => {
                if done { End::Done } else { End::Failed }
            }
            () = stopped(inner, id) => End::Frozen,
            () = begun.rsync.cancelled() => End::Frozen,
        };
        if !finish(inner, id, &begun.event, &end) {
            return;
        }
    }
}

/// An event that may begin.
struct Begun {
    event: Event,
    work: Vec<Work>,
    cancel: CancellationToken,
    rsync: CancellationToken,
}

/// Takes up the next event that the context's status allows; `None` when there is none.
fn begin(inner: &Inner, id: &str) -> Option<Begun> {
    let mut world = inner.world();
    loop {
        let rsync = world.rsync_session.clone();
        let context = world.contexts.get_mut(id)?;
        let Some(Queued { turn, event }) = context.queue.front().cloned() else {
            context.running = false;
            context.pending_terminate = false;
            return None;
        };
        if rsync.is_cancelled() {
            context.running = false;
            return None;
        }
        let change = Change::of(&event);
        if context.stop || (context.pending_terminate && event != Event::Terminate) {
            context.queue.pop_front();
            context.status = change.failed;
            continue;
        }
        if !change.from.contains(&context.status) {
            // An event out of its turn leaves no trace, except that a second terminate makes the first a failure.
            if event == Event::Terminate && context.status == ContextStatus::Terminated {
                context.status = change.failed;
            }
            context.queue.pop_front();
            continue;
        }
        context.status = change.during;
        context.cancel = CancellationToken::new();
        let cancel = context.cancel.clone();
        let work = plan(&world, id, &event, turn);
        return Some(Begun { event, work, cancel, rsync });
    }
}

/// Records the end of the event under way; `false` where the context is left alone for now.
fn finish(inner: &Inner, id: &str, event: &Event, end: &End) -> bool {
    let mut world = inner.world();
    let Some(context) = world.contexts.get_mut(id) else { return false };
    let change = Change::of(event);
    context.status = match end {
        End::Done => change.after,
        End::Failed => change.failed,
        End::Frozen => {
            context.running = false;
            return false;
        }
    };
    context.queue.pop_front();
    let group = context.group.rsplit('/').next().unwrap_or_default().to_owned();
    match context.status {
        ContextStatus::Instantiated => inner.history.record(HistoryEvent::Instantiated { group }),
        ContextStatus::Terminated => inner.history.record(HistoryEvent::Terminated { group }),
        ContextStatus::Created
        | ContextStatus::Instantiating
        | ContextStatus::InstantiateFailed
        | ContextStatus::Terminating
        | ContextStatus::TerminateFailed
        | ContextStatus::Updating
        | ContextStatus::Updated
        | ContextStatus::UpdateFailed => (),
    }
    true
}

/// Sends the delete half of an update to the context before, at once, whether or not anything is applied yet.
///
/// It runs under the update's own deadline: where there is nothing to apply, the update ends before the delete
/// has begun and takes it along. The event stays queued until something else starts that context.
fn delete_what_the_update_leaves(inner: &Arc<Inner>, id: &str, source: &str, lost: bool) {
    let event = Event::UpdateDelete(id.to_owned());
    let mut world = inner.world();
    if !lost {
        return handle(inner, &mut world, source, event);
    }
    world.turns += 1;
    let turn = world.turns;
    if let Some(context) = world.contexts.get_mut(source) {
        context.queue.push_back(Queued { turn, event });
    }
}

/// Resolves when rsync next looks for a stop flag and finds it.
async fn stopped(inner: &Inner, id: &str) {
    loop {
        tokio::time::sleep(inner.pace.exact(inner.config.delays.stop_check)).await;
        if inner.world().contexts.get(id).is_none_or(|context| context.stop) {
            return;
        }
    }
}

/// The objects that an event concerns.
fn plan(world: &World, id: &str, event: &Event, turn: u64) -> Vec<Work> {
    let Some(context) = world.contexts.get(id) else { return Vec::new() };
    let (op, other) = match event {
        Event::Instantiate => (Op::Apply, None),
        Event::Terminate => (Op::Delete, None),
        Event::Update(source) => (Op::Apply, world.contexts.get(source)),
        Event::UpdateDelete(target) => (Op::Delete, world.contexts.get(target)),
    };
    let mut all = Vec::new();
    for part in &context.parts {
        let theirs = other.and_then(|other| other.part(&part.app, &part.cluster));
        let unchanged = |resource: &str| match (op, theirs) {
            (_, None) => false,
            (Op::Delete, Some(theirs)) => theirs.resources.contains_key(resource),
            (Op::Apply, Some(theirs)) => {
                theirs.resources.contains_key(resource) && theirs.workload == part.workload
            }
        };
        let mut resources: Vec<_> =
            part.resources.values().filter(|r| !unchanged(&r.id())).cloned().collect();
        resources.sort_by_key(crate::names::Resource::rank);
        if !resources.is_empty() {
            let owner = context.owner(&part.app);
            all.push(Work { op, part: part.clone(), resources, owner, turn });
        }
    }
    all
}

/// How an event changes a context's status.
struct Change {
    from: &'static [ContextStatus],
    during: ContextStatus,
    after: ContextStatus,
    failed: ContextStatus,
}

impl Change {
    fn of(event: &Event) -> Self {
        use ContextStatus as S;
        match event {
            Event::Instantiate => Self {
                from: &[S::Created, S::Instantiated, S::InstantiateFailed, S::Instantiating],
                during: S::Instantiating,
                after: S::Instantiated,
                failed: S::InstantiateFailed,
            },
            Event::Terminate => Self {
                from: &[
                    S::InstantiateFailed,
                    S::Instantiating,
                    S::Instantiated,
                    S::TerminateFailed,
                    S::Terminating,
                    S::Updated,
                    S::UpdateFailed,
                    S::Updating,
                ],
                during: S::Terminating,
                after: S::Terminated,
                failed: S::TerminateFailed,
            },
            Event::Update(_) => Self {
                from: &[S::Created, S::Updated],
                during: S::Instantiating,
                after: S::Instantiated,
                failed: S::InstantiateFailed,
            },
            Event::UpdateDelete(_) => Self {
                from: &[S::Instantiated],
                during: S::Updating,
                after: S::Updated,
                failed: S::UpdateFailed,
            },
        }
    }
}
