//! The bus on Apache Kafka.

mod bus;
mod config;

pub use bus::KafkaBus;
pub use config::Config;
