//! Retention: the thread that lets records leave.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

use super::failure::Failure;
use super::frame::HEADER;
use super::header::LENGTH;
use super::merge::{self, Limits};
use super::part::Part;
use super::slots::{Kept, SLOTS, Slot};
use super::state::{Shared, now_micros};
use super::view::View;
use crate::BusError;
use crate::Retention;

/// What the keeper is told.
#[derive(Debug)]
pub(super) enum Signal {
    /// A segment was sealed.
    Sealed,
    /// The bus is closing.
    Stop,
}

/// The keeper. It works on sealed segments only, so that it never stands in a publisher's way.
pub(super) struct Keeper {
    shared: Arc<Shared>,
    signals: Receiver<Signal>,
}

impl Keeper {
    pub(super) fn new(shared: Arc<Shared>, signals: Receiver<Signal>) -> Self {
        Self { shared, signals }
    }

    /// Runs until the bus is closed or has failed.
    pub(super) fn run(self) {
        let shortest = self.shared.config.retention.shortest_age();
        let every = (shortest / 8).clamp(Duration::from_millis(20), Duration::from_secs(60));
        loop {
            match self.signals.recv_timeout(every) {
                Ok(Signal::Sealed) | Err(RecvTimeoutError::Timeout) => {}
                Ok(Signal::Stop) | Err(RecvTimeoutError::Disconnected) => return,
            }
            if self.shared.ended().is_some() {
                return;
            }
            if let Err(error) = self.pass() {
                // What was to leave stays; nothing that was acknowledged is touched before its copy is durable.
                tracing::error!(%error, "retention does not get on");
                if let BusError::Io { what: what @ "syncing", path, source } = &error {
                    self.shared.fail(Failure::new(what, std::path::Path::new(path), source));
                    return;
                }
            }
        }
    }

    fn pass(&self) -> Result<(), BusError> {
        let limits = self.limits();
        // Chosen before the loop, so that the view is not locked while segments are written.
        let runs = runs(&self.shared.view(), &limits, self.shared.config.segment_bytes.0);
        for run in runs {
            merge::run(&self.shared, &limits, &run)?;
        }
        Ok(())
    }

    /// Decides what leaves, and tells readers of logs at once.
    fn limits(&self) -> Limits {
        let ids_from = {
            let pending = self.shared.pending();
            std::array::from_fn(|index| pending.dedup[index].from())
        };
        let mut limits = Limits { records_from: [0; SLOTS], ids_from };
        let now = now_micros();
        let mut view = self.shared.view();
        for slot in Slot::all() {
            let index = slot.index();
            limits.records_from[index] = match slot.kept() {
                Kept::Internal => u64::MAX,
                Kept::Log(stream) => {
                    let from = passed(&view, slot, self.shared.config.retention.of(stream), now);
                    view.oldest[index] = view.oldest[index].max(from);
                    view.oldest[index]
                }
                Kept::Latest(stream) => passed(&view, slot, self.shared.config.retention.of(stream), now),
            };
        }
        limits
    }
}

/// The first sequence of a stream that neither its age nor its bytes let go.
fn passed(view: &View, slot: Slot, keep: Retention, now: u64) -> u64 {
    let age = u64::try_from(keep.max_age.as_micros()).unwrap_or(u64::MAX);
    let mut newer_bytes = 0;
    let mut sealed = view.index.segments.iter().rev();
    if let Some(active) = sealed.next() {
        newer_bytes += active.part(slot).bytes;
    }
    for part in sealed.map(|segment| segment.part(slot)).filter(|part| part.count > 0) {
        if newer_bytes >= keep.max_bytes.0 || now.saturating_sub(part.micros) > age {
            return part.last + 1;
        }
        newer_bytes += part.bytes;
    }
    0
}

/// The runs of neighbouring sealed segments that are worth writing anew, by the numbers of their segments: at least
/// half of a run leaves, so what stays is copied about once for each time that the log grows over it.
fn runs(view: &View, limits: &Limits, segment_bytes: u64) -> Vec<Vec<u64>> {
    let last_values = last_values(view, limits);
    let mut runs = Vec::new();
    let mut run = Run::default();
    let sealed = view.index.segments.len().saturating_sub(1);
    for (segment, last_values) in view.index.segments[..sealed].iter().zip(last_values) {
        let parts = Slot::all().map(|slot| staying(limits, slot, segment.part(slot)));
        let stays = last_values + parts.sum::<u64>();
        if run.stays + stays > segment_bytes {
            runs.extend(std::mem::take(&mut run).worthwhile());
        }
        run.ids.push(segment.file.header.id);
        run.size += segment.end - LENGTH as u64;
        run.stays += stays;
    }
    runs.extend(run.worthwhile());
    runs
}

#[derive(Debug, Default)]
struct Run {
    ids: Vec<u64>,
    size: u64,
    stays: u64,
}

impl Run {
    fn worthwhile(self) -> Option<Vec<u64>> {
        let leaves = self.size.saturating_sub(self.stays);
        (leaves > 0 && leaves >= self.stays).then_some(self.ids)
    }
}

/// About how much of a stream stays in a segment, in bytes, whatever the keys.
fn staying(limits: &Limits, slot: Slot, part: &Part) -> u64 {
    let index = slot.index();
    if part.count > 0 && part.last >= limits.records_from[index] {
        part.bytes
    } else if part.ids > 0 && part.last_id >= limits.ids_from[index] {
        part.id_bytes + part.ids * HEADER as u64
    } else {
        0
    }
}

/// How many bytes stay in each segment only because they are the last of their keys.
fn last_values(view: &View, limits: &Limits) -> Vec<u64> {
    let mut bytes = vec![0; view.index.segments.len()];
    for slot in Slot::all() {
        for spot in view.latest.spots(slot).filter(|spot| spot.sequence < limits.records_from[slot.index()]) {
            if let Some((place, _)) = view.index.get(spot.segment) {
                bytes[place] += spot.length;
            }
        }
    }
    bytes
}
