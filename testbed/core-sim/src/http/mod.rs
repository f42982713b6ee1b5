//! The HTTP side that every simulated NF shares: sockets, connections, requests, answers.

mod call;
mod connection;
mod listener;
mod reply;

pub(crate) use call::Call;
pub(crate) use listener::Server;
pub(crate) use reply::{Problem, Reply};
