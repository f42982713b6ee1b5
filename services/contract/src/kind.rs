//! The kinds of public events and their names.

/// A kind of public event. Its names are part of the contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Where a UE is: [`UeLocation`](crate::v1::UeLocation).
    UeLocation,
    /// What quality of service a UE gets: [`UeQos`](crate::v1::UeQos).
    UeQos,
    /// What a site can take: [`SiteStatus`](crate::v1::SiteStatus).
    SiteStatus,
    /// What was decided for an instance: [`RelocationDecided`](crate::v1::RelocationDecided).
    Decided,
    /// What must be carried out: [`RelocationOrdered`](crate::v1::RelocationOrdered).
    Ordered,
    /// How far an order is: [`RelocationProgress`](crate::v1::RelocationProgress).
    Progress,
    /// The target is proven to serve: [`RelocationCompleted`](crate::v1::RelocationCompleted).
    Completed,
    /// Everything is as before: [`RelocationUndone`](crate::v1::RelocationUndone).
    Undone,
    /// An operator is needed: [`RelocationFailed`](crate::v1::RelocationFailed).
    Failed,
    /// The order was stale: [`RelocationFenced`](crate::v1::RelocationFenced).
    Fenced,
    /// Where an instance serves: [`Instance`](crate::v1::Instance).
    Instance,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 11] = [
        Self::UeLocation,
        Self::UeQos,
        Self::SiteStatus,
        Self::Decided,
        Self::Ordered,
        Self::Progress,
        Self::Completed,
        Self::Undone,
        Self::Failed,
        Self::Fenced,
        Self::Instance,
    ];

    /// The CloudEvents `type`. It ends with the version of the data.
    pub const fn event_type(self) -> &'static str {
        match self {
            Self::UeLocation => "io.edgeroam.ue.location.v1",
            Self::UeQos => "io.edgeroam.ue.qos.v1",
            Self::SiteStatus => "io.edgeroam.site.status.v1",
            Self::Decided => "io.edgeroam.relocation.decided.v1",
            Self::Ordered => "io.edgeroam.relocation.ordered.v1",
            Self::Progress => "io.edgeroam.relocation.progress.v1",
            Self::Completed => "io.edgeroam.relocation.completed.v1",
            Self::Undone => "io.edgeroam.relocation.undone.v1",
            Self::Failed => "io.edgeroam.relocation.failed.v1",
            Self::Fenced => "io.edgeroam.relocation.fenced.v1",
            Self::Instance => "io.edgeroam.instance.v1",
        }
    }

    /// The kind of a CloudEvents `type`.
    pub fn of_type(event_type: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.event_type() == event_type)
    }

    /// Its token in NATS subjects, in ids and in the names of schemas.
    pub const fn subject_token(self) -> &'static str {
        match self {
            Self::UeLocation => "ue-location",
            Self::UeQos => "ue-qos",
            Self::SiteStatus => "site-status",
            Self::Decided => "relocation-decided",
            Self::Ordered => "relocation-ordered",
            Self::Progress => "relocation-progress",
            Self::Completed => "relocation-completed",
            Self::Undone => "relocation-undone",
            Self::Failed => "relocation-failed",
            Self::Fenced => "relocation-fenced",
            Self::Instance => "instance",
        }
    }

    /// Its Kafka topic, after `edgeroam.v1.`.
    pub const fn topic(self) -> &'static str {
        match self {
            Self::UeLocation => "ue-location",
            Self::UeQos => "ue-qos",
            Self::SiteStatus => "site-status",
            Self::Decided => "decisions",
            Self::Ordered => "orders",
            Self::Progress | Self::Completed | Self::Undone | Self::Failed | Self::Fenced => "outcomes",
            Self::Instance => "instances",
        }
    }

    /// Whether late joiners find the last event of every key, however old it is.
    pub const fn latest_per_key(self) -> bool {
        matches!(self, Self::SiteStatus | Self::Instance)
    }

    /// What names the schema of its data: the CloudEvents `dataschema`. It identifies and is not to be fetched.
    pub fn schema_uri(self) -> String {
        format!("urn:edgeroam:events:v1:{}", self.subject_token())
    }

    /// Whether its events are about one app.
    pub const fn names_app(self) -> bool {
        match self {
            Self::UeLocation | Self::UeQos | Self::SiteStatus => false,
            Self::Decided
            | Self::Ordered
            | Self::Progress
            | Self::Completed
            | Self::Undone
            | Self::Failed
            | Self::Fenced
            | Self::Instance => true,
        }
    }
}
