//! Shadowing: what houses and hills take away, the same for everyone who stands at the same place.

use crate::chance::mix;

/// Standard deviation of one cell's shadowing, dB (TR 38.901 Table 7.4.1-1, UMa NLOS).
pub const SIGMA_DB: f64 = 6.0;
/// Correlation of the shadowing of two cells at one place: half of it stems from what stands around the UE
/// (TR 36.814 Table A.2.1.1-2, between sites).
pub const SITE_CORRELATION: f64 = 0.5;
/// Distance between the points of the lattice that holds the random values, in metres. Bilinear interpolation over
/// 54 m has a correlation of e⁻¹ at 50 m, the correlation distance of TR 38.901 Table 7.5-6 (UMa NLOS).
pub const LATTICE_METERS: f64 = 54.0;
/// Shadowing is cut off at this many standard deviations.
pub const LIMIT_SIGMAS: f64 = 3.0;

/// A field of shadowing for each cell: random values on a lattice over the map, interpolated between.
///
/// A function of the place, not of the way there: who comes back finds what was there, and two UEs side by side see
/// the same. What all cells have in common at a place cancels in every comparison of cells and is left out, so the
/// deviation here is `SIGMA_DB` × √(1 − `SITE_CORRELATION`).
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shadow {
    seed: u64,
    sigma: f64,
}

impl Shadow {
    pub(crate) fn new(seed: u64) -> Self {
        Self { seed: mix(seed), sigma: SIGMA_DB * (1.0 - SITE_CORRELATION).sqrt() }
    }

    #[cfg(test)]
    pub(crate) fn none() -> Self {
        Self { seed: 0, sigma: 0.0 }
    }

    /// Shadowing of `cell` at this place of the map (metres), in dB.
    pub(crate) fn db(&self, cell: u32, east: f64, north: f64) -> f64 {
        let (x, y) = (east / LATTICE_METERS, north / LATTICE_METERS);
        let (column, row) = (x.floor(), y.floor());
        let (fx, fy) = (x - column, y - row);
        let (column, row) = (column as i64, row as i64);
        let corners = [
            (0, 0, (1.0 - fx) * (1.0 - fy)),
            (1, 0, fx * (1.0 - fy)),
            (0, 1, (1.0 - fx) * fy),
            (1, 1, fx * fy),
        ];
        let (mut sum, mut power) = (0.0, 0.0);
        for (dx, dy, weight) in corners {
            sum += weight * self.lattice(cell, column + dx, row + dy);
            power += weight * weight;
        }
        // Interpolation averages, so it shrinks the deviation; dividing by its weight keeps it the same everywhere.
        self.sigma * (sum / power.sqrt()).clamp(-LIMIT_SIGMAS, LIMIT_SIGMAS)
    }

    /// A nearly normal random value with deviation 1: the sum of four uniform ones (variance 4 / 12).
    fn lattice(&self, cell: u32, column: i64, row: i64) -> f64 {
        let bits = mix(mix(mix(self.seed ^ u64::from(cell)) ^ column as u64) ^ row as u64);
        let sum: u64 = (0..4).map(|lane| bits >> (16 * lane) & 0xffff).sum();
        (sum as f64 / 65_535.0 - 2.0) * 3f64.sqrt()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Correlation of the shadowing at pairs of places `apart` metres from each other, and its deviation in dB.
    fn correlation(apart: f64) -> (f64, f64) {
        let (mut product, mut square, mut count) = (0.0, 0.0, 0.0);
        for cell in 0..40 {
            for i in 0..1_000 {
                // An odd stride, so that all places between the lattice's points are met.
                let (east, north) = (f64::from(i) * 187.3, f64::from(i) * 91.7);
                let shadow = Shadow::new(7);
                let (a, b) = (shadow.db(cell, east, north), shadow.db(cell, east + apart, north));
                product += a * b;
                square += (a * a + b * b) / 2.0;
                count += 1.0;
            }
        }
        (product / square, f64::sqrt(square / count))
    }

    #[test]
    fn two_cells_differ_by_six_decibels() {
        let (one, deviation) = correlation(0.0);
        assert!((one - 1.0).abs() < 1e-9);
        // The difference of two independent fields has √2 times the deviation of one.
        assert!((deviation * f64::sqrt(2.0) - SIGMA_DB).abs() < 0.2, "{deviation}");
    }

    #[test]
    fn correlation_falls_to_a_third_at_fifty_meters() {
        let (at_50, _) = correlation(50.0);
        assert!((at_50 - 0.368).abs() < 0.06, "{at_50}");
        let (at_200, _) = correlation(200.0);
        assert!(at_200.abs() < 0.05, "{at_200}");
    }

    #[test]
    fn the_field_has_no_steps() {
        let shadow = Shadow::new(7);
        for meter in -200..200 {
            let at = |east: f64| shadow.db(3, east, 17.0);
            let step = at(f64::from(meter)) - at(f64::from(meter) + 0.01);
            assert!(step.abs() < 0.05, "{step} dB within a centimetre at {meter} m");
        }
    }
}
