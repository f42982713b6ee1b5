//! Opening a directory.

use std::fs::{self, File, TryLockError};
use std::hash::BuildHasher;
use std::path::Path;
use std::sync::Arc;

use super::config::Config;
use super::failure::{damaged, io};
use super::header::{Header, LENGTH};
use super::index::Indexed;
use super::pending::Pending;
use super::rebuild::Rebuilt;
use super::segment::{self, SegmentFile};
use super::slots::{Kept, PerSlot, SLOTS, Slot};
use super::state::Shared;
use super::view::View;
use crate::BusError;

/// An open directory.
pub(super) struct Recovered {
    pub(super) shared: Arc<Shared>,
    /// The segment that is written on.
    pub(super) file: Arc<SegmentFile>,
    /// The next group goes here; all before is durable.
    pub(super) at: u64,
    pub(super) length: u64,
}

/// Makes the directory and takes its lock.
pub(super) fn lock(dir: &Path) -> Result<File, BusError> {
    fs::create_dir_all(dir).map_err(io("creating", dir))?;
    let path = dir.join("lock");
    let file = File::options().write(true).create(true).truncate(false).open(&path);
    let file = file.map_err(io("opening", &path))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(BusError::InUse { dir: dir.display().to_string() }),
        Err(TryLockError::Error(error)) => Err(io("locking", &path)(error)),
    }
}

/// Reads what is there, cuts a torn end off and makes the rest durable.
pub(super) fn open(dir: &Path, config: Config) -> Result<Recovered, BusError> {
    segment::remove_unfinished(dir)?;
    let files = segments(dir)?;
    let mut rebuilt = Rebuilt::default();
    let count = files.len();
    for (index, file) in files.into_iter().enumerate() {
        rebuilt.segment(file, index + 1 == count)?;
    }
    let (file, at) = match rebuilt.index.segments.last() {
        Some(last) => (last.file.clone(), last.end),
        None => {
            let file = Arc::new(first(dir)?);
            rebuilt.index.segments.push(Indexed::new(file.clone()));
            (file, LENGTH as u64)
        }
    };
    if rebuilt.torn > 0 {
        tracing::info!(
            path = %file.path.display(), at, bytes = rebuilt.torn,
            "the last write was cut short by a crash and is removed; nothing that was safe on disk is lost"
        );
    }
    cut(&file, at)?;

    let next: PerSlot<u64> = rebuilt.newest.map(|newest| newest + 1);
    let mut oldest = [1; SLOTS];
    for slot in Slot::all() {
        if let Kept::Log(_) = slot.kept() {
            oldest[slot.index()] = rebuilt.index.unbroken_from(slot, next[slot.index()]);
        }
    }
    let seed = file.header.seed;
    let pending = Pending::new(seed, next, rebuilt.dedup, rebuilt.positions);
    let memory = config.memory_bytes.in_memory();
    let view = View::new(rebuilt.index, rebuilt.latest, rebuilt.newest, oldest, memory);
    let shared = Arc::new(Shared::new(dir.to_owned(), config, seed, pending, view));
    Ok(Recovered { shared, file, at, length: at })
}

/// The segments in order, without those that a merged one stands for.
fn segments(dir: &Path) -> Result<Vec<Arc<SegmentFile>>, BusError> {
    let mut files: Vec<Arc<SegmentFile>> = Vec::new();
    for (id, path) in segment::list(dir)? {
        if let Some(before) = files.last()
            && id <= before.header.through
        {
            // A crash between the merged segment's publication and this file's removal.
            fs::remove_file(&path).map_err(io("removing", &path))?;
            continue;
        }
        let file = SegmentFile::open(path, true)?;
        if file.header.id != id {
            return Err(damaged(
                &file.path,
                0,
                format!("its header says that it is segment {}", file.header.id),
            ));
        }
        if let Some(before) = files.last()
            && before.header.seed != file.header.seed
        {
            return Err(damaged(&file.path, 0, "it belongs to another bus"));
        }
        files.push(Arc::new(file));
    }
    Ok(files)
}

fn first(dir: &Path) -> Result<SegmentFile, BusError> {
    let number = std::hash::RandomState::new().hash_one(dir);
    let seed = u32::try_from(number >> 32).unwrap_or_default();
    let header = Header { id: 1, through: 1, rewritten: false, seed, next: [1; SLOTS] };
    SegmentFile::begin(dir, header)?.publish(dir)
}

/// Cuts everything behind `at` off. Records that no sync had covered may still be there: they are made durable
/// before anybody is shown them.
fn cut(file: &SegmentFile, at: u64) -> Result<(), BusError> {
    file.file.set_len(at).map_err(io("truncating", &file.path))?;
    file.file.sync_all().map_err(io("syncing", &file.path))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn torn(path: &Path) -> u64 {
        let file = SegmentFile::open(path.to_owned(), false).expect("a segment");
        let mut rebuilt = Rebuilt::default();
        rebuilt.segment(Arc::new(file), true).expect("whole, or torn at its end");
        rebuilt.torn
    }

    #[test]
    fn space_for_records_to_come_is_no_torn_end_and_what_was_half_written_is() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = first(dir.path()).expect("a segment").path;
        let whole = fs::read(&path).expect("readable");
        for (behind, expected) in [
            (vec![], 0),
            (vec![0; 3 << 20], 0),
            ([vec![0xA5; 100], vec![0; 5_000]].concat(), 100),
            ([vec![0; 2 << 20], vec![0xA5]].concat(), (2 << 20) + 1),
        ] {
            let length = behind.len();
            fs::write(&path, [&whole[..LENGTH], &behind].concat()).expect("written");
            assert_eq!(torn(&path), expected, "of {length} bytes");
        }
    }
}
