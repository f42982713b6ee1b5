//! Whether somebody has to agree before an instance is moved, and has.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::words::open_words;

open_words! {
    /// How freely the app's instances are moved (ETSI GS MEC 021, `appMobilityServiceLevel`).
    pub enum MobilityLevel {
        /// They stay where they are, unless their site has failed.
        NotAllowed = "not_allowed",
        /// Somebody is asked before each move.
        WithConfirmation = "with_confirmation",
        /// Nobody is asked.
        WithoutConfirmation = "without_confirmation",
    }
}

open_words! {
    /// How it stands with the word that a move needs.
    pub enum ConsentState {
        /// It has not been asked for yet.
        Needed = "needed",
        /// It is asked for, and nobody has answered.
        Open = "open",
        /// It was asked for, and nobody answered in time.
        Expired = "expired",
        /// Somebody said no.
        Refused = "refused",
        /// Somebody said yes.
        Confirmed = "confirmed",
    }
}

/// The word that a move needs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Consent {
    /// How it stands.
    pub state: ConsentState,
    /// The generation of the order that would follow.
    pub generation: u64,
    /// How long ago it was asked, or answered, in milliseconds.
    pub age_ms: u64,
    /// For how long that still counts, in milliseconds.
    pub left_ms: u64,
}
