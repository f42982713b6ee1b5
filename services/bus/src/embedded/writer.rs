//! The one thread that appends: it takes what has queued up, writes it, syncs it and wakes who waits for it.

use std::io;
use std::os::unix::fs::FileExt;
use std::sync::{Arc, PoisonError, mpsc};
use std::time::{Duration, Instant};

use bytes::Bytes;

use super::config::Durability;
use super::failure::Failure;
use super::frame;
use super::header::{Header, LENGTH};
use super::index::Indexed;
use super::keeper::Signal;
use super::pending::{State, Taken};
use super::segment::SegmentFile;
use super::slots::{POSITIONS, Slot};
use super::state::{Shared, now_micros};
use crate::BusError;

/// Consumers' positions that nothing else takes along are written after this.
const POSITIONS_EVERY: Duration = Duration::from_millis(20);
/// A synced file grows by this much of zeros at a time: an fdatasync within its length need not wait for the file
/// system's journal.
const GROW_BY: u64 = 1 << 20;
/// A last group of fewer publishers than this says nothing about how many will come.
const COMPANY: usize = 4;

/// The writer with its file.
pub(super) struct Writer {
    shared: Arc<Shared>,
    keeper: mpsc::Sender<Signal>,
    file: Arc<SegmentFile>,
    /// The next group goes here.
    at: u64,
    /// The file is durable up to here.
    synced: u64,
    /// The file's length.
    length: u64,
    last_callers: usize,
    positions_written: Instant,
    zeros: Vec<u8>,
}

/// What woke the writer.
enum Work {
    Group(Taken),
    Stop(Taken),
}

impl Writer {
    /// A writer that goes on at `at` of a durable file.
    pub(super) fn new(
        shared: Arc<Shared>,
        keeper: mpsc::Sender<Signal>,
        file: Arc<SegmentFile>,
        at: u64,
        length: u64,
    ) -> Self {
        Self {
            shared,
            keeper,
            file,
            at,
            synced: at,
            length,
            last_callers: 0,
            positions_written: Instant::now(),
            zeros: Vec::new(),
        }
    }

    /// Runs until the bus is stopped or has failed.
    pub(super) fn run(mut self) {
        // A panic must not leave publishers waiting for ever.
        let shared = self.shared.clone();
        let _guard = Guard(shared.clone());
        loop {
            let (mut taken, last) = match self.wait() {
                Some(Work::Group(taken)) => (taken, false),
                Some(Work::Stop(taken)) => (taken, true),
                None => return,
            };
            let written = self.commit(&mut taken).and_then(|()| if last { self.finish() } else { Ok(()) });
            match written {
                Ok(()) => taken.group.finish(Ok(())),
                Err(error) => {
                    let failure = shared.fail(failure(&error, &self.file.path));
                    taken.group.finish(Err(failure));
                    return;
                }
            }
            if last {
                shared.end(None);
                return;
            }
        }
    }

    /// Waits for something to do; nothing once the bus has failed elsewhere.
    fn wait(&mut self) -> Option<Work> {
        let shared = self.shared.clone();
        let mut pending = shared.pending();
        let mut waited = false;
        loop {
            match pending.state {
                State::Failed(_) => return None,
                State::Stopping => return Some(Work::Stop(pending.take(true))),
                State::Running => {}
            }
            let unwritten = pending.positions.are_unwritten();
            let since = self.positions_written.elapsed();
            let due = unwritten && since >= POSITIONS_EVERY;
            let company = self.last_callers / 2;
            let patience = shared.config.group_commit_max_wait;
            let span = if pending.callers > 0 {
                if waited
                    || company < COMPANY
                    || pending.callers >= company
                    || patience.is_zero()
                    || pending.is_full()
                {
                    return Some(Work::Group(pending.take(due)));
                }
                waited = true;
                pending.sleep_until(company);
                patience
            } else if due {
                return Some(Work::Group(pending.take(true)));
            } else {
                pending.sleep_until(1);
                if unwritten { POSITIONS_EVERY.saturating_sub(since) } else { Duration::MAX }
            };
            pending = if span == Duration::MAX {
                shared.work.wait(pending).unwrap_or_else(PoisonError::into_inner)
            } else {
                shared.work.wait_timeout(pending, span).unwrap_or_else(PoisonError::into_inner).0
            };
        }
    }

