//! Earth-centred, earth-fixed coordinates of points on the WGS 84 ellipsoid (EPSG:4978, height 0).

use model::Position;

/// Semi-major axis in metres (NGA.STND.0036, table 3.1).
const A: f64 = 6_378_137.0;
/// Flattening (NGA.STND.0036, table 3.1).
const F: f64 = 1.0 / 298.257_223_563;
/// First eccentricity squared.
const E2: f64 = F * (2.0 - F);

/// The point in metres. The straight line between two such points is never longer than the geodesic between
/// them, which is what makes the nearest-site search exact.
pub(crate) fn ecef(position: Position) -> [f64; 3] {
    let (sin_lat, cos_lat) = position.lat().to_radians().sin_cos();
    let (sin_lon, cos_lon) = position.lon().to_radians().sin_cos();
    let n = A / (1.0 - E2 * sin_lat * sin_lat).sqrt();
    [n * cos_lat * cos_lon, n * cos_lat * sin_lon, n * (1.0 - E2) * sin_lat]
}

/// The point of the surface on the line from the earth's centre through `point`; `None` at the centre, where
/// every direction is as good.
pub(crate) fn surface_below([x, y, z]: [f64; 3]) -> Option<Position> {
    let p = x.hypot(y);
    if p.max(z.abs()) < 1.0 {
        return None;
    }
    // For a point of the surface tan(latitude) = z / (p (1 - e²)); scaling the point keeps the quotient.
    let lat = z.atan2(p * (1.0 - E2)).to_degrees();
    let lon = y.atan2(x).to_degrees();
    Position::new(lon.clamp(-180.0, 180.0), lat.clamp(-90.0, 90.0)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_axes_are_where_they_should_be() {
        let at = |lon, lat| ecef(Position::new(lon, lat).expect("valid"));
        assert!((at(0.0, 0.0)[0] - A).abs() < 1e-6);
        assert!((at(90.0, 0.0)[1] - A).abs() < 1e-6);
        assert!((at(0.0, 90.0)[2] - 6_356_752.314_245).abs() < 1e-6);
    }

    #[test]
    fn a_point_of_the_surface_is_found_again() {
        for (lon, lat) in [(144.96, -37.81), (179.99, -17.5), (-179.99, 0.0), (12.0, 89.9), (7.4, 43.7)] {
            let position = Position::new(lon, lat).expect("valid");
            let again = surface_below(ecef(position)).expect("not the centre");
            assert!((again.lon() - lon).abs() < 1e-9 && (again.lat() - lat).abs() < 1e-9, "{again:?}");
        }
        assert_eq!(surface_below([0.0, 0.0, 0.0]), None);
    }
}
