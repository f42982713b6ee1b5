//! The types of events.

/// A type of events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// Where a UE is, that it is idle or connected, or that it has left.
    UeLocation,
    /// What quality of service a UE gets.
    UeQos,
    /// What a site is and can take.
    SiteStatus,
    /// What was decided, and why.
    Decided,
    /// An order to the executor.
    Ordered,
    /// A step of an order was finished, or what became of its source after the switch.
    Progress,
    /// The switch is verified.
    Completed,
    /// It failed and was undone: the source serves as before.
    Undone,
    /// It failed and could not be undone.
    Failed,
    /// The order was stale.
    Fenced,
    /// Where an instance serves.
    Instance,
}

impl Kind {
    /// Every type.
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

    /// The attribute `type`, with the version.
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

    /// The type of this name.
    pub fn of_type(event_type: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.event_type() == event_type)
    }

    /// Its token in NATS subjects: `edgeroam.v1.<token>.<app>.<key>`.
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

    /// Its Kafka topic after `edgeroam.v1.`.
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

    /// The address of its JSON Schema: the attribute `dataschema`.
    pub fn schema_uri(self) -> String {
        format!("urn:edgeroam:schema:{}", self.event_type())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_is_found_by_its_name_and_no_two_are_alike() {
        for kind in Kind::ALL {
            assert_eq!(Kind::of_type(kind.event_type()), Some(kind));
            let tokens = Kind::ALL.iter().filter(|other| other.subject_token() == kind.subject_token());
            assert_eq!(tokens.count(), 1);
        }
        assert_eq!(Kind::of_type("io.edgeroam.instance.v2"), None);
    }
}
