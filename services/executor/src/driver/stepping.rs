//! Steps at work.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use model::Step;
use relocation::{Class, Event};
use tokio::time::Instant;
use tracing::Instrument as _;

use super::Driver;
use super::telling::placement;
use crate::error::StepError;
use crate::metrics::{DurationLabel, StepLabel, StepName, StepResult};
use crate::steps::{Said, Work};

/// After how long an operator is told what a step waits for.
const PATIENCE: Duration = Duration::from_secs(30);

/// A step at work.
pub(super) struct Running {
    /// Resolves with what is to be appended.
    pub step: Pin<Box<dyn Future<Output = Event> + Send>>,
    said: Said,
}

/// An event as it is appended: a step that expires while it runs knows best what it waited for.
pub(super) fn with_reason(event: Event, running: Option<Running>) -> Event {
    let last = running.map(|running| running.said.last()).filter(|last| !last.is_empty());
    match (event, last) {
        (Event::Expired { step, .. }, Some(reason)) => Event::Expired { step, reason },
        (Event::UndoExpired { step, .. }, Some(reason)) => Event::UndoExpired { step, reason },
        (event, _) => event,
    }
}

impl Driver {
    /// Begins a step, or undoing it.
    pub(super) fn step(&self, step: Step, doubtful: bool, undo: bool) -> Running {
        let ready = placement(&self.saga);
        let said = Said::default();
        let work = Work {
            ctx: Arc::clone(&self.ctx),
            app: Arc::clone(&self.app),
            order: self.order.clone(),
            job: self.job.clone(),
            doubtful,
            ready,
            said: said.clone(),
        };
        Running { step: Box::pin(act(work, step, undo)), said }
    }
}

async fn act(work: Work, step: Step, undo: bool) -> Event {
    let (ctx, relocation, said) = (Arc::clone(&work.ctx), work.order.relocation, work.said.clone());
    let app = work.app.spec.app.id.clone();
    let began = Instant::now();
    let doing = async {
        if undo { work.undo(step).await.map(|()| serde_json::Value::Null) } else { work.run(step).await }
    };
    let doing = doing.instrument(tracing::debug_span!("step", %relocation, step = step.as_str(), undo));
    tokio::pin!(doing);
    let done = tokio::select! {
        done = &mut doing => done,
        () = tokio::time::sleep(PATIENCE) => {
            tracing::info!(%relocation, %app, step = step.as_str(), undo, waits_for = said.last(), "a step still waits");
            doing.await
        }
    };
    let name = StepName(step);
    let result = match &done {
        Ok(_) => StepResult::Done,
        Err(StepError { class: Class::Transient(_), .. }) => StepResult::Transient,
        Err(StepError { class: Class::Permanent, .. }) => StepResult::Permanent,
        Err(StepError { class: Class::Unknown, .. }) => StepResult::Unknown,
    };
    ctx.metrics.attempts.get_or_create(&StepLabel { step: name, undo, result }).inc();
    match done {
        Ok(_) if undo => Event::Undone { step },
        Ok(output) => {
            let seconds = began.elapsed().as_secs_f64();
            ctx.metrics.steps.get_or_create(&DurationLabel { step: name }).observe(seconds);
            Event::Succeeded { step, output }
        }
        Err(StepError { class, reason, cause }) => {
            // What stands in the way of one relocation stands in the way of many, again and again.
            if ctx.complaints.is_news(&cause) {
                tracing::warn!(%relocation, %app, step = step.as_str(), undo, ?class, reason, "a step failed");
            } else {
                tracing::debug!(%relocation, %app, step = step.as_str(), undo, ?class, reason, "a step failed");
            }
            if undo {
                Event::UndoFailed { step, class, reason }
            } else {
                Event::Failed { step, class, reason }
            }
        }
    }
}
