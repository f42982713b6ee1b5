//! A small 5G core for demos and tests: an NRF, one or more AMFs and an SMF on real loopback sockets.
//!
//! It speaks what EdgeRoam needs of a core: Nnrf_NFManagement, Nnrf_NFDiscovery and the OAuth2 token endpoint
//! (TS 29.510), Namf_EventExposure and Namf_Location (TS 29.518), Nsmf_EventExposure with QOS_MON (TS 29.508), and
//! Free5GC's proprietary namf-oam. HTTP/1.1 and HTTP/2 with prior knowledge share one listener. Two [`Personality`]
//! values: `Free5gc` answers as a recorded Free5GC v4.2 did, its oddities included, and never pushes a location;
//! `ThreeGpp` keeps to the specifications: it pushes events to `eventNotifyUri` and `notifUri`, enforces token expiry
//! and the heart-beat timer, and sends NRF status notifications.
//!
//! It is deliberately not a core: there is no NAS, NGAP or user plane, no UDM or PCF, and no TLS. UEs are moved, and
//! what is measured of them is said, by calls of [`CoreSim`], which a mobility model or a test makes. It shares no
//! type, clock or channel with EdgeRoam; the two meet on sockets only, so that its reading of the specifications stays
//! an independent one.
//!
//! Main types: [`CoreSim`] (start, move UEs, break and restart NFs), [`Config`], [`Location`], [`PacketDelay`],
//! [`Seen`] (the bounded log of requests), [`How`] (SIGTERM or SIGKILL).

mod amf;
mod config;
mod go_json;
mod http;
mod nrf;
mod oauth;
mod push;
mod seen;
mod sim;
mod smf;
mod world;

pub use config::{Config, FREE5GC_H2_IDLE, How, Location, Personality};
pub use push::PushCounts;
pub use seen::{Nf, Seen};
pub use sim::CoreSim;
pub use smf::PacketDelay;
