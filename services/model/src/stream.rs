//! The streams that every bus carries.

/// A stream of the bus. The key is what keeps its order and, for [`latest_per_key`](Self::latest_per_key)
/// streams, what the last value is kept for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Stream {
    /// [`UeEvent`](crate::UeEvent); key: the SUPI.
    UeEvents,
    /// [`SiteRecord`](crate::SiteRecord); key: the site id, for reports with `/` and their source, for loads with
    /// `/load` after that.
    Sites,
    /// [`OperatorCommand`](crate::OperatorCommand); key: the site id, app `/` instance, or the app.
    Commands,
    /// [`Decision`](crate::Decision); key: app `/` instance.
    Decisions,
    /// [`Order`](crate::Order); key: app `/` instance.
    Orders,
    /// [`Outcome`](crate::Outcome); key: app `/` instance.
    Outcomes,
    /// [`InstanceState`](crate::InstanceState); key: app `/` instance.
    Instances,
    /// What an executor must not forget of an instance: open saga logs and what is left over; key: app `/` instance.
    /// Read by the replica that takes over.
    Sagas,
    /// [`QosReport`](crate::QosReport); key: the SUPI.
    Qos,
    /// What no consumer could digest, with the reason; key: the original key.
    DeadLetter,
}

impl Stream {
    /// Every stream.
    pub const ALL: [Stream; 10] = [
        Self::UeEvents,
        Self::Sites,
        Self::Commands,
        Self::Decisions,
        Self::Orders,
        Self::Outcomes,
        Self::Instances,
        Self::DeadLetter,
        Self::Sagas,
        Self::Qos,
    ];

    /// Its name on every bus.
    pub const fn name(self) -> &'static str {
        match self {
            Self::UeEvents => "ue-events",
            Self::Sites => "sites",
            Self::Commands => "commands",
            Self::Decisions => "decisions",
            Self::Orders => "orders",
            Self::Outcomes => "outcomes",
            Self::Instances => "instances",
            Self::Sagas => "sagas",
            Self::Qos => "qos",
            Self::DeadLetter => "dead-letter",
        }
    }

    /// Whether the last value of every key is kept for ever.
    pub const fn latest_per_key(self) -> bool {
        matches!(self, Self::Sites | Self::Instances | Self::Sagas)
    }
}
