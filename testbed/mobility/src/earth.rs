//! As much geometry as radio needs: straight lines through a spherical earth.
//!
//! Path loss is uncertain by decibels, so a sphere does; which *site* is nearest is not decided here.

/// Mean radius in metres (IUGG).
pub(crate) const RADIUS_METERS: f64 = 6_371_008.8;

/// A point of the sphere in metres from its centre.
pub(crate) type Place = [f64; 3];

/// The point at this longitude and latitude, in degrees.
pub(crate) fn place(lon: f64, lat: f64) -> Place {
    let (lon, lat) = (lon.to_radians(), lat.to_radians());
    let around = RADIUS_METERS * libm::cos(lat);
    [around * libm::cos(lon), around * libm::sin(lon), RADIUS_METERS * libm::sin(lat)]
}

/// The square of the straight distance, in square metres.
pub(crate) fn distance_squared(a: Place, b: Place) -> f64 {
    let [x, y, z] = [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
    x * x + y * y + z * z
}

/// The straight distance in metres.
pub(crate) fn distance(a: Place, b: Place) -> f64 {
    distance_squared(a, b).sqrt()
}

/// Whether two numbers are a longitude and a latitude.
pub(crate) fn check(lon: f64, lat: f64) -> Result<(), String> {
    if !lon.is_finite() || !lat.is_finite() {
        Err(format!("longitude {lon} or latitude {lat} is not a finite number"))
    } else if lat.abs() > 90.0 {
        Err(format!("latitude {lat} is outside -90..90 (longitude comes first: are the columns swapped?)"))
    } else if lon.abs() > 180.0 {
        Err(format!("longitude {lon} is outside -180..180"))
    } else {
        Ok(())
    }
}

/// A flat map of the surroundings of one point.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Flat {
    lon: f64,
    lat: f64,
    meters_per_degree_lon: f64,
}

/// Metres in one degree of latitude.
const METERS_PER_DEGREE: f64 = RADIUS_METERS * std::f64::consts::PI / 180.0;

impl Flat {
    /// The map around this point; true to scale along its parallel and its meridians.
    pub(crate) fn around(lon: f64, lat: f64) -> Self {
        Self { lon, lat, meters_per_degree_lon: METERS_PER_DEGREE * libm::cos(lat.to_radians()) }
    }

    /// Metres east and north of the centre; the shorter way round the antimeridian.
    pub(crate) fn to_meters(self, lon: f64, lat: f64) -> (f64, f64) {
        (shorter(lon - self.lon) * self.meters_per_degree_lon, (lat - self.lat) * METERS_PER_DEGREE)
    }

    /// Longitude and latitude of a point this many metres east and north of the centre.
    pub(crate) fn to_degrees(self, east: f64, north: f64) -> (f64, f64) {
        (self.lon + east / self.meters_per_degree_lon, self.lat + north / METERS_PER_DEGREE)
    }
}

/// A difference of longitudes, the shorter way round.
pub(crate) fn shorter(degrees: f64) -> f64 {
    if degrees > 180.0 {
        degrees - 360.0
    } else if degrees < -180.0 {
        degrees + 360.0
    } else {
        degrees
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_degree_of_latitude_is_111_km() {
        let meters = distance(place(7.0, 43.0), place(7.0, 44.0));
        assert!((meters - 111_194.0).abs() < 10.0, "{meters}");
    }

    #[test]
    fn the_antimeridian_is_no_border() {
        assert!(distance(place(179.999, 0.0), place(-179.999, 0.0)) < 250.0);
        let (east, _) = Flat::around(179.999, 0.0).to_meters(-179.999, 0.0);
        assert!((east - 222.4).abs() < 1.0, "{east}");
    }

    #[test]
    fn degrees_and_meters_round_trip() {
        let map = Flat::around(3.25, 41.5);
        let (lon, lat) = map.to_degrees(1234.5, -678.9);
        let (east, north) = map.to_meters(lon, lat);
        assert!((east - 1234.5).abs() < 1e-6 && (north + 678.9).abs() < 1e-6);
    }

    #[test]
    fn what_is_no_position_is_refused() {
        assert!(check(7.4, 43.7).is_ok());
        assert!(check(f64::NAN, 0.0).is_err());
        assert!(check(43.0, 144.9).expect_err("beyond the pole").contains("swapped"));
        assert!(check(180.5, 0.0).is_err());
    }
}
