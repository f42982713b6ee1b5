//! The 5G core's side of EdgeRoam: learns where UEs are and puts every change on the bus.
//!
//! [`Subscriber::start`] registers at the NRF, finds the AMFs, polls each of them with one any-UE request a tick,
//! listens for notifications beside that, compares what comes with what was known, and publishes
//! [`model::UeEvent`]s. Where SMFs measure packet delays it has them notified and publishes [`model::QosReport`]s. A
//! poll's baseline advances, and a notification gets its 204, only after the bus has the event. It comes up without a core and lives through the loss of any part of it.
//!
//! It decides nothing about sites or applications and keeps no history: one small row a UE, in memory, that the
//! next complete poll would rebuild. Poll is the truth and push the speed-up, because cores exist that accept
//! subscriptions and never notify.
//!
//! Main types: [`Config`], [`Subscriber`], [`ProbeReport`] (what a core accepts and what it really does).

mod amf;
mod amfs;
mod baseline;
mod byte_size;
mod callback;
mod clock;
mod config;
mod context;
mod discovery;
mod ending;
mod identity;
mod metrics;
mod pace;
mod parts;
mod probe;
mod publish;
mod qos;
mod quiet;
mod registration;
mod sources;
mod start;
mod track;
mod translate;

pub use byte_size::ByteSize;
pub use callback::IssuedCallback;
pub use config::{CallbackConfig, Config, DiscoveryConfig, Enabled, NfConfig, PollConfig, QosConfig, Slice};
pub use metrics::Metrics;
pub use probe::{AmfProbe, NrfProbe, ProbeReport, SmfProbe, probe, probe_for};
pub use start::{StartError, Subscriber};
pub use track::Footprint;
