//! Following the log of a running bus from another process.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use model::Stream;
use tokio::sync::mpsc;

use super::disk;
use super::failure::{damaged, io};
use super::frame::Frame;
use super::header::LENGTH;
use super::scan::{Scan, Step};
use super::segment::{self, SegmentFile};
use super::slots::{Kept, PerSlot, SLOTS, Slot};
use crate::{BusError, Delivery};

/// How long to wait before an exhausted log is looked at again.
const POLL: Duration = Duration::from_millis(20);
/// How many records may lie ready that nobody has asked for yet.
const AHEAD: usize = 256;

/// A reader beside the process that has the bus open: no lock, no position, nothing written. It may see a record a
/// moment before its publisher is told that it is durable.
#[derive(Debug)]
pub struct Tail {
    found: mpsc::Receiver<Result<(Stream, Delivery), BusError>>,
}

impl Tail {
    /// Follows some streams of the bus in this directory, from the oldest record that is kept or from the newest.
    ///
    /// # Errors
    /// [`BusError::Io`] where there is no bus, [`BusError::Damaged`] where what is there is none.
    pub fn open(dir: impl AsRef<Path>, streams: &[Stream], from_newest: bool) -> Result<Self, BusError> {
        let mut follower = Follower::open(dir.as_ref(), streams)?;
        if from_newest {
            follower.skip()?;
        }
        let (sender, found) = mpsc::channel(AHEAD);
        std::thread::Builder::new()
            .name("bus-tail".into())
            .spawn(move || follower.run(&sender))
            .map_err(io("starting a thread for", dir.as_ref()))?;
        Ok(Self { found })
    }

    /// Waits for the next record of any of the streams. Dropping the call loses nothing.
    ///
    /// # Errors
    /// [`BusError::FellBehind`] once where records left before they were read; the next call goes on behind the gap.
    /// After any other error the tail has ended.
    pub async fn next(&mut self) -> Result<(Stream, Delivery), BusError> {
        self.found.recv().await.unwrap_or(Err(BusError::Closed))
    }
}

/// What stands in the log of a bus now, from the oldest record that is kept: like a [`Tail`] that ends instead of
/// waiting. A record that is being written is left out.
#[derive(Debug)]
pub struct Recorded {
    follower: Option<Follower>,
}

impl Recorded {
    /// Reads some streams of the bus in this directory.
    ///
    /// # Errors
    /// [`BusError::Io`] where there is no bus, [`BusError::Damaged`] where what is there is none.
    pub fn open(dir: impl AsRef<Path>, streams: &[Stream]) -> Result<Self, BusError> {
        Ok(Self { follower: Some(Follower::open(dir.as_ref(), streams)?) })
    }
}

impl Iterator for Recorded {
    /// [`BusError::FellBehind`] where records left while they were read; what follows is there. Any other error is the
    /// last item.
    type Item = Result<(Stream, Delivery), BusError>;

    fn next(&mut self) -> Option<Self::Item> {
        let found = self.follower.as_mut()?.advance().transpose();
        let over = match &found {
            None => true,
            Some(found) => {
                matches!(found, Err(error) if !matches!(error, BusError::FellBehind { .. }))
            }
        };
        if over {
            self.follower = None;
        }
        found
    }
}

#[derive(Debug)]
struct Follower {
    dir: PathBuf,
    wanted: PerSlot<Option<Stream>>,
    /// The newest sequence that was read of each slot, 0 before the first.
    read: PerSlot<u64>,
    scan: Scan,
    /// A record behind a gap that was told.
    held: Option<(Stream, Delivery)>,
}

impl Follower {
    fn open(dir: &Path, streams: &[Stream]) -> Result<Self, BusError> {
        let mut wanted = [None; SLOTS];
        for stream in streams {
            wanted[Slot::of(*stream).index()] = Some(*stream);
        }
        let Some((_, path)) = segment::list(dir)?.into_iter().next() else {
            let none = std::io::Error::new(std::io::ErrorKind::NotFound, "there is no bus");
            return Err(io("reading", dir)(none));
        };
        let scan = begin(SegmentFile::open(path, false)?);
        Ok(Self { dir: dir.to_owned(), wanted, read: [0; SLOTS], scan, held: None })
    }

