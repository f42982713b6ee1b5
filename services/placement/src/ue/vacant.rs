//! Vacant: nothing runs and nothing is ordered.

use serde::{Deserialize, Serialize};

use crate::ue::Wait;

/// Nothing runs for this instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Vacant {
    pub(crate) wait: Wait,
}
