//! The engine as bytes, and back.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use model::{CellId, InstanceKey, SiteId, Tai, Timestamp};
use serde::{Deserialize, Serialize, Serializer};
use thiserror::Error;

use crate::approvals::Approvals;
use crate::apps::{AppEntry, AppError};
use crate::asks::Asks;
use crate::atlas::Told;
use crate::engine::Engine;
use crate::engine::waiting::Round;
use crate::estate::{Known, Strain};
use crate::fleet::Fleet;
use crate::foreign::Foreign;
use crate::guard::{Freezes, Lane, Line, Origins, Queue};
use crate::index::{InstanceIx, SiteIx};
use crate::quality::Qualities;
use crate::relief::Relief;
use crate::slab::Slab;
use crate::timers::Timers;
use crate::topology::{StableHash, Topology};
use crate::ue::{Instance, Instances, Instant, Slot, Ue, Ues, Whereabouts};

/// Version of the bytes; another one means a cold start.
const SCHEMA: u16 = 6;

/// Why a snapshot cannot be used. Each one means a cold start from the bus.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum RestoreError {
    /// Written by another version.
    #[error("the snapshot has schema {found}, this version reads {SCHEMA}")]
    UnknownSchema {
        /// What it says.
        found: u16,
    },
    /// Sites, cells, apps, limits or the instance key have changed since.
    #[error(
        "the snapshot belongs to another catalogue (sites, cells, apps, limits or the instance key have changed)"
    )]
    OtherCatalogue,
    /// Not what was written.
    #[error("the snapshot is damaged: {0}")]
    Damaged(String),
    /// The apps cannot be placed, whatever the snapshot says.
    #[error(transparent)]
    App(#[from] AppError),
}

/// What is written, borrowed. The two structs have the same fields in the same order.
#[derive(Serialize)]
struct Written<'a> {
    catalogue: u64,
    ues: &'a Slab<Ue>,
    instances: &'a Slab<Instance>,
    held: Vec<&'a Queue>,
    timers: Vec<(Instant, InstanceIx)>,
    foreign: Vec<(Option<CellId>, Option<Tai>)>,
    groups: Vec<(Timestamp, &'a [Whereabouts])>,
    heard_of: &'a [SiteId],
    sites: Vec<(SiteIx, &'a Known)>,
    alarms: &'a BTreeSet<(Timestamp, SiteIx)>,
    asks: &'a Asks,
    freezes: &'a Freezes,
    qualities: &'a Qualities,
    strains: Vec<(SiteIx, &'a Strain)>,
    relief: &'a Relief,
    idle: Vec<((u16, SiteIx), Timestamp)>,
    round: Option<Round>,
    levels: Vec<(Lane, Timestamp)>,
    line: &'a Line,
    origins: &'a Origins,
    approvals: &'a Approvals,
    positions: (Vec<Option<Told>>, &'a [u32]),
}

#[derive(Deserialize)]
struct Read {
    catalogue: u64,
    ues: (Vec<Option<Ue>>, Vec<u32>),
    instances: (Vec<Option<Instance>>, Vec<u32>),
    held: Vec<Queue>,
    timers: Vec<(Instant, InstanceIx)>,
    foreign: Vec<(Option<CellId>, Option<Tai>)>,
    groups: Vec<(Timestamp, Vec<Whereabouts>)>,
    heard_of: Vec<SiteId>,
    sites: Vec<(SiteIx, Known)>,
    alarms: BTreeSet<(Timestamp, SiteIx)>,
    asks: Asks,
    freezes: Freezes,
    qualities: Qualities,
    strains: Vec<(SiteIx, Strain)>,
    relief: Relief,
    idle: Vec<((u16, SiteIx), Timestamp)>,
    round: Option<Round>,
    levels: Vec<(Lane, Timestamp)>,
    line: Line,
    origins: Origins,
    approvals: Approvals,
    positions: (Vec<Option<Told>>, Vec<u32>),
}

impl<T: Slot + Serialize> Serialize for Slab<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        struct Slots<'a, T>(&'a Slab<T>);
        impl<T: Slot + Serialize> Serialize for Slots<'_, T> {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                use serde::ser::SerializeSeq as _;
                let mut list = serializer.serialize_seq(Some(self.0.slots()))?;
                (0..self.0.slots()).try_for_each(|slot| list.serialize_element(&self.0.get(slot)))?;
                list.end()
            }
        }
        (Slots(self), self.free()).serialize(serializer)
    }
}