    /// Goes to the end of what is there.
    fn skip(&mut self) -> Result<(), BusError> {
        if let Some((_, path)) = segment::list(&self.dir)?.pop() {
            self.scan = begin(SegmentFile::open(path, false)?);
        }
        self.read = self.scan.segment.header.next.map(|next| next.saturating_sub(1));
        while self.scan.step(u64::MAX)? == Step::Frame {
            if let Some(Frame::Record(record)) = self.scan.frame() {
                self.read[record.slot.index()] = record.sequence;
            }
        }
        Ok(())
    }

    fn run(mut self, sender: &mpsc::Sender<Result<(Stream, Delivery), BusError>>) {
        loop {
            let found = match self.advance() {
                Ok(Some(found)) => Ok(found),
                Ok(None) if sender.is_closed() => return,
                Ok(None) => {
                    std::thread::sleep(POLL);
                    continue;
                }
                Err(error) => Err(error),
            };
            let over = matches!(&found, Err(error) if !matches!(error, BusError::FellBehind { .. }));
            if sender.blocking_send(found).is_err() || over {
                return;
            }
        }
    }

    /// The next record that is there.
    fn advance(&mut self) -> Result<Option<(Stream, Delivery)>, BusError> {
        if let Some(held) = self.held.take() {
            return Ok(Some(held));
        }
        loop {
            // Asked before the look: a segment that has a follower does not grow any more.
            let following = self.following()?;
            loop {
                match self.scan.step(u64::MAX)? {
                    Step::Frame => {}
                    Step::Broken(reason) if following.is_some() => {
                        return Err(damaged(&self.scan.segment.path, self.scan.offset(), reason));
                    }
                    // The writer is in the middle of it.
                    Step::Broken(_) | Step::End => break,
                }
                if let Some(found) = self.current()? {
                    return Ok(Some(found));
                }
            }
            match following {
                Some(next) => self.scan = begin(next),
                None => return Ok(None),
            }
        }
    }

    /// The current frame, if it is a record that was asked for and not read before.
    fn current(&mut self) -> Result<Option<(Stream, Delivery)>, BusError> {
        let Some(Frame::Record(record)) = self.scan.frame() else { return Ok(None) };
        let (slot, sequence) = (record.slot, record.sequence);
        let Some(data) = record.data else { return Ok(None) };
        let behind = self.read[slot.index()];
        if sequence <= behind {
            return Ok(None);
        }
        let found = self.wanted[slot.index()].map(|stream| {
            let delivery = disk::delivery(&record, Bytes::copy_from_slice(data));
            (stream, delivery)
        });
        self.read[slot.index()] = sequence;
        if let (Some((stream, _)), Kept::Log(_)) = (&found, slot.kept())
            && behind > 0
            && sequence > behind + 1
        {
            let stream = stream.name();
            self.held = found;
            return Err(BusError::FellBehind {
                stream,
                consumer: "tail".into(),
                wanted: behind + 1,
                oldest: sequence,
            });
        }
        Ok(found)
    }

    /// The segment that comes after the current one, once there is one. A merged segment that begins earlier and
    /// reaches further counts: what was read before is known by its sequence.
    fn following(&self) -> Result<Option<SegmentFile>, BusError> {
        let through = self.scan.segment.header.through;
        let listed = segment::list(&self.dir)?;
        let behind = listed.partition_point(|(id, _)| *id <= through);
        let next = listed.get(behind);
        if next.is_none_or(|(id, _)| *id > through + 1)
            && let Some((_, path)) = behind.checked_sub(1).and_then(|place| listed.get(place))
            && let Some(merged) = present(path)?
            && merged.header.through > through
        {
            return Ok(Some(merged));
        }
        next.map_or(Ok(None), |(_, path)| present(path))
    }
}

fn begin(segment: SegmentFile) -> Scan {
    Scan::new(Arc::new(segment), LENGTH as u64)
}

/// Opens a segment that was listed, unless it has been merged away since; the next look finds what replaced it.
fn present(path: &Path) -> Result<Option<SegmentFile>, BusError> {
    match SegmentFile::open(path.to_owned(), false) {
        Ok(segment) => Ok(Some(segment)),
        Err(BusError::Io { source, .. }) if source.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}