    /// Writes a group, makes it durable and shows it to readers.
    fn commit(&mut self, taken: &mut Taken) -> Result<(), BusError> {
        if taken.callers > 0 {
            self.last_callers = taken.callers;
        }
        if taken.entries.is_empty() {
            return Ok(());
        }
        if self.at >= self.shared.config.segment_bytes.0 {
            self.roll(taken)?;
        }
        let micros = now_micros();
        frame::write_group(&mut taken.bytes, self.shared.seed, micros, self.synced);
        self.write(&taken.bytes)?;
        let at = self.at;
        self.at += taken.bytes.len() as u64;
        if taken.callers > 0 && self.shared.config.durability == Durability::Sync {
            self.sync()?;
        }
        if taken.entries.last().is_some_and(|entry| entry.slot == POSITIONS) {
            self.positions_written = Instant::now();
        }
        self.shared.view().commit(Bytes::from(std::mem::take(&mut taken.bytes)), &taken.entries, at, micros);
        let mut touched = [false; super::slots::SLOTS];
        for entry in &taken.entries {
            touched[entry.slot.index()] = true;
        }
        for slot in Slot::all().filter(|slot| touched[slot.index()]) {
            self.shared.arrived[slot.index()].notify_waiters();
        }
        Ok(())
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), BusError> {
        self.named("writing", self.file.file.write_all_at(bytes, self.at))?;
        let end = self.at + bytes.len() as u64;
        if end > self.length && self.shared.config.durability == Durability::Sync {
            let grow_by = GROW_BY.min(self.shared.config.segment_bytes.0);
            self.zeros.resize(usize::try_from(grow_by).unwrap_or_default(), 0);
            self.named("extending", self.file.file.write_all_at(&self.zeros, end))?;
            self.length = end + grow_by;
        }
        Ok(())
    }

    fn sync(&mut self) -> Result<(), BusError> {
        #[cfg(test)]
        if self.shared.broken.load(std::sync::atomic::Ordering::SeqCst) {
            return self.named("syncing", Err(io::Error::other("the disk is gone")));
        }
        self.named("syncing", self.file.file.sync_data())?;
        self.synced = self.at;
        Ok(())
    }

    /// Seals the file and begins the next one, for this group.
    fn roll(&mut self, taken: &Taken) -> Result<(), BusError> {
        self.finish()?;
        let id = self.file.header.through + 1;
        let mut next = self.shared.view().newest;
        for next in &mut next {
            *next += 1;
        }
        debug_assert!(taken.entries.iter().all(|entry| entry.record.sequence >= next[entry.slot.index()]));
        let dir = &self.shared.dir;
        let header = Header { id, through: id, rewritten: false, seed: self.shared.seed, next };
        self.file = Arc::new(SegmentFile::begin(dir, header)?.publish(dir)?);
        self.shared.view().index.segments.push(Indexed::new(self.file.clone()));
        self.at = LENGTH as u64;
        self.synced = self.at;
        self.length = self.at;
        // The keeper lives as long as the writer; without it nothing is retained away, and that is safe.
        let _ = self.keeper.send(Signal::Sealed);
        Ok(())
    }

    /// Cuts the zeros off and makes the whole file durable.
    fn finish(&mut self) -> Result<(), BusError> {
        self.named("truncating", self.file.file.set_len(self.at))?;
        self.length = self.at;
        self.sync()
    }

    fn named<T>(&self, what: &'static str, result: io::Result<T>) -> Result<T, BusError> {
        result.map_err(super::failure::io(what, &self.file.path))
    }
}

fn failure(error: &BusError, path: &std::path::Path) -> Failure {
    if let BusError::Io { what, path, source } = error {
        return Failure::new(what, std::path::Path::new(path), source);
    }
    Failure::new("writing", path, &io::Error::other(error.to_string()))
}

struct Guard(Arc<Shared>);

impl Drop for Guard {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let gone = io::Error::other("the writer thread has panicked");
            self.0.fail(Failure::new("writing", &self.0.dir, &gone));
        }
    }
}
