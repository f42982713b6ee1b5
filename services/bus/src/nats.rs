//! The bus on NATS JetStream.

mod bus;
mod config;

pub use bus::NatsBus;
pub use config::Config;
