//! The simulated core as its callers see it: over sockets, against recordings of a real Free5GC and against the
//! specifications.
#![allow(clippy::unwrap_used)]

mod client;
mod compliant_amf;
mod compliant_nrf;
mod compliant_smf;
mod free5gc_extras;
mod golden;
mod golden_amf;
mod golden_nrf;
mod golden_smf;
mod lifecycle;
mod robustness;
