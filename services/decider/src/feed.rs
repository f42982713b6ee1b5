//! The streams that the engine lives on, and how far each one has been taken in.

use bus::Sequence;
use model::Stream;
use serde::{Deserialize, Serialize};

/// A stream that the decider reads. Orders are its own; it reads them after a restart only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Feed {
    UeEvents,
    Outcomes,
    Instances,
    Orders,
    Sites,
    Commands,
    Qos,
}

impl Feed {
    /// Whether what is older than retention keeps does not matter any more.
    pub(crate) const fn fades(self) -> bool {
        matches!(self, Self::Qos)
    }

    /// In the order in which history is read: what runs where, then what is said of sites and what operators ask, then
    /// what was ordered since, then what became of it, then what UEs did, and last what was measured of them. How far
    /// each one goes is asked in the opposite order, so that nothing is known without its cause.
    pub(crate) const HISTORY: [Self; 7] = [
        Self::Instances,
        Self::Sites,
        Self::Commands,
        Self::Orders,
        Self::Outcomes,
        Self::UeEvents,
        Self::Qos,
    ];
    /// Those that are followed.
    pub(crate) const LIVE: [Self; 6] =
        [Self::UeEvents, Self::Outcomes, Self::Instances, Self::Sites, Self::Commands, Self::Qos];

    pub(crate) const fn stream(self) -> Stream {
        match self {
            Self::UeEvents => Stream::UeEvents,
            Self::Outcomes => Stream::Outcomes,
            Self::Instances => Stream::Instances,
            Self::Orders => Stream::Orders,
            Self::Sites => Stream::Sites,
            Self::Commands => Stream::Commands,
            Self::Qos => Stream::Qos,
        }
    }
}

/// The last position of each stream that the engine has taken in (of `orders`: that is published).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Positions {
    ue_events: Sequence,
    outcomes: Sequence,
    instances: Sequence,
    orders: Sequence,
    sites: Sequence,
    commands: Sequence,
    qos: Sequence,
}

impl Positions {
    pub(crate) const fn get(&self, feed: Feed) -> Sequence {
        match feed {
            Feed::UeEvents => self.ue_events,
            Feed::Outcomes => self.outcomes,
            Feed::Instances => self.instances,
            Feed::Orders => self.orders,
            Feed::Sites => self.sites,
            Feed::Commands => self.commands,
            Feed::Qos => self.qos,
        }
    }

    /// Positions only grow.
    pub(crate) fn advance(&mut self, feed: Feed, to: Sequence) {
        let position = match feed {
            Feed::UeEvents => &mut self.ue_events,
            Feed::Outcomes => &mut self.outcomes,
            Feed::Instances => &mut self.instances,
            Feed::Orders => &mut self.orders,
            Feed::Sites => &mut self.sites,
            Feed::Commands => &mut self.commands,
            Feed::Qos => &mut self.qos,
        };
        *position = (*position).max(to);
    }
}
