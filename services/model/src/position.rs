//! A point on the WGS 84 ellipsoid.

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Longitude and latitude in degrees, WGS 84, height 0. Longitude is in [−180, 180], latitude in [−90, 90],
/// both finite. JSON: `{"lon": …, "lat": …}`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Degrees", into = "Degrees")]
pub struct Position {
    lon: f64,
    lat: f64,
}

/// Why two numbers are no position.
#[derive(Debug, Clone, Copy, PartialEq, Error)]
pub enum PositionError {
    /// NaN or infinite.
    #[error("longitude {lon} or latitude {lat} is not a finite number")]
    NotFinite {
        /// Longitude as given.
        lon: f64,
        /// Latitude as given.
        lat: f64,
    },
    /// Latitude beyond a pole; often the columns are swapped.
    #[error("latitude {lat} is outside -90..90 (longitude comes first: are the columns swapped?)")]
    Latitude {
        /// Latitude as given.
        lat: f64,
    },
    /// Longitude beyond the antimeridian.
    #[error("longitude {lon} is outside -180..180")]
    Longitude {
        /// Longitude as given.
        lon: f64,
    },
}

impl Position {
    /// A position from degrees, longitude first (RFC 7946).
    ///
    /// # Errors
    /// [`PositionError`] says which number is out of range.
    pub fn new(lon: f64, lat: f64) -> Result<Self, PositionError> {
        if !lon.is_finite() || !lat.is_finite() {
            Err(PositionError::NotFinite { lon, lat })
        } else if lat.abs() > 90.0 {
            Err(PositionError::Latitude { lat })
        } else if lon.abs() > 180.0 {
            Err(PositionError::Longitude { lon })
        } else {
            Ok(Self { lon, lat })
        }
    }

    /// Longitude in degrees, east positive.
    pub const fn lon(&self) -> f64 {
        self.lon
    }

    /// Latitude in degrees, north positive.
    pub const fn lat(&self) -> f64 {
        self.lat
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Degrees {
    lon: f64,
    lat: f64,
}

impl TryFrom<Degrees> for Position {
    type Error = PositionError;
    fn try_from(d: Degrees) -> Result<Self, PositionError> {
        Self::new(d.lon, d.lat)
    }
}

impl From<Position> for Degrees {
    fn from(p: Position) -> Self {
        Self { lon: p.lon, lat: p.lat }
    }
}
