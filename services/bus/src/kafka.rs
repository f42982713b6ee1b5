//! The bus on Apache Kafka.
//!
//! [`KafkaBus`] implements [`Bus`](crate::Bus); [`KafkaOutlet`] and [`KafkaInlet`] are the public side.
//!
//! - Each internal stream is a topic with one partition: a position is an offset + 1 and order is total. One decider
//!   is active at a time, and work is shared by [`share`](crate::Bus::share), so partitions would buy nothing.
//! - Kafka knows no ids. A publisher suppresses repetitions of what this process has published (`ids`), a reader
//!   those of everybody else (`reader`). So a repetition may be a record on the topic, and never a delivery.
//! - Positions of consumers are committed offsets of groups that nobody joins (`positions`).
//! - Shares are partitions of a topic that carries nothing, handed out by a group (`member`, `rebalance`).
//! - After a failure nothing overtakes what failed (`producer`).
//!
//! Acknowledged records survive what the cluster's replication survives. A single broker acknowledges before it has
//! synced: it keeps them when it is killed, not when the power fails.

mod asker;
mod bus;
mod client;
mod config;
mod delivery;
mod event;
mod failure;
mod fate;
mod group;
mod headers;
mod ids;
mod inlet;
mod latest;
mod member;
mod opening;
mod outlet;
mod positions;
mod producer;
mod reader;
mod rebalance;
mod security;
mod setup;
mod topics;

pub use bus::KafkaBus;
pub use config::Config;
pub use inlet::KafkaInlet;
pub use outlet::KafkaOutlet;
pub use security::{Mechanism, Sasl, SecurityProtocol, Tls};
