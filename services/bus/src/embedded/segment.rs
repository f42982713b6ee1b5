//! Segment files.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use super::failure::{damaged, io};
use super::header::{Header, LENGTH};
use crate::BusError;

const SUFFIX: &str = ".log";
const UNFINISHED: &str = ".unfinished";

/// A segment file that is open.
#[derive(Debug)]
pub(super) struct SegmentFile {
    pub(super) header: Header,
    pub(super) path: PathBuf,
    pub(super) file: File,
}

impl SegmentFile {
    /// Begins a segment under a name that no reader looks at. [`Self::publish`] gives it its own.
    pub(super) fn begin(dir: &Path, header: Header) -> Result<Self, BusError> {
        let path = dir.join(format!("{:020}{UNFINISHED}", header.id));
        let file = File::options().read(true).write(true).create(true).truncate(true).open(&path);
        let file = file.map_err(io("creating", &path))?;
        file.write_all_at(&header.bytes(), 0).map_err(io("writing", &path))?;
        Ok(Self { header, path, file })
    }

    /// Makes everything written so far durable under the segment's own name, replacing what was there.
    pub(super) fn publish(mut self, dir: &Path) -> Result<Self, BusError> {
        let own = dir.join(name(self.header.id));
        self.file.sync_all().map_err(io("syncing", &self.path))?;
        fs::rename(&self.path, &own).map_err(io("renaming", &self.path))?;
        self.path = own;
        sync_dir(dir)?;
        Ok(self)
    }

    /// Opens a segment; `write` where it will be appended to.
    pub(super) fn open(path: PathBuf, write: bool) -> Result<Self, BusError> {
        let file = File::options().read(true).write(write).open(&path).map_err(io("opening", &path))?;
        let mut bytes = [0; LENGTH];
        match file.read_exact_at(&mut bytes, 0) {
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                return Err(damaged(&path, 0, "it is shorter than its header"));
            }
            read => read.map_err(io("reading", &path))?,
        }
        let header = Header::parse(&bytes).map_err(|reason| damaged(&path, 0, reason))?;
        Ok(Self { header, path, file })
    }

    /// Its length on disk.
    pub(super) fn length(&self) -> Result<u64, BusError> {
        Ok(self.file.metadata().map_err(io("reading", &self.path))?.len())
    }
}

/// The name of the segment with this number.
pub(super) fn name(id: u64) -> String {
    format!("{id:020}{SUFFIX}")
}

/// The segments in a directory by their numbers.
pub(super) fn list(dir: &Path) -> Result<Vec<(u64, PathBuf)>, BusError> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).map_err(io("listing", dir))? {
        let path = entry.map_err(io("listing", dir))?.path();
        let name = path.file_name().and_then(|name| name.to_str());
        let number = name.and_then(|name| name.strip_suffix(SUFFIX)).and_then(|number| number.parse().ok());
        if let Some(number) = number {
            found.push((number, path));
        }
    }
    found.sort_unstable();
    Ok(found)
}

/// Removes what a crash left of segments that were never published.
pub(super) fn remove_unfinished(dir: &Path) -> Result<(), BusError> {
    for entry in fs::read_dir(dir).map_err(io("listing", dir))? {
        let path = entry.map_err(io("listing", dir))?.path();
        if path.to_str().is_some_and(|path| path.ends_with(UNFINISHED)) {
            fs::remove_file(&path).map_err(io("removing", &path))?;
        }
    }
    Ok(())
}

/// Makes names in a directory durable.
pub(super) fn sync_dir(dir: &Path) -> Result<(), BusError> {
    File::open(dir).and_then(|dir| dir.sync_all()).map_err(io("syncing", dir))
}
