//! Where measurements come from: reports of apps and their clients, our own probes of sites, and queries to Prometheus.
//!
//! It writes to the bus and decides nothing. How well a UE is served goes to stream `qos`, how loaded a site is and in what
//! condition it seems to be to stream `sites`; what follows is the decider's business. A report is answered once the bus
//! has it. Of replicas that share a bus all take reports, and one probes and queries ([`bus::Share`]). What cannot be seen
//! has not changed: a Prometheus that is down, and a network of ours that is, say nothing of a site.
//!
//! Main types: [`Monitor`], [`Config`].

mod clock;
mod config;
mod crowd;
mod metrics;
mod monitor;
mod probes;
mod prometheus;
mod reports;
mod said;
mod trouble;
mod turn;

pub use config::{
    Absent, Certificate, Config, ProbesConfig, PrometheusConfig, QueryConfig, ReportsConfig, What,
};
pub use monitor::{Inputs, Monitor, StartError};
