//! What the file holds.

use redb::TableDefinition;

/// The newest layout of the tables that this program knows.
pub(crate) const SCHEMA: u64 = 1;

/// How many closed sagas stay readable.
pub const HISTORY: u64 = 10_000;

/// Names, of sagas, snapshots and facts, are no longer than this many bytes.
pub(crate) const MAX_NAME: usize = 1_024;
/// Values are no longer than this many bytes (a snapshot of millions of UEs has hundreds of MiB).
pub(crate) const MAX_VALUE: usize = 2 << 30;

/// Counters of the store itself: `schema`, `next-saga`, `next-closed`.
pub(crate) const META: TableDefinition<&str, u64> = TableDefinition::new("meta");
/// Saga name → (number in the order of first appends, entries, whether it is closed).
pub(crate) const SAGAS: TableDefinition<&str, (u64, u64, bool)> = TableDefinition::new("sagas");
/// (Saga number, index) → entry.
pub(crate) const ENTRIES: TableDefinition<(u64, u64), &[u8]> = TableDefinition::new("saga-entries");
/// Number of an open saga → its name.
pub(crate) const OPEN: TableDefinition<u64, &str> = TableDefinition::new("sagas-open");
/// Position in the order of closing → name of the saga.
pub(crate) const CLOSED: TableDefinition<u64, &str> = TableDefinition::new("sagas-closed");
/// Snapshot name → bytes.
pub(crate) const SNAPSHOTS: TableDefinition<&str, &[u8]> = TableDefinition::new("snapshots");
/// Fact key → value.
pub(crate) const FACTS: TableDefinition<&str, &[u8]> = TableDefinition::new("facts");
