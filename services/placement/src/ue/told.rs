//! Which decisions of the present episode have been published.

use model::Guard;
use serde::{Deserialize, Serialize};

/// What was told; an episode ends with an order, or when the instance is where it should be.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Told(u8);

/// Another site is best, and the policy holds the instance back.
const HOLD: u8 = 0x80;

/// The quality of service is too poor, and no site is better.
const POOR: u8 = 0x40;

/// The other bits: the guard that forbids the move, as last told.
const fn code(guard: Guard) -> u8 {
    match guard {
        Guard::ConcurrentRelocations => 1,
        Guard::Cordoned => 2,
        Guard::Draining => 3,
        Guard::Degraded => 4,
        Guard::Failed => 5,
        Guard::Full => 6,
        Guard::MissingLabel => 7,
        Guard::NoFeasibleSite => 8,
        Guard::Frozen => 9,
        Guard::QosViolated => 10,
        Guard::Overloaded => 11,
        Guard::Tenant => 12,
        Guard::Residency => 13,
        Guard::OutsideArea => 14,
        Guard::Cooldown => 15,
        Guard::PingPong => 16,
        Guard::FreezeWindow => 17,
        Guard::AppRate => 18,
        Guard::SiteConcurrent => 19,
        Guard::SiteRate => 20,
        Guard::TotalConcurrent => 21,
        Guard::TotalRate => 22,
        Guard::MobilityNotAllowed => 23,
        Guard::AwaitingConfirmation => 24,
        Guard::Uncertain => 25,
        Guard::HostStarting => 30,
    }
}

impl Told {
    /// Another site is best, and the policy holds the instance back; whether that is news.
    pub(crate) const fn tell_hold(&mut self) -> bool {
        let news = self.0 & HOLD == 0;
        self.0 |= HOLD;
        news
    }

    pub(crate) const fn forget_hold(&mut self) {
        self.0 &= !HOLD;
    }

    /// A guard forbids the move; whether that is news: nothing did, or another guard.
    pub(crate) const fn tell_blocked(&mut self, by: Guard) -> bool {
        let news = self.0 & !(HOLD | POOR) != code(by);
        self.0 = (self.0 & (HOLD | POOR)) | code(by);
        news
    }

    pub(crate) const fn forget_blocked(&mut self) {
        self.0 &= HOLD | POOR;
    }

    /// The quality of service is too poor, and no site is better; whether that is news.
    pub(crate) const fn tell_poor(&mut self) -> bool {
        let news = self.0 & POOR == 0;
        self.0 |= POOR;
        news
    }

    pub(crate) const fn forget_poor(&mut self) {
        self.0 &= !POOR;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_reason_is_told_once_in_a_row() {
        let mut told = Told::default();
        assert!(told.tell_hold() && !told.tell_hold());
        assert!(told.tell_blocked(Guard::Frozen) && !told.tell_blocked(Guard::Frozen));
        assert!(told.tell_blocked(Guard::ConcurrentRelocations) && told.tell_blocked(Guard::Frozen));
        told.forget_blocked();
        assert!(told.tell_blocked(Guard::Frozen) && !told.tell_hold());
        told.forget_hold();
        assert!(told.tell_hold() && !told.tell_blocked(Guard::Frozen));
        assert!(told.tell_poor() && !told.tell_poor() && !told.tell_blocked(Guard::Frozen));
        told.forget_blocked();
        assert!(!told.tell_poor() && !told.tell_hold());
        told.forget_poor();
        assert!(told.tell_poor());
    }
}
