//! EMCO's JSON, as recorded. Members that EdgeRoam does not need are not read.

pub(crate) mod group;
pub(crate) mod placement;
pub(crate) mod status;

use serde::{Deserialize, Deserializer};

/// EMCO says `null` for what is empty.
pub(crate) fn null_is_empty<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Default + Deserialize<'de>,
{
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}
