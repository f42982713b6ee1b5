//! What the disk itself costs: fdatasync after each 4 KiB.

use std::io::{Seek as _, Write as _};
use std::path::Path;
use std::time::Instant;

use hdrhistogram::Histogram;

/// Latency of `count` writes of 4 KiB, each followed by an fdatasync, in a preallocated file; microseconds.
pub(crate) fn fdatasync(dir: &Path, count: u32) -> anyhow::Result<Histogram<u64>> {
    let mut file = std::fs::File::create(dir.join("bare"))?;
    let block = [0x5a_u8; 4096];
    for _ in 0..256 {
        file.write_all(&block)?;
    }
    file.sync_all()?;
    file.rewind()?;
    let mut latency_us = crate::load::histogram()?;
    for n in 0..count {
        if n % 256 == 0 {
            file.rewind()?;
        }
        let started = Instant::now();
        file.write_all(&block)?;
        file.sync_data()?;
        latency_us.saturating_record(u64::try_from(started.elapsed().as_micros())?.max(1));
    }
    Ok(latency_us)
}
