//! A condition as a snapshot has it: its JSON leaves out what is absent, which bytes without names cannot.

use model::{SiteCondition, Timestamp};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

pub(super) fn serialize<S: Serializer>(condition: &SiteCondition, serializer: S) -> Result<S::Ok, S::Error> {
    let saved: (u8, Option<Timestamp>) = match condition {
        SiteCondition::InService => (0, None),
        SiteCondition::Cordoned => (1, None),
        SiteCondition::Draining { deadline } => (2, *deadline),
        SiteCondition::Degraded => (3, None),
        SiteCondition::Failed => (4, None),
    };
    saved.serialize(serializer)
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<SiteCondition, D::Error> {
    let (grade, deadline) = <(u8, Option<Timestamp>)>::deserialize(deserializer)?;
    match grade {
        0 => Ok(SiteCondition::InService),
        1 => Ok(SiteCondition::Cordoned),
        2 => Ok(SiteCondition::Draining { deadline }),
        3 => Ok(SiteCondition::Degraded),
        4 => Ok(SiteCondition::Failed),
        grade => Err(D::Error::custom(format!("{grade} is no condition of a site"))),
    }
}
