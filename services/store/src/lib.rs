//! Durable state of the services that is theirs alone: the saga log, snapshots and small facts.
//!
//! One redb file. Writes of many callers are committed together by one writer thread; a call returns once its
//! write is on disk. The store does not know what it keeps: bytes in, bytes out.
