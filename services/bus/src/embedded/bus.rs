//! The bus's handle.

use std::fs::File;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread::JoinHandle;

use async_trait::async_trait;
use model::Stream;

use super::config::Config;
use super::consumer::Reader;
use super::disk;
use super::failure::{damaged, io};
use super::keeper::{Keeper, Signal};
use super::latest;
use super::pending::State;
use super::positions;
use super::recover::{self, Recovered};
use super::slots::{Kept, Slot};
use super::state::Shared;
use super::writer::Writer;
use crate::{Bus, BusError, Consumer, Delivery, Record, Sequence, Start};

/// Keys, ids and names of consumers are no longer than this many bytes.
const LONGEST_NAME: usize = 4_096;
/// One call publishes no more than this many bytes.
const MOST_AT_ONCE: usize = 256 << 20;

/// The bus in this process. Dropping it closes it, and waits until the last commit is done.
#[derive(Debug)]
pub struct EmbeddedBus {
    shared: Arc<Shared>,
    threads: Mutex<Option<Threads>>,
}

#[derive(Debug)]
struct Threads {
    writer: JoinHandle<()>,
    keeper: JoinHandle<()>,
    signal: mpsc::Sender<Signal>,
    /// Held while the bus is open: one process at a time.
    _lock: File,
}

impl EmbeddedBus {
    /// Opens the bus in this directory, or begins one there.
    ///
    /// # Errors
    /// [`BusError::InUse`] names the directory that another process has open; [`BusError::Damaged`] and
    /// [`BusError::Io`] name the file.
    pub fn open(dir: impl AsRef<Path>, config: Config) -> Result<Arc<Self>, BusError> {
        config.check()?;
        let dir = dir.as_ref();
        let lock = recover::lock(dir)?;
        let Recovered { shared, file, at, length } = recover::open(dir, config)?;
        let (signal, signals) = mpsc::channel();
        let writer = Writer::new(shared.clone(), signal.clone(), file, at, length);
        let keeper = Keeper::new(shared.clone(), signals);
        let threads = Threads {
            writer: spawn("bus-writer", dir, move || writer.run())?,
            keeper: spawn("bus-keeper", dir, move || keeper.run())?,
            signal,
            _lock: lock,
        };
        Ok(Arc::new(Self { shared, threads: Mutex::new(Some(threads)) }))
    }

    /// Whether syncs fail from now on.
    #[cfg(test)]
    pub(super) fn break_disk(&self) -> &std::sync::atomic::AtomicBool {
        &self.shared.broken
    }

    fn stop(&self) -> Option<Threads> {
        let threads = self.threads.lock().unwrap_or_else(PoisonError::into_inner).take()?;
        let mut pending = self.shared.pending();
        if matches!(pending.state, State::Running) {
            pending.state = State::Stopping;
        }
        drop(pending);
        self.shared.work.notify_all();
        // A keeper that is gone needs no signal.
        let _ = threads.signal.send(Signal::Stop);
        Some(threads)
    }

    fn fits(&self, records: &[Record]) -> Result<(), BusError> {
        let limit = self.shared.config.max_record_bytes.in_memory();
        let mut total = 0;
        for record in records {
            let id = record.id.as_deref().map_or(0, str::len);
            let bytes = record.key.len() + id + record.data.len();
            total += bytes;
            if bytes > limit {
                return Err(BusError::TooLarge { bytes, limit });
            }
            name_fits(record.key.len().max(id))?;
        }
        if total > MOST_AT_ONCE {
            return Err(BusError::TooLarge { bytes: total, limit: MOST_AT_ONCE });
        }
        Ok(())
    }
}

fn name_fits(bytes: usize) -> Result<(), BusError> {
    if bytes > LONGEST_NAME {
        return Err(BusError::TooLarge { bytes, limit: LONGEST_NAME });
    }
    Ok(())
}

impl Drop for EmbeddedBus {
    fn drop(&mut self) {
        if let Some(threads) = self.stop() {
            threads.join();
        }
    }
}

impl Threads {
    fn join(self) {
        // A panic was reported by the thread itself and has failed the bus.
        let _ = self.writer.join();
        let _ = self.keeper.join();
    }
}

