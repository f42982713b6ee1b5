//! The public side: events for other people's systems, under the names that the contract gives them.

pub(crate) mod json;

use async_trait::async_trait;
use bytes::Bytes;

use crate::BusError;

/// The JetStream stream that carries every public event.
pub const NATS_STREAM: &str = "EDGEROAM_EVENTS";
/// The JetStream stream that keeps the last event of every instance and site, for late joiners.
pub const NATS_LATEST_STREAM: &str = "EDGEROAM_EVENTS_LATEST";
/// What subjects and topics begin with: the contract's name and version.
pub const PREFIX: &str = "edgeroam.v1";

/// Which public events belong together: a Kafka topic each, `edgeroam.v1.` and the name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Topic {
    /// Where UEs are.
    UeLocation,
    /// What quality of service UEs get.
    UeQos,
    /// What sites can take.
    SiteStatus,
    /// Decisions.
    Decisions,
    /// Orders.
    Orders,
    /// What became of orders, step by step.
    Outcomes,
    /// Where instances serve: the last state of each is kept for ever.
    Instances,
}

impl Topic {
    /// Every topic.
    pub const ALL: [Self; 7] = [
        Self::UeLocation,
        Self::UeQos,
        Self::SiteStatus,
        Self::Decisions,
        Self::Orders,
        Self::Outcomes,
        Self::Instances,
    ];

    /// Its name after `edgeroam.v1.`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::UeLocation => "ue-location",
            Self::UeQos => "ue-qos",
            Self::SiteStatus => "site-status",
            Self::Decisions => "decisions",
            Self::Orders => "orders",
            Self::Outcomes => "outcomes",
            Self::Instances => "instances",
        }
    }

    /// Whether late joiners find the last event of every key, however old it is.
    pub const fn latest_per_key(self) -> bool {
        matches!(self, Self::SiteStatus | Self::Instances)
    }
}

/// A CloudEvents 1.0 event on its way to or from a broker. The bus knows where it goes, not what it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicEvent {
    /// Where it goes.
    pub topic: Topic,
    /// The token of its type in subjects: `ue-location`, `relocation-completed`, `instance`.
    pub kind: Box<str>,
    /// The app that it is about, if it is about one.
    pub app: Option<Box<str>>,
    /// Its `partitionkey`: events with the same key keep their order.
    pub key: Box<str>,
    /// The context attributes but `datacontenttype`, in the order in which they are written.
    pub attributes: Vec<(Box<str>, Box<str>)>,
    /// JSON.
    pub data: Bytes,
}

impl PublicEvent {
    /// A context attribute.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(own, _)| &**own == name).map(|(_, value)| &**value)
    }
}

/// How events are put on the wire (CloudEvents 1.0, "HTTP/Kafka/NATS Protocol Binding").
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ContentMode {
    /// Attributes in headers, data as the payload.
    #[default]
    Binary,
    /// One JSON object with everything, `application/cloudevents+json`.
    Structured,
}

/// Where public events are put.
#[async_trait]
pub trait Outlet: Send + Sync + 'static {
    /// Puts the events on the broker in their order and returns once it has them. An event that was put there
    /// before, by its `id`, is suppressed or can be told by that id.
    ///
    /// # Errors
    /// [`BusError`]; a repetition is safe.
    async fn put(&self, events: Vec<PublicEvent>) -> Result<(), BusError>;
}

/// Which public events a reader wants.
#[derive(Debug, Clone, Default)]
pub struct Interest {
    /// Of these topics; of all where it is empty.
    pub topics: Vec<Topic>,
    /// From the oldest event that is kept, not from now on.
    pub from_oldest: bool,
}

/// A reader of public events that leaves no trace at the broker and holds nobody back.
#[async_trait]
pub trait Inlet: Send {
    /// Waits for at least one event.
    ///
    /// # Errors
    /// [`BusError`] where the broker cannot be read any more.
    async fn next(&mut self) -> Result<Vec<PublicEvent>, BusError>;
}
