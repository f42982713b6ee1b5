//! The engine alone on one core: events a second, with what follows from them, and bytes a UE.

use std::collections::HashMap;
use std::hint::black_box;
use std::time::{Duration, Instant};

use model::{CellId, InstanceKey, Policy, Supi, Threshold, Timestamp, UeChange, UeEvent};
use placement::{Command, Engine, Input};

use crate::{figure, town, whole_loop};

/// Events that are made before the clock goes on.
const CHUNK: u64 = 2_000;

/// Bytes a UE of the default policy (the goal is 150) and events a second of it and of `threshold` (the goal is a
/// million): `ues` UEs, `turns` events of each, of which one in fifty leads to an order.
pub(crate) fn figures(ues: u64, turns: u64) -> anyhow::Result<()> {
    // Before anything else has touched the heap.
    let before = resident_bytes()?;
    let mut town = Town::new(Policy::default(), ues)?;
    town.turns(1)?;
    let bytes = |now: u64| now.saturating_sub(before) as f64 / ues as f64;
    figure::print("engine_bytes_per_ue", bytes(resident_bytes()?), "bytes", None);
    let regret = town.measure(turns)?;
    figure::print("engine_bytes_per_ue_moving", bytes(resident_bytes()?), "bytes", None);
    drop(town);
    let mut town = Town::new(Policy::Threshold(Threshold::default()), ues)?;
    town.turns(1)?;
    let threshold = town.measure(turns)?;
    let bare = bare(ues, turns)?;
    for (name, measured) in [("regret", regret), ("threshold", threshold)] {
        figure::print(&format!("engine_events/{name}"), measured.rate, "events/s", Some(bare));
        figure::print(&format!("engine_events_per_order/{name}"), measured.events_per_order, "events", None);
    }
    Ok(())
}

/// What a town showed.
struct Measured {
    rate: f64,
    events_per_order: f64,
}

/// An engine with the town's UEs.
struct Town {
    engine: Engine,
    ues: u64,
    next: u64,
    orders: u64,
    spent: Duration,
}

impl Town {
    fn new(policy: Policy, ues: u64) -> anyhow::Result<Self> {
        let engine = Engine::new(town::topology()?, vec![town::app(policy)?], InstanceKey::new(&[7; 32])?)?;
        Ok(Self { engine, ues, next: 0, orders: 0, spent: Duration::ZERO })
    }

    /// Measures so many events of each UE, once instances have moved and accounts have come and gone.
    fn measure(&mut self, turns: u64) -> anyhow::Result<Measured> {
        self.turns(turns / 2)?;
        self.spent = Duration::ZERO;
        let (orders, before) = (self.orders, self.next);
        self.turns(turns)?;
        let events = (self.next - before) as f64;
        let events_per_order = events / (self.orders - orders) as f64;
        Ok(Measured { rate: events / self.spent.as_secs_f64(), events_per_order })
    }

    /// So many events of each UE, and all that is due between them. Orders are carried out at once.
    fn turns(&mut self, turns: u64) -> anyhow::Result<()> {
        let end = self.next + turns * self.ues;
        let mut out = Vec::new();
        while self.next < end {
            let to = end.min(self.next + CHUNK);
            let events =
                (self.next..to).map(|n| town::event(n, self.ues)).collect::<anyhow::Result<Vec<_>>>()?;
            self.next = to;
            let mut carrying_out = Duration::ZERO;
            let started = Instant::now();
            for event in &events {
                while let Some(due) = self.engine.next_timeout().filter(|due| *due <= event.observed_at) {
                    self.engine.handle_timeout(due, &mut out);
                    carrying_out += self.carry_out(due, &mut out)?;
                }
                self.engine.handle(event.observed_at, Input::Ue(event), &mut out);
                carrying_out += self.carry_out(event.observed_at, &mut out)?;
            }
            self.spent += started.elapsed().saturating_sub(carrying_out);
        }
        Ok(())
    }

    /// Says, as an executor would, that what was ordered is done; gives the time that making those words took, which is
    /// not the engine's.
    fn carry_out(&mut self, now: Timestamp, out: &mut Vec<Command>) -> anyhow::Result<Duration> {
        let mut making = Duration::ZERO;
        while let Some(command) = out.pop() {
            let Command::Order(order) = command else { continue };
            self.orders += 1;
            let started = Instant::now();
            let (outcome, state) = whole_loop::done(&order)?;
            making += started.elapsed();
            self.engine.handle(now, Input::Outcome(&outcome), out);
            self.engine.handle(now, Input::Instance(&state), out);
        }
        Ok(making)
    }
}

/// What the same events cost where nothing is decided: the UE's row and the cell's are looked up in std's tables, and
/// the one is written.
fn bare(ues: u64, turns: u64) -> anyhow::Result<f64> {
    let mut rows: HashMap<Supi, (CellId, u32)> = HashMap::new();
    let mut cells: HashMap<CellId, u32> = HashMap::new();
    let (mut spent, mut seen) = (Duration::ZERO, 0);
    for begin in (0..turns * ues).step_by(CHUNK as usize) {
        let events =
            (begin..begin + CHUNK).map(|n| town::event(n, ues)).collect::<anyhow::Result<Vec<_>>>()?;
        let known = |event: &UeEvent| match event.change {
            UeChange::Location(location) => location.cell,
            UeChange::Connectivity { .. } | UeChange::Gone => None,
        };
        for event in &events {
            let next = cells.len() as u32;
            known(event).map(|cell| *cells.entry(cell).or_insert(next));
            if let Some(cell) = known(event) {
                rows.entry(event.supi.clone()).or_insert((cell, 0));
            }
        }
        let started = Instant::now();
        for event in &events {
            let Some(cell) = known(event) else { continue };
            let at = cells.get(&cell).copied().unwrap_or_default();
            if let Some(row) = rows.get_mut(&event.supi) {
                *row = black_box((cell, at));
            }
        }
        spent += started.elapsed();
        seen += events.len();
    }
    Ok(seen as f64 / spent.as_secs_f64())
}

/// Resident set size (proc(5), statm), in bytes; pages are of 4 KiB.
fn resident_bytes() -> anyhow::Result<u64> {
    let statm = std::fs::read_to_string("/proc/self/statm")?;
    let pages = statm.split_whitespace().nth(1).ok_or_else(|| anyhow::anyhow!("/proc/self/statm"))?;
    Ok(pages.parse::<u64>()? * 4096)
}
