//! Durable state of the services that is theirs alone: the saga log, snapshots and small facts.
//!
//! One redb file. Writes of many callers are committed together by one writer thread; a call returns once its
//! write is on disk, and what was committed is all there or not at all. Reads see what was committed before they
//! began and never wait for a writer.
//!
//! The store does not know what it keeps: bytes in, bytes out. It is no bus (nobody waits for a change here) and
//! shares no transaction with one; a hand-over between the two is *write onward, then acknowledge*.
//!
//! - [`Store`] is the handle that services share;
//! - [`StoreError`] says what failed, and [`StoreError::class`] what may be done about it.
//!
//! After a failed commit nothing more is accepted until the file is opened again: a disk that has lost a write
//! once is not asked to pretend that it had not.

mod error;
mod open;
mod read;
mod store;
mod tables;
mod write;
mod writer;

pub use error::{Class, StoreError};
pub use store::Store;
pub use tables::HISTORY;
