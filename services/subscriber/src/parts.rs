//! Which UEs this replica tells of.
//!
//! Replicas share the UEs, cut into parts by SUPI. Every replica asks every AMF and keeps what it sees, and tells of the
//! UEs of its parts alone. So a replica that takes a part over knows its UEs; what it does not know is what its
//! predecessor told last, and it tells each of them once more, those that left not long ago included.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bus::{Bus, BusError, Change, Share};
use futures_util::FutureExt as _;
use model::Supi;
use tokio_util::sync::CancellationToken;

use crate::publish::Publisher;

/// The name of the work that replicas share.
const WORK: &str = "subscriber";
/// Before a broker that failed is asked again.
const PAUSE: Duration = Duration::from_secs(1);

/// The parts, and which of them are this replica's.
#[derive(Debug)]
pub(crate) struct Parts(Vec<AtomicBool>);

impl Parts {
    /// That many parts, none of them ours yet.
    pub(crate) fn new(parts: u16) -> Self {
        Self((0..parts.max(1)).map(|_| AtomicBool::new(false)).collect())
    }

    /// How many there are.
    pub(crate) fn count(&self) -> u16 {
        // Made from a u16.
        u16::try_from(self.0.len()).unwrap_or(u16::MAX)
    }

    /// Whether we tell of this UE.
    pub(crate) fn holds(&self, supi: &Supi) -> bool {
        self.0[usize::from(self.of(supi))].load(Ordering::Acquire)
    }

    /// The part of a UE: the same in every replica.
    pub(crate) fn of(&self, supi: &Supi) -> u16 {
        let number = match supi.imsi() {
            // Neighbouring IMSIs are spread evenly as they are.
            Some((value, _)) => value,
            // FNV-1a, 64 bits.
            None => supi.to_string().bytes().fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| {
                (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
            }),
        };
        // Less than the count.
        u16::try_from(number % self.0.len() as u64).unwrap_or_default()
    }

    /// Says whether a part is ours.
    pub(crate) fn set(&self, part: u16, held: bool) {
        if let Some(flag) = self.0.get(usize::from(part)) {
            flag.store(held, Ordering::Release);
        }
    }
}

/// Joins the replicas and takes what is given at once: on a bus of one process that is everything, and nothing needs
/// to be told again.
pub(crate) async fn join(bus: &dyn Bus, parts: &Parts) -> Result<Box<dyn Share>, BusError> {
    let mut share = bus.share(WORK, parts.count()).await?;
    while let Some(change) = share.change().now_or_never() {
        if let Change::Gained(part) = change? {
            parts.set(part, true);
        }
    }
    Ok(share)
}

/// Follows what this replica has to do until `stop`, then gives it back.
pub(crate) async fn run(
    publisher: Arc<Publisher>,
    bus: Arc<dyn Bus>,
    joined: Option<Box<dyn Share>>,
    stop: CancellationToken,
) {
    let mut share = joined;
    while !stop.is_cancelled() {
        let failed = match &mut share {
            Some(share) => follow(&publisher, share.as_mut(), &stop).await,
            None => match bus.share(WORK, publisher.parts().count()).await {
                Ok(joined) => {
                    share = Some(joined);
                    continue;
                }
                Err(error) => Err(error),
            },
        };
        if let Err(error) = failed {
            tracing::warn!(%error, "the subscriber's replicas cannot agree now; trying again");
            share = None;
            for part in 0..publisher.parts().count() {
                publisher.lose(part).await;
            }
            tokio::select! { () = stop.cancelled() => {}, () = tokio::time::sleep(PAUSE) => {} }
        }
    }
}

async fn follow(
    publisher: &Publisher,
    share: &mut dyn Share,
    stop: &CancellationToken,
) -> Result<(), BusError> {
    loop {
        let change = tokio::select! {
            () = stop.cancelled() => return Ok(()),
            change = share.change() => change?,
        };
        match change {
            Change::Gained(part) => {
                tracing::info!(part, "this replica tells of these UEs now");
                // What cannot be told now is told by a later poll: its UEs are in doubt.
                if let Err(error) = publisher.gain(part).await {
                    tracing::warn!(part, %error, "UEs that left cannot be told of; the poll looks again");
                }
            }
            Change::Lost(part) => {
                tracing::info!(part, "another replica tells of these UEs now");
                publisher.lose(part).await;
                share.release(part).await?;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_ue_has_one_part_and_parts_are_alike_in_size() {
        let parts = Parts::new(16);
        let mut sizes = [0; 16];
        for n in 0..16_000 {
            sizes[usize::from(parts.of(&Supi::from_imsi(208_930_000_000_000 + n, 15).expect("an IMSI")))] +=
                1;
        }
        assert!(sizes.iter().all(|size| *size == 1_000), "{sizes:?}");
        let nai: Supi = "nai-user@example.org".parse().expect("a SUPI");
        assert!(parts.of(&nai) < 16);
        parts.set(parts.of(&nai), true);
        assert!(parts.holds(&nai));
    }
}
