//! Replays events through the engine in virtual time.

use model::{
    App, AppId, Decision, InstanceKey, Mode, Policy, Scope, Supi, Timestamp, UeChange, UeEvent, UeSource,
    Users, Verdict,
};
use placement::{AppError, Command, Engine, Input};

use crate::Settings;
use crate::distances::Distances;
use crate::events::{Events, Instant};
use crate::room::Room;
use crate::steps::{Step, Steps};
use crate::timeline::Timeline;

/// The engine's time at the first event: later than its zero, which stands for "never".
const BEGIN_MICROS: u64 = 3_600_000_000;
/// After so many events somebody is told how far it is.
const TOLD_EACH: usize = 4_096;

/// What is replayed.
pub(crate) struct Replay<'a> {
    pub(crate) events: &'a Events,
    pub(crate) timelines: &'a [Option<Timeline>],
    pub(crate) settings: &'a Settings,
}

impl Replay<'_> {
    /// Does as the policy says, and tells now and then how many events are done; whoever hears it says whether to go on.
    ///
    /// # Errors
    /// [`Halt`].
    pub(crate) fn run(
        &self,
        policy: Policy,
        distances: &Distances<'_>,
        told: &mut dyn FnMut(usize) -> bool,
    ) -> Result<Steps, Halt> {
        let topology = distances.network().topology.clone();
        let mut engine = Engine::new(topology, vec![app(policy, self.settings)], key())?;
        let mut log = Log {
            timelines: self.timelines,
            here: vec![None; self.events.ues.len()],
            clock: Clock { first: self.events.rows.first().map_or(Instant::from_micros(0), |row| row.at) },
            steps: Steps { of: vec![Vec::new(); self.events.ues.len()], ..Steps::default() },
            room: Room::new(&distances.network().limits, self.events.ues.len()),
            distances,
        };
        let mut out = Vec::new();
        for (done, row) in self.events.rows.iter().enumerate() {
            if done % TOLD_EACH == 0 && !told(done) {
                return Err(Halt::Stopped);
            }
            let now = log.clock.engine(row.at);
            // What an event says at that very moment is known when something else is due then.
            while let Some(due) = engine.next_timeout().filter(|due| *due < now) {
                engine.handle_timeout(due, &mut out);
                log.take(&mut out);
            }
            log.here[row.ue as usize] = row.location();
            let change = match row.location().and_then(|slot| self.events.locations.get(slot as usize)) {
                Some(location) => UeChange::Location(*location),
                None => UeChange::Gone,
            };
            let Some(supi) = supi(row.ue) else { continue };
            let source = UeSource::Push;
            let event = UeEvent { supi, observed_at: now, reported_at: None, source, amf: None, change };
            engine.handle(now, Input::Ue(&event), &mut out);
            log.take(&mut out);
        }
        told(self.events.rows.len());
        Ok(log.steps)
    }
}

/// Why a replay has no end.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Halt {
    /// The engine does not take the policy.
    App(AppError),
    /// Whoever was told how far it is wants no more.
    Stopped,
}

impl From<AppError> for Halt {
    fn from(error: AppError) -> Self {
        Self::App(error)
    }
}

/// The one app: used by every UE, orders are carried out at once, nothing waits for a slot.
fn app(policy: Policy, settings: &Settings) -> App {
    App {
        id: AppId::new("evaluated").unwrap_or_else(|_| unreachable!("a valid name")),
        users: Users::All,
        mode: Mode::Observe,
        scope: Scope::PerUe,
        policy,
        max_concurrent_relocations: u32::MAX,
        linger: settings.linger,
        requires: std::collections::BTreeSet::new(),
        qos: None,
        tenant: None,
        residency: std::collections::BTreeMap::new(),
        limits: model::AppLimits::default(),
        groups: std::collections::BTreeMap::new(),
    }
}

/// Instances have no names that anybody sees.
fn key() -> InstanceKey {
    InstanceKey::new(&[0; 16]).unwrap_or_else(|_| unreachable!("long enough"))
}

/// The UE's number as an IMSI: the engine wants a SUPI, the input has any text.
fn supi(ue: u32) -> Option<Supi> {
    Supi::from_imsi(u64::from(ue), 15)
}

/// The engine's clock and the input's.
#[derive(Clone, Copy)]
struct Clock {
    first: Instant,
}

impl Clock {
    fn engine(self, at: Instant) -> Timestamp {
        Timestamp::from_micros(BEGIN_MICROS.saturating_add(at.micros_since(self.first)))
    }

    fn input(self, at: Timestamp) -> Instant {
        self.first.plus_micros(at.as_micros().saturating_sub(BEGIN_MICROS))
    }
}

/// Notes what the engine decides.
struct Log<'a, 'n> {
    timelines: &'a [Option<Timeline>],
    /// Where each UE is.
    here: Vec<Option<u32>>,
    clock: Clock,
    steps: Steps,
    room: Room<'n>,
    distances: &'a Distances<'n>,
}

impl Log<'_, '_> {
    fn take(&mut self, out: &mut Vec<Command>) {
        for command in out.drain(..) {
            match command {
                Command::Decide(decision) => self.decided(&decision),
                // In mode `observe` there are none.
                Command::Order(_) | Command::Site(_) => {}
            }
        }
    }

    fn decided(&mut self, decision: &Decision) {
        let Some(ue) = decision.supi.as_ref().and_then(Supi::imsi).map(|(number, _)| number as usize) else {
            return;
        };
        let at = self.clock.input(decision.at);
        // Whose time is over costs nothing any more.
        let counts = self.timelines[ue].as_ref().is_some_and(|timeline| at < timeline.closes());
        if counts {
            let of = self.steps.counts.entry(decision.trigger).or_default();
            *of.entry(decision.verdict).or_default() += 1;
        }
        if decision.verdict != Verdict::Move {
            return;
        }
        let network = self.distances.network();
        let from = decision.source.as_ref().and_then(|site| network.site(site));
        let to = decision.target.as_ref().and_then(|site| network.site(site));
        let open = |site| self.room.is_open(ue, site);
        let nearest = self.here[ue].and_then(|location| self.distances.nearest_open(location, open));
        let wrong = decision.target.is_some() && (to.is_none() || to != nearest);
        self.room.change(ue, to);
        let step = Step { at, from, to, trigger: decision.trigger, wrong };
        if counts {
            self.steps.of[ue].push(step);
        } else if network.limited_sites() > 0 {
            self.steps.outside.push((ue as u32, step));
        }
    }
}
