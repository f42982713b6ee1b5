//! The bus in this process: one segmented log in one directory, for all streams.
//!
//! [`EmbeddedBus`] implements [`Bus`](crate::Bus); [`Tail`] follows the log of a running bus from another process.
//!
//! ```text
//! publish ─► Pending (frames, sequences, duplicates) ─► writer thread ─► segment file ─► View ─► consumers
//!                                                            │ fdatasync, once a group       ▲
//!                                                            └► sealed segments ─► keeper ───┘ retention, merging
//! ```
//!
//! Publishers frame their records into one buffer under one lock; the writer takes the buffer whole, writes and
//! syncs it, and wakes all of its publishers at once. Consumers read the newest records from memory and older
//! ones from the files. Positions of consumers are records of an internal stream, so they share the log's writes.
//!
//! Retention works on sealed segments: what a stream's limits have passed is cut from them, what must stay (the
//! last value of every key, the last position of every consumer, the ids that duplicates are known by) is copied
//! into a merged segment that takes their place. Order on disk stays the order of sequences in every stream.
//!
//! After a failed write or sync nothing more is acknowledged: the kernel reports such an error once and may have
//! dropped the data by then, so a repetition that succeeds proves nothing.

mod bus;
mod config;
mod consumer;
mod disk;
mod failure;
mod frame;
mod group;
mod header;
mod index;
mod keeper;
mod latest;
mod merge;
mod part;
mod pending;
mod positions;
mod rebuild;
mod recent;
mod recover;
mod scan;
mod segment;
mod slots;
mod state;
mod tail;
mod torn;
mod view;
mod writer;

pub use bus::EmbeddedBus;
pub use config::{Config, Durability};
pub use tail::{Recorded, Tail};
