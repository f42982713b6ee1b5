//! Real brokers for tests, as child processes: nats-server and Kafka.
//!
//! A broker listens on 127.0.0.1 on a port that was free, keeps its data in a folder of its own, and ends with the
//! value that stands for it. Where a broker's program is not installed, `available` says so in one line and the test
//! that asked does nothing.

pub mod kafka;
pub mod nats;
