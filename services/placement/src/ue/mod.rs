//! What is kept of a UE and of its instances: a few dozen bytes each, the instance split by its state.

mod crew;
mod ordered;
mod presence;
mod serving;
mod table;
mod told;
mod vacant;
mod wait;

use std::num::NonZeroU64;

use model::{Generation, Supi, Timestamp};
use serde::{Deserialize, Serialize};

use crate::index::{InstanceIx, OwnerIx, SiteIx};
use crate::policy::Accounts;

pub(crate) use crew::{Crew, Crews};
pub(crate) use ordered::Ordered;
pub(crate) use presence::{Kind, Presence, Present, Share};
pub(crate) use serving::Serving;
pub(crate) use table::{Census, Instances, Ues};
pub(crate) use told::Told;
pub(crate) use vacant::Vacant;
pub(crate) use wait::{Wait, back_off};

/// What can stand in a slot of a slab.
pub(crate) trait Slot {
    /// What stands in a slot that is not in use.
    fn vacant() -> Self;
}

/// Where a UE is: a place of the catalogue, a location that the catalogue does not know, nowhere, or gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) struct Whereabouts(u32);

impl Whereabouts {
    /// The core no longer knows the UE.
    pub(crate) const GONE: Self = Self(u32::MAX);
    /// Somewhere that is not even worth remembering.
    pub(crate) const UNKNOWN: Self = Self(u32::MAX - 1);

    pub(crate) const fn new(number: u32) -> Self {
        Self(number)
    }

    pub(crate) const fn number(self) -> usize {
        self.0 as usize
    }
}

/// An instant that can be absent at no cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Instant(NonZeroU64);

impl From<Timestamp> for Instant {
    fn from(at: Timestamp) -> Self {
        Self(NonZeroU64::MIN.saturating_add(at.as_micros()))
    }
}

impl From<Instant> for Timestamp {
    fn from(at: Instant) -> Self {
        Timestamp::from_micros(at.0.get() - 1)
    }
}

/// A UE that uses at least one app.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Ue {
    pub(crate) supi: Supi,
    /// First byte of the report that brought it where it is.
    pub(crate) observed_at: Timestamp,
    pub(crate) whereabouts: Whereabouts,
    /// The first of its instances; the others hang on to it.
    pub(crate) first: Option<InstanceIx>,
}

/// One (app, instance), whether it runs or not, whether its UE is known or not.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Instance {
    /// The instance id as a number.
    pub(crate) id: Option<NonZeroU64>,
    /// The newest generation known.
    pub(crate) generation: Generation,
    /// When it must be looked at again; the entry of the timer heap with this instant is the live one.
    pub(crate) armed: Option<Instant>,
    pub(crate) state: State,
    /// What the policy `regret` remembers while it serves; most instances are at their best site and have nothing to
    /// remember.
    pub(crate) accounts: Option<Box<Accounts>>,
    /// The UE or the group that it serves, where that is known: after a cold start instances are known before their UEs,
    /// and an instance whose UE has left is remembered for its generation.
    pub(crate) owner: Option<OwnerIx>,
    /// The next instance of the same UE.
    pub(crate) next: Option<InstanceIx>,
    pub(crate) app: u16,
    /// Orders in a row that came to nothing.
    pub(crate) failures: u8,
    pub(crate) told: Told,
    /// Whether it is a host: of a shared app, at one site, without a UE.
    pub(crate) host: bool,
}

/// What an instance is doing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) enum State {
    Vacant(Vacant),
    Serving(Serving),
    Ordered(Ordered),
}

impl State {
    /// What serves at `site`, or nothing.
    pub(crate) fn at(site: Option<SiteIx>, since: Timestamp) -> Self {
        match site {
            Some(site) => Self::Serving(Serving { site, since, better_since: None, wait: Wait::Free }),
            None => Self::Vacant(Vacant { wait: Wait::Free }),
        }
    }

    /// Why it is not ordered although it should be.
    pub(crate) const fn wait(&self) -> Wait {
        match self {
            Self::Vacant(vacant) => vacant.wait,
            Self::Serving(serving) => serving.wait,
            Self::Ordered(_) => Wait::Free,
        }
    }

    pub(crate) const fn set_wait(&mut self, to: Wait) {
        match self {
            Self::Vacant(vacant) => vacant.wait = to,
            Self::Serving(serving) => serving.wait = to,
            Self::Ordered(_) => (),
        }
    }

    /// Where it serves, and since when.
    pub(crate) fn serving(&self) -> Option<(SiteIx, Timestamp)> {
        match self {
            Self::Vacant(_) => None,
            Self::Serving(serving) => Some((serving.site, serving.since)),
            Self::Ordered(ordered) => ordered.source.map(|site| (site, ordered.since)),
        }
    }

    pub(crate) const fn better_since(&self) -> Option<Instant> {
        match self {
            Self::Serving(serving) => serving.better_since,
            Self::Vacant(_) | Self::Ordered(_) => None,
        }
    }
}

impl Slot for Ue {
    fn vacant() -> Self {
        let supi = Supi::from_imsi(0, 5).unwrap_or_else(|| unreachable!("five zeros are an IMSI"));
        Self { supi, observed_at: Timestamp::from_micros(0), whereabouts: Whereabouts::GONE, first: None }
    }
}

impl Slot for Instance {
    fn vacant() -> Self {
        Self::new(0)
    }
}

impl Instance {
    /// An instance of an app of which nothing is known.
    pub(crate) fn new(app: u16) -> Self {
        Self {
            id: None,
            generation: Generation(0),
            armed: None,
            state: State::at(None, Timestamp::from_micros(0)),
            accounts: None,
            owner: None,
            next: None,
            app,
            failures: 0,
            told: Told::default(),
            host: false,
        }
    }

    /// Whether it serves or is ordered. One that does neither either waits for its first placement, or has ended
    /// and is remembered for its generation.
    pub(crate) const fn exists(&self) -> bool {
        !matches!(self.state, State::Vacant(_))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ue_with_one_instance_fits_in_little_more_than_a_hundred_bytes() {
        assert_eq!(size_of::<Ue>(), 32);
        assert!(size_of::<Instance>() <= 80, "{}", size_of::<Instance>());
    }
}