impl Engine {
    /// Everything that the engine knows, as bytes: the schema version in two bytes, little endian, then
    /// postcard. Equal engines give equal bytes. The catalogue itself is not in it, only its hash.
    pub fn snapshot(&self) -> Vec<u8> {
        let written = Written {
            catalogue: self.catalogue(),
            ues: self.ues.slab(),
            instances: self.instances.slab(),
            held: self.apps.iter().map(|entry| &entry.held).collect(),
            timers: self.timers.sorted(),
            foreign: self.foreign.keys().collect(),
            groups: self.groups.saved(),
            heard_of: &self.heard_of,
            sites: self.estate.all_known().collect(),
            alarms: self.estate.alarms(),
            asks: &self.asks,
            freezes: &self.freezes,
            qualities: &self.qualities,
            strains: self.estate.strains().collect(),
            relief: &self.relief,
            idle: self.hosts.all_idle().collect(),
            round: self.round,
            levels: self.budgets.levels(),
            line: &self.line,
            origins: &self.origins,
            approvals: &self.approvals,
            positions: self.topology.positions().save(),
        };
        // Neither a Vec nor these types can fail to serialise; an empty body would be refused as damaged.
        postcard::to_extend(&written, SCHEMA.to_le_bytes().to_vec()).unwrap_or_default()
    }

    /// The engine that gave these bytes, on the catalogue that it had then.
    ///
    /// # Errors
    /// [`RestoreError`]: another schema, another catalogue, or damage. Nothing is restored by halves.
    pub fn restore(
        bytes: &[u8],
        topology: impl Into<Arc<Topology>>,
        fleet: impl Into<Fleet>,
        key: InstanceKey,
    ) -> Result<Self, RestoreError> {
        let damaged = |reason: &str| RestoreError::Damaged(reason.to_owned());
        let Some((schema, body)) = bytes.split_first_chunk::<2>() else {
            return Err(damaged("it is shorter than its header"));
        };
        let found = u16::from_le_bytes(*schema);
        if found != SCHEMA {
            return Err(RestoreError::UnknownSchema { found });
        }
        let mut engine = Self::new(topology, fleet, key)?;
        // The hash stands first, so that a snapshot of another catalogue is told from a damaged one.
        let (catalogue, _) = postcard::take_from_bytes::<u64>(body).map_err(|e| damaged(&e.to_string()))?;
        if catalogue != engine.catalogue() {
            return Err(RestoreError::OtherCatalogue);
        }
        let read: Read = postcard::from_bytes(body).map_err(|e| damaged(&e.to_string()))?;
        if read.catalogue != catalogue || read.held.len() != engine.apps.len() {
            return Err(damaged("its lists do not fit the apps"));
        }
        let (ues, free) = read.ues;
        engine.ues = Ues::restore(ues, free).ok_or_else(|| damaged("two records are one UE"))?;
        let (instances, free) = read.instances;
        engine.instances =
            Instances::restore(instances, free, engine.apps.iter().map(AppEntry::kind).collect())
                .ok_or_else(|| damaged("two records are one instance"))?;
        for (entry, held) in engine.apps.iter_mut().zip(read.held) {
            entry.held = held;
        }
        engine.timers = Timers::from_iter(read.timers);
        let (positions, free) = read.positions;
        if !engine.topology.restore(positions, free) {
            return Err(damaged("its positions do not fit the slots that are free"));
        }
        engine.foreign = Foreign::restore(&engine.topology, read.foreign);
        engine
            .groups
            .put_back(read.groups, &engine.topology, &engine.foreign)
            .ok_or_else(|| damaged("its groups are others"))?;
        engine.heard_of = read.heard_of;
        let sites = engine.topology.sites().len();
        (sites..sites + engine.heard_of.len()).for_each(|site| engine.learn_hosts(SiteIx::from(site)));
        engine.hosts.put_back(read.idle);
        engine
            .restore_loads(read.strains, read.relief)
            .ok_or_else(|| damaged("it has a load of a site without water marks"))?;
        engine
            .restore_sites(read.sites, read.alarms)
            .ok_or_else(|| damaged("it names sites twice, or none"))?;
        (engine.asks, engine.freezes, engine.qualities) = (read.asks, read.freezes, read.qualities);
        engine.round = read.round;
        (engine.line, engine.origins) = (read.line, read.origins);
        engine.approvals = read.approvals;
        engine.budgets.set_levels(read.levels);
        engine.count_ways();
        engine.check().map_err(|violation| RestoreError::Damaged(violation.to_string()))?;
        engine.prune_timers();
        Ok(engine)
    }

    /// A hash of everything that a snapshot's numbers refer to: topology, apps, limits, and the key behind instance ids.
    fn catalogue(&self) -> u64 {
        let mut hash = StableHash::new();
        hash.feed(&self.topology.version());
        hash.feed(&self.limits);
        let mut fingerprints = BTreeMap::new();
        for entry in &self.apps {
            hash.feed(&entry.app);
            // What is absent leaves no trace in the encoding: a label alone and a tenant alone would look the same.
            if entry.app.tenant.is_some() || !entry.app.residency.is_empty() {
                hash.feed(&(entry.app.requires.len(), entry.app.tenant.is_some()));
            }
            if !entry.app.groups.is_empty() {
                hash.feed(&(entry.app.groups.len(), "groups"));
            }
            // The key itself is secret and has no encoding; what it makes of a UE that cannot exist shows it.
            if let Some(nobody) = model::Supi::from_imsi(0, 5) {
                fingerprints.insert(entry.app.id.clone(), self.key.per_ue(&entry.app.id, &nobody));
            }
        }
        hash.feed(&fingerprints);
        hash.finish()
    }
}