fn spawn(name: &str, dir: &Path, run: impl FnOnce() + Send + 'static) -> Result<JoinHandle<()>, BusError> {
    std::thread::Builder::new().name(name.into()).spawn(run).map_err(io("starting a thread for", dir))
}

#[async_trait]
impl Bus for EmbeddedBus {
    async fn publish(&self, stream: Stream, records: Vec<Record>) -> Result<Vec<Sequence>, BusError> {
        self.fits(&records)?;
        if records.is_empty() {
            return Ok(Vec::new());
        }
        loop {
            let (group, sequences, wake) = {
                let mut pending = self.shared.pending();
                pending.check()?;
                if pending.is_full() {
                    (pending.group.clone(), None, false)
                } else {
                    let sequences = pending.add(Slot::of(stream), &records);
                    let wake = pending.wakes();
                    (pending.group.clone(), Some(sequences), wake)
                }
            };
            if wake {
                self.shared.work.notify_one();
            }
            group.finished().await.map_err(|failure| failure.error())?;
            if let Some(sequences) = sequences {
                return Ok(sequences);
            }
        }
    }

    async fn consume(
        &self,
        stream: Stream,
        consumer: &str,
        start: Start,
    ) -> Result<Box<dyn Consumer>, BusError> {
        name_fits(consumer.len())?;
        let slot = Slot::of(stream);
        let key = positions::key(stream, consumer);
        let stored = {
            let pending = self.shared.pending();
            pending.check()?;
            pending.positions.get(&key)
        };
        let (newest, oldest) = {
            let view = self.shared.view();
            (view.newest[slot.index()], view.oldest[slot.index()])
        };
        let behind = match (start, stored) {
            (Start::After(position), _) => position.0,
            (_, Some(stored)) => stored,
            (Start::Oldest, None) => oldest.saturating_sub(1),
            (Start::Newest, None) => newest,
        };
        if behind > newest {
            tracing::warn!(stream = stream.name(), consumer, behind, newest, "position ahead of the stream");
        }
        let reader = Reader {
            shared: self.shared.clone(),
            slot,
            stream: stream.name(),
            name: consumer.into(),
            key,
            // A position that lies ahead must not hide what is published until it is reached.
            behind: behind.min(newest),
            acknowledged: if matches!(start, Start::After(_)) { 0 } else { stored.unwrap_or(0) },
            place: None,
        };
        if behind + 1 < oldest && matches!(slot.kept(), Kept::Log(_)) {
            return Err(reader.fell_behind(oldest));
        }
        Ok(Box::new(reader))
    }

    async fn latest(&self, stream: Stream) -> Result<(Vec<Delivery>, Sequence), BusError> {
        if !stream.latest_per_key() {
            return Err(BusError::NotLatestPerKey(stream.name()));
        }
        let slot = Slot::of(stream);
        let (mut places, newest) = {
            let view = self.shared.view();
            let place = |spot: latest::Spot| match view.index.get(spot.segment) {
                Some((_, segment)) => Ok((segment.file.clone(), spot)),
                None => {
                    Err(damaged(&self.shared.dir, spot.offset, "the segment of a last value is not there"))
                }
            };
            let places: Vec<_> = view.latest.spots(slot).map(place).collect::<Result<_, _>>()?;
            (places, Sequence(view.newest[slot.index()]))
        };
        places.sort_unstable_by_key(|(_, spot)| spot.sequence);
        let read = move || {
            places.iter().map(|(file, spot)| disk::read_one(file, spot.offset, spot.length)).collect()
        };
        let values: Result<Vec<_>, _> =
            tokio::task::spawn_blocking(read).await.map_err(|_| BusError::Closed)?;
        Ok((values?, newest))
    }

    async fn newest(&self, stream: Stream) -> Result<Sequence, BusError> {
        Ok(Sequence(self.shared.view().newest[Slot::of(stream).index()]))
    }

    async fn close(&self) {
        if let Some(threads) = self.stop() {
            // Fails only where the runtime is going away; the threads end by themselves then.
            let _ = tokio::task::spawn_blocking(move || threads.join()).await;
        }
    }
}
