//! What crosses the bus: identifiers, events, decisions, orders and outcomes.
//!
//! Every service speaks these types and no service defines its own copy. The crate holds data and the rules
//! that make the data valid (an identifier that exists is well formed); it does no I/O, reads no clock and
//! decides nothing. What a service keeps for itself (a saga log, a UE table) does not belong here.
//!
//! Main types, in the order in which one location event meets them: [`UeEvent`], [`Decision`], [`Order`],
//! [`Outcome`], [`InstanceState`]. All of them are JSON on the bus; [`Stream`] names where each one goes and
//! what its key is.

mod app;
mod area;
mod cell;
mod decision;
mod freeze_window;
mod group;
mod ident;
mod instance;
mod label;
mod limits;
mod mobility;
mod operator;
mod order;
mod outcome;
mod plmn;
mod position;
mod qos;
mod qos_target;
mod site;
mod site_load;
mod site_record;
mod stream;
mod supi;
mod time;
mod ue_event;
mod ue_position;
mod water_marks;
mod weighted;

pub use app::{App, AppId, Mode, OrchestratorChooses, Policy, Regret, Scope, SupiRange, Threshold, Users};
pub use area::{Area, AreaError, Polygon};
pub use cell::{Cell, CellId, Nid, Pin, Tac, Tai, TaiPin};
pub use decision::{
    Account, Basis, Candidate, Decision, Explanation, Guard, Loaded, Rule, Serving, SiteQuality, Trigger,
    Verdict,
};
pub use freeze_window::{FreezeWindow, TimeOfDay, UtcOffset, Weekday, WindowError, frozen_until};
pub use group::{Aim, Gathering, GroupSeen, MOST_GROUPS, MOST_MEMBERS, MemberSeen, group_problem};
pub use ident::{IdentError, name_is_valid};
pub use instance::{Generation, InstanceId, InstanceKey, InstanceState, Placement, Release, RelocationId};
pub use label::is_label_value;
pub use limits::{AppLimits, Budget, BudgetSeen, HostSeen, HostState, Limits, LimitsSeen, Rate};
pub use mobility::{Consent, ConsentSeen, Mobility, MobilityLevel};
pub use operator::{Ask, OperatorCommand};
pub use order::Order;
pub use outcome::{Outcome, OutcomeKind, Step};
pub use plmn::PlmnId;
pub use position::{Position, PositionError};
pub use qos::{Measured, QosReport, QosSource};
pub use qos_target::QosTarget;
pub use site::{ClusterRef, Site, SiteId, cost_problem};
pub use site_load::SiteLoad;
pub use site_record::{
    Evacuation, EvacuationState, Relief, SiteCondition, SiteRecord, SiteReport, SiteSource, SiteStatus,
};
pub use stream::Stream;
pub use supi::Supi;
pub use time::{ReportedAt, Timestamp};
pub use ue_event::{CmState, UeChange, UeEvent, UeLocation, UeSource};
pub use ue_position::{UePosition, UePositionError};
pub use water_marks::{Tier, WaterMarks};
pub use weighted::{Criteria, Normalisation, Weighed, Weighted};
