//! Everything that a run consists of.

use std::cell::{Cell, RefCell};
use std::fmt::Display;
use std::rc::Rc;
use std::time::Duration;

use model::{AppId, InstanceId, InstanceKey, Supi, Timestamp};

use crate::broker::Broker;
use crate::chance::Chance;
use crate::clockwork::{Clockwork, Owner, Sleep};
use crate::disks::Disks;
use crate::edge::Edge;
use crate::judge::Judge;
use crate::leases::Leases;
use crate::setting::Setting;

/// Everything that a run consists of; whoever acts holds it.
pub(crate) struct Scene {
    pub(crate) clock: Clockwork,
    pub(crate) chance: Chance,
    pub(crate) setting: Setting,
    pub(crate) bus: Broker,
    pub(crate) edge: Edge,
    pub(crate) judge: Judge,
    pub(crate) leases: Leases,
    pub(crate) disks: Disks,
    pub(crate) key: InstanceKey,
    /// No more faults.
    pub(crate) calm: Cell<bool>,
    trace: Option<RefCell<Vec<String>>>,
}

impl Scene {
    pub(crate) fn new(setting: Setting, chance: Chance, traced: bool) -> Rc<Self> {
        Rc::new(Self {
            clock: Clockwork::new(),
            bus: Broker::default(),
            edge: Edge::default(),
            judge: Judge::default(),
            leases: Leases::new(setting.replicas, setting.parts),
            disks: Disks::new(setting.replicas),
            key: InstanceKey::new(&[7; 16]).expect("long enough"),
            calm: Cell::new(false),
            trace: traced.then(RefCell::default),
            chance,
            setting,
        })
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub(crate) fn spawn(&self, owner: Owner, work: impl Future<Output = ()> + 'static) {
        self.clock.spawn(owner, work);
    }

    pub(crate) fn sleep(&self, span: Duration) -> Sleep {
        self.clock.sleep(span)
    }

    /// Takes as long as something over the network does.
    pub(crate) fn travel(&self, most_millis: usize) -> Sleep {
        let most = if self.calm.get() { most_millis.min(200) } else { most_millis };
        self.sleep(self.chance.latency(most))
    }

    /// Whether something goes wrong that does so once in `times` the odds of this run.
    pub(crate) fn fails(&self, times: usize) -> bool {
        !self.calm.get() && self.chance.one_in(times * self.setting.odds)
    }

    /// Says what happens, where somebody listens.
    pub(crate) fn note<T: Display>(&self, text: impl FnOnce() -> T) {
        if let Some(trace) = &self.trace {
            let at = self.clock.elapsed().as_micros() as f64 / 1e6;
            trace.borrow_mut().push(format!("{at:>10.3} {}", text()));
        }
    }

    pub(crate) fn trace(&self) -> Vec<String> {
        self.trace.as_ref().map(RefCell::take).unwrap_or_default()
    }

    pub(crate) fn app(&self) -> AppId {
        AppId::new("ar").expect("valid")
    }

    pub(crate) fn supi(&self, ue: usize) -> Supi {
        Supi::from_imsi(208_930_000_000_001 + ue as u64, 15).expect("an IMSI")
    }

    pub(crate) fn instance(&self, ue: usize) -> InstanceId {
        self.key.per_ue(&self.app(), &self.supi(ue))
    }
}
