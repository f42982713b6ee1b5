//! What differs from run to run besides chance.

use std::time::Duration;

use model::{App, AppId, Mode, Policy, Scope, Threshold, Users};
use relocation::Deadlines;

use crate::chance::Chance;

/// How the bus deals with what replaced records are kept for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Compaction {
    /// A replaced record is gone at once, as on JetStream.
    AtOnce,
    /// Some time, as on Kafka.
    Sometimes,
    Never,
}

/// A fault built in on purpose, to show that the checks find it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Breach {
    /// An executor acts on what it appended without looking whether the part is still its own.
    NoFence,
    /// A decider keeps its position before what follows from it is on the bus.
    AckBeforePublish,
    /// An executor carries out every order that is delivered, whatever it has done before.
    ForgetIds,
    /// A step runs before the record that says so is in the journal.
    ActBeforeAppend,
    /// What may have happened is repeated without being read first.
    NoReadBack,
    /// An order is acknowledged before it is in the journal.
    AckBeforeJournal,
}

/// One run's circumstances.
#[derive(Debug, Clone)]
pub(crate) struct Setting {
    /// The bus suppresses a second record with the id of an earlier one; else only its readers do, and they forget.
    pub(crate) suppresses: bool,
    pub(crate) compaction: Compaction,
    /// Several replicas, that share what they keep through the bus; else one, that keeps it in a file.
    pub(crate) replicas: usize,
    pub(crate) parts: u16,
    pub(crate) ues: usize,
    pub(crate) policy: Policy,
    pub(crate) slots: u32,
    /// How long there are faults.
    pub(crate) storm: Duration,
    /// Faults come once in so many times as they could.
    pub(crate) odds: usize,
    /// The broker loses its power once, and of each stream what it has acknowledged for up to so long.
    pub(crate) unsynced_millis: usize,
    /// That power failure spares the executors' journal.
    pub(crate) journal_is_synced: bool,
    pub(crate) breach: Option<Breach>,
}

impl Setting {
    /// The circumstances of a seed.
    pub(crate) fn of(chance: &Chance) -> Self {
        let alone = chance.one_in(5);
        let threshold = Threshold {
            margin_meters: 50.0,
            time_to_trigger: chance.millis(500, 4_000),
            minimum_stay: chance.millis(0, 8_000),
        };
        let suppresses = alone || chance.one_in(2);
        Self {
            suppresses,
            compaction: match (suppresses, chance.below(3)) {
                (true, 0 | 1) => Compaction::AtOnce,
                (false, 0 | 1) => Compaction::Sometimes,
                _ => Compaction::Never,
            },
            replicas: if alone { 1 } else { 3 },
            parts: if alone { 1 } else { 2 },
            ues: 2 + chance.below(3),
            policy: if chance.one_in(2) { Policy::Nearest } else { Policy::Threshold(threshold) },
            slots: [1, 2, 16][chance.below(3)],
            storm: chance.millis(20_000, 70_000),
            odds: [4, 12, 40][chance.below(3)],
            unsynced_millis: 0,
            journal_is_synced: false,
            breach: None,
        }
    }

    /// The app that is placed.
    pub(crate) fn app(&self) -> App {
        App {
            id: AppId::new("ar").expect("valid"),
            users: Users::All,
            mode: Mode::Act,
            scope: Scope::PerUe,
            policy: self.policy,
            max_concurrent_relocations: self.slots,
            linger: Duration::from_secs(4),
            requires: std::collections::BTreeSet::new(),
            qos: None,
            tenant: None,
            residency: std::collections::BTreeMap::new(),
            limits: model::AppLimits::default(),
            groups: std::collections::BTreeMap::new(),
        }
    }

    pub(crate) fn is(&self, breach: Breach) -> bool {
        self.breach == Some(breach)
    }
}

/// How long steps may take.
pub(crate) const DEADLINES: Deadlines = Deadlines {
    ready: Duration::from_secs(12),
    verify: Duration::from_secs(6),
    retire: Duration::from_secs(15),
    undo: Duration::from_secs(25),
};
/// How long clients get to follow a name.
pub(crate) const DRAIN: Duration = Duration::from_secs(3);
/// How long a request whose reply was lost may still be under way.
pub(crate) const SETTLE: Duration = Duration::from_secs(2);
