//! Where a UE is, as finely as a network can say it.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::{Position, PositionError};

/// A position and how far the UE may be from it: an ellipsoid point with uncertainty circle (TS 23.032 clause 5.2). The
/// uncertainty is finite and not negative. JSON: `{"lon": …, "lat": …, "uncertainty_meters": …}`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Stated", into = "Stated")]
pub struct UePosition {
    at: Position,
    uncertainty_meters: f64,
}

/// Why numbers are no position of a UE.
#[derive(Debug, Clone, Copy, PartialEq, Error)]
pub enum UePositionError {
    /// The centre is none.
    #[error(transparent)]
    Position(#[from] PositionError),
    /// The radius is none.
    #[error("uncertainty {meters} is not a finite number of metres, 0 or more")]
    Uncertainty {
        /// Metres as given.
        meters: f64,
    },
}

impl UePosition {
    /// The centre of the circle and its radius in metres.
    ///
    /// # Errors
    /// [`UePositionError::Uncertainty`] where the radius is negative or not finite.
    pub fn new(at: Position, uncertainty_meters: f64) -> Result<Self, UePositionError> {
        if uncertainty_meters.is_finite() && uncertainty_meters >= 0.0 {
            Ok(Self { at, uncertainty_meters })
        } else {
            Err(UePositionError::Uncertainty { meters: uncertainty_meters })
        }
    }

    /// The centre of the circle.
    pub const fn at(&self) -> Position {
        self.at
    }

    /// The radius of the circle in metres.
    pub const fn uncertainty_meters(&self) -> f64 {
        self.uncertainty_meters
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stated {
    lon: f64,
    lat: f64,
    uncertainty_meters: f64,
}

impl TryFrom<Stated> for UePosition {
    type Error = UePositionError;
    fn try_from(stated: Stated) -> Result<Self, UePositionError> {
        Self::new(Position::new(stated.lon, stated.lat)?, stated.uncertainty_meters)
    }
}

impl From<UePosition> for Stated {
    fn from(position: UePosition) -> Self {
        let UePosition { at, uncertainty_meters } = position;
        Self { lon: at.lon(), lat: at.lat(), uncertainty_meters }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_circle_is_read_and_written_and_a_bad_one_refused() {
        let text = r#"{"lon":-2.97,"lat":53.4,"uncertainty_meters":21.0}"#;
        let read: UePosition = serde_json::from_str(text).expect("valid");
        assert_eq!(serde_json::to_string(&read).expect("JSON"), text);
        for bad in [
            r#"{"lon":0.0,"lat":91.0,"uncertainty_meters":1.0}"#,
            r#"{"lon":0.0,"lat":0.0,"uncertainty_meters":-1.0}"#,
            r#"{"lon":0.0,"lat":0.0}"#,
        ] {
            assert!(serde_json::from_str::<UePosition>(bad).is_err(), "{bad}");
        }
        let at = Position::new(0.0, 0.0).expect("valid");
        assert!(UePosition::new(at, f64::NAN).is_err() && UePosition::new(at, f64::INFINITY).is_err());
    }
}
