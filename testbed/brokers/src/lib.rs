//! Real brokers for tests, as child processes: nats-server and Kafka.

pub mod kafka;
