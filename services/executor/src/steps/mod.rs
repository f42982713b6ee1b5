//! What the steps do, one file each. Every step reads before it acts, so that it may run again after a crash.

mod forget;
mod poll;
mod prepare;
mod ready;
mod retire;
mod said;
mod start;
mod steer;
mod verify;

use std::sync::Arc;

use emco::GroupRef;
use model::{Order, Placement, Step};
use serde_json::Value;

use crate::app::App;
use crate::context::Context;
use crate::error::StepError;
use crate::modes::new_group::{Job, Target};

pub(crate) use poll::Poll;
pub(crate) use said::Said;

/// What a step works on.
pub(crate) struct Work {
    pub ctx: Arc<Context>,
    pub app: Arc<App>,
    pub order: Order,
    pub job: Job,
    /// Whether an earlier attempt may have happened, or may still be under way.
    pub doubtful: bool,
    /// Where the target serves: what [`Step::Ready`] gave, and for a seat [`Step::Steer`].
    pub ready: Option<Placement>,
    /// What it waits for, for an operator.
    pub said: Said,
}

impl Work {
    /// Runs a step; what it returns is kept in the log.
    pub(crate) async fn run(self, step: Step) -> Result<Value, StepError> {
        match step {
            Step::Prepare => prepare::run(&self).await.map(|()| Value::Null),
            Step::Start => start::run(&self).await.map(|()| Value::Null),
            Step::Ready => ready::run(&self).await.map(|placement| {
                serde_json::to_value(placement).expect("a placement can be written as JSON")
            }),
            Step::Steer => steer::run(&self).await.map(|placement| {
                serde_json::to_value(placement).expect("a placement can be written as JSON")
            }),
            Step::Verify => verify::run(&self).await.map(|()| Value::Null),
            // The saga waits by itself.
            Step::Drain => Ok(Value::Null),
            Step::Retire => retire::run(&self).await.map(|()| Value::Null),
            Step::Forget => forget::run(&self).await.map(|()| Value::Null),
        }
    }

    /// Undoes a step.
    pub(crate) async fn undo(self, step: Step) -> Result<(), StepError> {
        match step {
            Step::Steer => steer::undo(&self).await,
            Step::Start => start::undo(&self).await,
            Step::Prepare => prepare::undo(&self).await,
            Step::Ready | Step::Verify | Step::Drain | Step::Retire | Step::Forget => Ok(()),
        }
    }

    fn target(&self) -> Result<&Target, StepError> {
        self.job.target.as_ref().ok_or_else(|| StepError::permanent("the plan has no target"))
    }

    fn source(&self) -> Result<&Placement, StepError> {
        self.job.source.as_ref().ok_or_else(|| StepError::permanent("the plan has no source"))
    }

    fn target_group(&self) -> Result<GroupRef, StepError> {
        Ok(self.app.composite.group(self.target()?.release.as_str()))
    }

    fn source_group(&self) -> Result<GroupRef, StepError> {
        Ok(self.app.composite.group(&self.source()?.deployment_intent_group))
    }

    /// Lets a request whose reply was lost come to its end, if there may be one.
    async fn settle(&self) {
        if self.doubtful {
            tokio::time::sleep(self.ctx.config.settle()).await;
        }
    }
}
