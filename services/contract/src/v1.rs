//! The data of public events, version 1.
//!
//! Members are written in camel case as in 3GPP's JSON; words of ours in snake case; 3GPP's words as 3GPP spells
//! them. A member that has nothing to say is absent, never null. Later versions of EdgeRoam may add members and,
//! where a set of words is open, words: whoever reads must pass over what it does not know. Whatever else changes
//! gets a new version beside this one.

mod cell;
mod consent;
mod decided;
mod explanation;
mod instance;
mod ordered;
mod outcome;
mod quality;
mod site;
mod ue;
mod weighed;

pub use cell::{Ecgi, Ncgi, PlmnId, Tai};
pub use consent::{Consent, ConsentState, MobilityLevel};
pub use decided::{Mode, RelocationDecided, Trigger, Verdict};
pub use explanation::{
    Basis, BasisKind, Budget, Candidate, Explanation, Guard, Host, HostState, Loaded, Policy, PolicyName,
    Rule, Serving,
};
pub use instance::{Instance, Placement};
pub use ordered::RelocationOrdered;
pub use outcome::{
    ProgressState, Relocation, RelocationCompleted, RelocationFailed, RelocationFenced, RelocationProgress,
    RelocationUndone, Step,
};
pub use quality::{QosTarget, SiteQuality};
pub use site::{Capacity, Evacuation, EvacuationState, Position, Relief, SiteState, SiteStatus};
pub use ue::{CmState, MeasuredBy, ObtainedBy, QosNotifType, Quality, UeChange, UeLocation, UeQos};
pub use weighed::{Criteria, Normalisation, Weighed};
