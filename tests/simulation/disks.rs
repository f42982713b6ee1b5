//! What survives a process: a decider's snapshot, and what an executor keeps in a file where it is alone.

use std::cell::RefCell;
use std::collections::BTreeMap;

use model::InstanceId;

use crate::decider::Snapshot;
use crate::executor::Value;

/// The disks of all replicas.
pub(crate) struct Disks {
    pub(crate) snapshots: Vec<RefCell<Option<Snapshot>>>,
    pub(crate) journal: RefCell<BTreeMap<InstanceId, Value>>,
}

impl Disks {
    pub(crate) fn new(replicas: usize) -> Self {
        Self { snapshots: (0..replicas).map(|_| RefCell::default()).collect(), journal: RefCell::default() }
    }
}
