//! A simulator of EMCO (22.09 and later): orchestrator, cluster manager, distributed cloud manager, rsync, monitor,
//! and the Kubernetes clusters behind them.
//!
//! It answers as the recorded services do: status codes, plain-text errors, content types, bodies member by member,
//! the state machine of deployment intent groups, and the ways in which EMCO's status is wrong (a `readyStatus` of
//! "Ready" for nothing at all, for a terminated group, for old monitor data; lost deletes; no concurrency control).
//! It does so by the same mechanism: application contexts, status contexts, a queue of events each, monitor data
//! that lags and is never cleared, so that combinations nobody recorded come out alike.
//!
//! A Pod that turns Ready is a real HTTP server on a loopback address of its own (`edge_app::server::Server`), which
//! says its release and stops when the Pod is gone.
//!
//! Deliberately not here: the gRPC status stream, workflow manager and Temporal, network, traffic and policy
//! controllers, app dependencies, quotas, GitOps; Helm templates are read for kinds and names, never rendered.
//!
//! [`EmcoSim`] is the handle, [`Config`] what it takes, [`Provision`] what an operator would have posted,
//! [`GroupView`] and [`HistoryEvent`] what tests look at; the same can be read over HTTP under `/_testbed/groups`
//! and `/_testbed/history`.

mod chart;
mod cloud;
mod cluster;
mod config;
mod database;
mod fault;
mod history;
mod http;
mod json;
mod names;
mod orchestrator;
mod pace;
mod provision;
mod refusal;
mod rsync;
mod sim;
mod view;

pub use config::{ClusterConfig, Config, Delays};
pub use history::HistoryEvent;
pub use provision::Provision;
pub use sim::EmcoSim;
pub use view::GroupView;
