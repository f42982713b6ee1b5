//! Whether instances of an app may be moved, and whether somebody has to agree: the levels of ETSI GS MEC 021.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::Generation;

/// How freely instances of an app are moved from site to site (ETSI GS MEC 021, `appMobilityServiceLevel`). First
/// placement and letting go are no moves.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MobilityLevel {
    /// `APP_MOBILITY_NOT_ALLOWED`: they stay where they are, unless their site has failed.
    NotAllowed,
    /// `APP_MOBILITY_WITH_CONFIRMATION`: somebody is asked before each move.
    WithConfirmation,
    /// `APP_MOBILITY_WITHOUT_CONFIRMATION`: nobody is asked.
    #[default]
    WithoutConfirmation,
}

impl MobilityLevel {
    /// Every level.
    pub const ALL: [Self; 3] = [Self::NotAllowed, Self::WithConfirmation, Self::WithoutConfirmation];

    /// Its name in configurations and explanations.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NotAllowed => "not-allowed",
            Self::WithConfirmation => "with-confirmation",
            Self::WithoutConfirmation => "without-confirmation",
        }
    }

    /// Whether it leaves every move free.
    pub const fn is_free(&self) -> bool {
        matches!(self, Self::WithoutConfirmation)
    }
}

/// The level of an app, and how long whoever is asked may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mobility {
    /// The level.
    pub level: MobilityLevel,
    /// How long a question stays open, and how long a yes counts from when it was given.
    pub confirmation_timeout: Duration,
}

impl Mobility {
    /// Nobody answers faster.
    pub const SHORTEST: Duration = Duration::from_secs(1);
    /// Who wanted to be elsewhere a day ago does no longer.
    pub const LONGEST: Duration = Duration::from_secs(24 * 3_600);
    /// For how many timeouts a no, or that nobody answered, is remembered before the same is asked again.
    pub const REMEMBERED: u32 = 10;
}

impl Default for Mobility {
    /// Nobody is asked; 60 s.
    fn default() -> Self {
        Self { level: MobilityLevel::default(), confirmation_timeout: Duration::from_secs(60) }
    }
}

/// How it stands with the word that a move needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Consent {
    /// It has not been asked for yet.
    Needed,
    /// It is asked for, and nobody has answered.
    Open,
    /// It was asked for, and nobody answered in time.
    Expired,
    /// Somebody said no.
    Refused,
    /// Somebody said yes.
    Confirmed,
}

impl Consent {
    /// Its name in events and tables.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Needed => "needed",
            Self::Open => "open",
            Self::Expired => "expired",
            Self::Refused => "refused",
            Self::Confirmed => "confirmed",
        }
    }
}

/// The word that a move needed, as it stood. The relocation id follows from app, instance and generation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConsentSeen {
    /// How it stood.
    pub state: Consent,
    /// The generation of the order that would follow.
    pub generation: Generation,
    /// How long ago it was asked, or answered, in milliseconds; 0 where it was not asked yet.
    pub age_ms: u64,
    /// For how long that still counts, in milliseconds.
    pub left_ms: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_called_as_in_json() {
        for level in MobilityLevel::ALL {
            let json = serde_json::to_string(&level).expect("JSON");
            assert_eq!(json, format!("\"{}\"", level.as_str()));
        }
        assert!(MobilityLevel::default().is_free() && !MobilityLevel::NotAllowed.is_free());
    }
}
