//! Bytes a UE of the engine: what the process's resident memory grows by, the allocator's own overhead included.

use model::{CellId, InstanceKey, PlmnId, Supi, Timestamp, UeChange, UeEvent, UeLocation, UeSource};
use placement::{Engine, Input, Topology};

use crate::{figure, whole_loop};

/// The engine's bytes a UE; the goal is 150.
pub(crate) fn figures(ues: u64) -> anyhow::Result<()> {
    figure::print("engine_bytes_per_ue", engine(ues)?, "bytes", None);
    Ok(())
}

fn engine(ues: u64) -> anyhow::Result<f64> {
    let topology = Topology::new(whole_loop::sites()?, whole_loop::cells()?, Vec::new())?;
    let mut engine = Engine::new(topology, vec![whole_loop::app()?], InstanceKey::new(&[7; 32])?)?;
    let plmn = PlmnId::new("208", "93")?;
    let mut out = Vec::new();
    let before = resident_bytes()?;
    for ue in 0..ues {
        let cell = CellId::Nr { plmn, nci: crate::notification::nci(ue % 10, 0), nid: None };
        let now = Timestamp::from_micros(1_000_000 + ue);
        let event = UeEvent {
            supi: Supi::from_imsi(208_930_000_000_000 + ue, 15).ok_or_else(|| anyhow::anyhow!("an IMSI"))?,
            observed_at: now,
            reported_at: None,
            source: UeSource::Push,
            amf: None,
            change: UeChange::Location(UeLocation { cell: Some(cell), tai: None }),
        };
        engine.handle(now, Input::Ue(&event), &mut out);
        out.clear();
    }
    let grown = resident_bytes()?.saturating_sub(before);
    drop(engine);
    Ok(grown as f64 / ues as f64)
}

/// Resident set size (proc(5), statm), in bytes; pages are of 4 KiB.
pub(crate) fn resident_bytes() -> anyhow::Result<u64> {
    let statm = std::fs::read_to_string("/proc/self/statm")?;
    let pages = statm.split_whitespace().nth(1).ok_or_else(|| anyhow::anyhow!("/proc/self/statm"))?;
    Ok(pages.parse::<u64>()? * 4096)
}
