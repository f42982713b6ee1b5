//! Client of EMCO's REST services: orchestrator, clm and dcm.
//!
//! Every call says in its error what may be done about it: [`Class::Transient`] (it did not happen), `Permanent`
//! (repeating does not help) or `Unknown` (it may have happened: read before repeating). That matters, because
//! nothing in EMCO is idempotent but `approve`, nothing is locked, and a repeated action answers 500 with free text.
//!
//! What EMCO *says* and what *is* are told apart by two pure functions: [`readiness::judge`] and [`gone::judge`].
//! `readyStatus` alone says Ready in six situations in which nothing serves.
//!
//! This crate deliberately retries nothing, keeps no state about relocations and does not speak to the workflow
//! manager or to the gRPC status stream (which never reports readiness after an update and costs EMCO one core per
//! listener). Main types: [`Client`], [`Config`], [`EmcoError`], [`GroupRef`], [`GroupCopy`].

mod budget;
mod client;
mod config;
mod copy;
mod error;
pub mod gone;
mod groups;
mod labels;
mod listing;
mod paths;
pub mod readiness;
mod reply;
mod token;
mod types;

pub use client::{Client, Service};
pub use config::{Config, ConfigError};
pub use copy::{AppPlacement, GroupCopy, Obstacle};
pub use error::{Class, EmcoError, Reason};
pub use labels::Labels;
pub use listing::{CloudStatus, ClusterReference, ClusterReferenceSpec};
pub use paths::{CompositeApp, GroupRef};
pub use types::group::{AppIntent, AppIntentSpec, Group, GroupSpec, Intents, IntentsSpec, Metadata, Named};
pub use types::placement::{ClusterTerm, PlacementIntent};
pub use types::status::{
    ActionRecord, AppStatus, ClusterStatus, GroupStatus, Gvk, Output, ResourceStatus, States, StatusKind,
};
