//! What a relocation consists of.

use std::time::Duration;

use model::{AppId, Generation, InstanceId, RelocationId, SiteId, Step, Timestamp, Trigger};
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// One order, taken apart into steps. It is the first record of the saga's log and never changes afterwards.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// The order's id.
    pub relocation: RelocationId,
    /// The app.
    pub app: AppId,
    /// The instance.
    pub instance: InstanceId,
    /// The order's generation.
    pub generation: Generation,
    /// Why.
    pub trigger: Trigger,
    /// The site that the instance leaves.
    pub source: Option<SiteId>,
    /// The site that it goes to.
    pub target: Option<SiteId>,
    /// When the order was taken in.
    pub planned_at: Timestamp,
    /// The steps, in the order of [`Kind::steps`].
    pub steps: Vec<PlannedStep>,
    /// How long the steps may take.
    pub deadlines: Deadlines,
    /// How long clients get to follow a changed name, in either direction.
    pub drain: Duration,
    /// How long a request whose reply was lost may still be under way.
    pub settle: Duration,
    /// Whether the order deploys and removes what it moves. A seat of a shared app only has its name led elsewhere: what
    /// serves is there already, and stays.
    #[serde(default = "yes", skip_serializing_if = "is_yes")]
    pub deploys: bool,
}

const fn yes() -> bool {
    true
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
const fn is_yes(deploys: &bool) -> bool {
    *deploys
}

/// A step with what its executor needs to know.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PlannedStep {
    /// The step.
    pub step: Step,
    /// Opaque to the saga.
    pub params: serde_json::Value,
}

/// How long the steps may take. Each limit counts from the first start of the first step that it covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deadlines {
    /// [`Step::Prepare`]; and again [`Step::Start`] and [`Step::Ready`] together.
    pub ready: Duration,
    /// [`Step::Steer`] and [`Step::Verify`] together.
    pub verify: Duration,
    /// [`Step::Retire`] and [`Step::Forget`] together.
    pub retire: Duration,
    /// Everything that undoing does, the drain not counted.
    pub undo: Duration,
}

/// The three shapes of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// From a source to a target.
    Move,
    /// A target alone.
    FirstPlacement,
    /// A source alone.
    LetGo,
}

impl Kind {
    /// The steps of such an order. Where nothing new is started, [`Step::Steer`] takes the name away and
    /// [`Step::Verify`] sees that it is gone.
    pub const fn steps(self) -> &'static [Step] {
        use Step::{Drain, Forget, Prepare, Ready, Retire, Start, Steer, Verify};
        match self {
            Self::Move => &[Prepare, Start, Ready, Steer, Verify, Drain, Retire, Forget],
            Self::FirstPlacement => &[Prepare, Start, Ready, Steer, Verify],
            Self::LetGo => &[Steer, Verify, Drain, Retire, Forget],
        }
    }

    /// The same for a seat, for which nothing is deployed and nothing retired: only those that lead its name.
    pub const fn steps_of_seat(self) -> &'static [Step] {
        use Step::{Drain, Steer, Verify};
        match self {
            Self::Move => &[Steer, Verify, Drain],
            Self::FirstPlacement | Self::LetGo => &[Steer, Verify],
        }
    }
}

/// Why a plan cannot be carried out.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum PlanError {
    /// Neither source nor target, or both the same.
    #[error("relocation {0} has no source and no target, or both are the same site")]
    Nowhere(RelocationId),
    /// Other steps than its shape asks for.
    #[error("relocation {relocation} has the steps {found:?} where {expected:?} are needed")]
    Steps {
        /// The relocation.
        relocation: RelocationId,
        /// What it has.
        found: Vec<Step>,
        /// What it needs.
        expected: Vec<Step>,
    },
}

impl Plan {
    /// The shape of the order, from its sites.
    ///
    /// # Errors
    /// [`PlanError::Nowhere`] where there is nothing to do.
    pub fn kind(&self) -> Result<Kind, PlanError> {
        match (&self.source, &self.target) {
            (Some(source), Some(target)) if source != target => Ok(Kind::Move),
            (None, Some(_)) => Ok(Kind::FirstPlacement),
            (Some(_), None) => Ok(Kind::LetGo),
            (Some(_), Some(_)) | (None, None) => Err(PlanError::Nowhere(self.relocation)),
        }
    }

    /// The steps that the plan must have.
    ///
    /// # Errors
    /// As [`kind`](Self::kind).
    pub fn expected(&self) -> Result<&'static [Step], PlanError> {
        let kind = self.kind()?;
        Ok(if self.deploys { kind.steps() } else { kind.steps_of_seat() })
    }

    /// Checks that the steps are those of the plan's shape.
    ///
    /// # Errors
    /// [`PlanError`] says what does not fit.
    pub fn check(&self) -> Result<(), PlanError> {
        let expected = self.expected()?;
        if self.steps.iter().map(|s| s.step).eq(expected.iter().copied()) {
            return Ok(());
        }
        let found = self.steps.iter().map(|s| s.step).collect();
        Err(PlanError::Steps { relocation: self.relocation, found, expected: expected.to_vec() })
    }

    /// The parameters of a step; `None` where the plan has no such step.
    pub fn params(&self, step: Step) -> Option<&serde_json::Value> {
        self.steps.iter().find(|s| s.step == step).map(|s| &s.params)
    }

    /// The step after this one.
    pub(crate) fn after(&self, step: Step) -> Option<Step> {
        let at = self.steps.iter().position(|s| s.step == step)?;
        self.steps.get(at + 1).map(|s| s.step)
    }

    /// The first step whose start sets the clock for `step`, and how long the clock runs. A drain has none.
    pub(crate) fn clock(&self, step: Step) -> Option<(Step, Duration)> {
        match step {
            Step::Prepare => Some((Step::Prepare, self.deadlines.ready)),
            Step::Start | Step::Ready => Some((Step::Start, self.deadlines.ready)),
            Step::Steer | Step::Verify => Some((Step::Steer, self.deadlines.verify)),
            Step::Drain => None,
            Step::Retire | Step::Forget => Some((Step::Retire, self.deadlines.retire)),
        }
    }
}
