//! Work that replicas of a service share out among themselves.

use async_trait::async_trait;

use crate::BusError;

/// What changed for one replica.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Change {
    /// This part of the work is this replica's from now on.
    Gained(u16),
    /// This replica must stop working on this part: another one waits for it to be released, or has it already.
    Lost(u16),
}

/// One replica's share of some work that is cut into parts. Every part is held by one replica as long as there is
/// one, and the broker says by which: consumer groups of Kafka, leases in a KV bucket of NATS.
///
/// A part that moves because replicas came or went moves after it was released. One whose holder died, or cannot
/// reach the broker, moves once its lease has run out; a holder that was merely slow learns of it late. So holding a
/// part is a reason to act, never a proof that nobody else does: what must happen once is fenced by what stands on
/// the streams. Dropping the share gives everything back.
#[async_trait]
pub trait Share: Send {
    /// Waits for the next change. A wait that is abandoned loses nothing.
    ///
    /// # Errors
    /// [`BusError`] where the broker can no longer be asked; everything counts as lost then.
    async fn change(&mut self) -> Result<Change, BusError>;

    /// Says that work on a part that was lost has stopped. A part that is held is given back.
    ///
    /// # Errors
    /// [`BusError`] where the broker cannot be told; the part moves when its lease runs out.
    async fn release(&mut self, part: u16) -> Result<(), BusError>;
}

/// The share of a replica that has no others beside it: everything, at once.
#[derive(Debug)]
pub struct Alone {
    given: u16,
    parts: u16,
}

impl Alone {
    /// Of work with this many parts.
    pub const fn new(parts: u16) -> Self {
        Self { given: 0, parts }
    }
}

#[async_trait]
impl Share for Alone {
    async fn change(&mut self) -> Result<Change, BusError> {
        if self.given < self.parts {
            self.given += 1;
            return Ok(Change::Gained(self.given - 1));
        }
        std::future::pending().await
    }

    async fn release(&mut self, _part: u16) -> Result<(), BusError> {
        Ok(())
    }
}
