//! The data of each type of event, as it stands in JSON.
//!
//! Names are those of the specifications: `ncgi`, `tai` and `plmnId` as in TS 29.571, with the same spelling of their
//! values. Times are RFC 3339 in UTC with microseconds; distances are metres, durations milliseconds.

mod instance;
pub(crate) mod place;
mod relocation;
mod site;
mod ue;

pub use instance::{Instance, Placement};
pub use place::{Ecgi, Ncgi, PlmnId, Tai};
pub use relocation::{
    Candidate, Completed, Decided, Explanation, Failed, Fenced, Mode, Ordered, Policy, Progress, Rule,
    Serving, State, Trigger, Undone, Verdict,
};
pub use site::{Condition, Position, SiteStatus};
pub use ue::{QosMonitoring, UeChange, UeLocation, UeQos};
