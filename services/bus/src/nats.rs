//! The bus on NATS JetStream.
//!
//! [`NatsBus`] implements [`Bus`](crate::Bus), [`NatsOutlet`] and [`NatsInlet`] the public side.
//!
//! ```text
//! publish ─► Publisher (one a stream: groups, waves or atomic batches) ─► JetStream stream
//!                                                                             │
//! Reader ◄─ Feed (throw-away consumer from a position on) ◄───────────────────┘
//!   └─ ack ─► Positions (written behind) ─► bucket
//! share ─► Member (leases, renewed by thirds) ─► bucket whose entries expire
//! ```
//!
//! One JetStream stream for each of ours, so a position is the stream's sequence. A log has one subject; where the
//! last value of every key is kept, each key has a subject of its own with one message. Keys stand in a header.
//!
//! The server suppresses repetitions by id, for as long as `duplicate_window` says. After a restart it knows the ids of
//! what it has kept: where only the last value of a key is kept, ids of replaced values are forgotten.
//!
//! What the server acknowledges is as durable as the server is set up to make it: with its default it syncs every
//! two minutes, with `sync_interval: always` before it acknowledges.

mod bus;
mod config;
mod differs;
mod events;
mod fault;
mod feed;
mod latest;
mod link;
mod login;
mod names;
mod positions;
mod publish;
mod reader;
mod record;
mod setup;
mod share;
mod text;

pub use bus::NatsBus;
pub use config::Config;
pub use events::{NatsInlet, NatsOutlet};
pub use login::{Login, Tls};
