//! One polygon, ready to be asked often: its edges by bands of latitude, so that a question meets few of them.

use geo::Coord;
use geo::kernels::{Kernel as _, Orientation, RobustKernel};
use model::Position;

type Edge = [Coord<f64>; 2];

/// One polygon with its holes.
#[derive(Debug)]
pub(super) struct Shape {
    low: [f64; 2],
    high: [f64; 2],
    edges: Vec<Edge>,
    /// Edges by band, those of one band after those of the one below it.
    listed: Vec<u32>,
    /// Where each band begins in that list, and where the last one ends.
    bands: Vec<u32>,
}

impl Shape {
    pub(super) fn new(polygon: &[Vec<Position>]) -> Self {
        let coord = |at: &Position| Coord { x: at.lon(), y: at.lat() };
        let edges: Vec<Edge> = polygon
            .iter()
            .flat_map(|ring| ring.windows(2).map(|ends| [coord(&ends[0]), coord(&ends[1])]))
            .collect();
        let corners = || edges.iter().flatten();
        let least = |of: fn(&Coord<f64>) -> f64| corners().map(of).fold(f64::INFINITY, f64::min);
        let most = |of: fn(&Coord<f64>) -> f64| corners().map(of).fold(f64::NEG_INFINITY, f64::max);
        let (low, high) = ([least(|c| c.x), least(|c| c.y)], [most(|c| c.x), most(|c| c.y)]);
        let mut shape = Self { low, high, edges, listed: Vec::new(), bands: Vec::new() };
        shape.sort_by_bands();
        shape
    }

    /// South-west and north-east corner of what surrounds it.
    pub(super) const fn corners(&self) -> ([f64; 2], [f64; 2]) {
        (self.low, self.high)
    }

    /// Whether a longitude and latitude lie inside or on an edge: an odd count of edges lies east of it.
    pub(super) fn holds(&self, [x, y]: [f64; 2]) -> bool {
        if x < self.low[0] || x > self.high[0] || y < self.low[1] || y > self.high[1] {
            return false;
        }
        let (at, band) = (Coord { x, y }, self.band(y, self.bands.len() - 1));
        let mut inside = false;
        for slot in &self.listed[self.bands[band] as usize..self.bands[band + 1] as usize] {
            let [from, to] = self.edges[*slot as usize];
            let ((west, east), (south, north)) = (sorted(from.x, to.x), sorted(from.y, to.y));
            if east < x || north < y || south > y {
                continue;
            }
            let side = RobustKernel::orient2d(from, to, at);
            if side == Orientation::Collinear && west <= x {
                return true;
            }
            // Its lower end belongs to an edge and its upper end does not, so that a corner counts once.
            let crosses = (from.y > y) != (to.y > y);
            let east_of_it =
                if to.y > from.y { Orientation::CounterClockwise } else { Orientation::Clockwise };
            inside ^= crosses && side == east_of_it;
        }
        inside
    }

    /// As many bands as give each edge a few entries, however long it is.
    fn sort_by_bands(&mut self) {
        let height = self.high[1] - self.low[1];
        let climbs: f64 = self.edges.iter().map(|[from, to]| (to.y - from.y).abs()).sum();
        let count =
            ((3.0 * self.edges.len() as f64 * height / climbs) as usize).clamp(1, self.edges.len().max(1));
        let touched = |edge: &Edge| {
            let (south, north) = sorted(edge[0].y, edge[1].y);
            self.band(south, count)..=self.band(north, count)
        };
        let mut starts = vec![0_u32; count + 1];
        self.edges.iter().flat_map(touched).for_each(|band| starts[band + 1] += 1);
        (0..count).for_each(|band| starts[band + 1] += starts[band]);
        let (mut next, mut listed) = (starts.clone(), vec![0; starts[count] as usize]);
        for (slot, edge) in self.edges.iter().enumerate() {
            for band in touched(edge) {
                listed[next[band] as usize] = slot as u32;
                next[band] += 1;
            }
        }
        (self.listed, self.bands) = (listed, starts);
    }

    /// The band of a latitude of this polygon; never a lower one for a higher latitude.
    fn band(&self, lat: f64, count: usize) -> usize {
        let share = (lat - self.low[1]) / (self.high[1] - self.low[1]);
        ((share * count as f64) as usize).min(count - 1)
    }
}

fn sorted(a: f64, b: f64) -> (f64, f64) {
    if a <= b { (a, b) } else { (b, a) }
}

#[cfg(test)]
mod tests {
    use geo::{Intersects as _, LineString, Point};
    use rand::{RngExt as _, SeedableRng as _};
    use rand_chacha::ChaCha8Rng;

    use super::*;

    fn ring(corners: &[(f64, f64)]) -> Vec<Position> {
        let closed = corners.iter().chain(corners.first());
        closed.map(|(lon, lat)| Position::new(*lon, *lat).expect("valid")).collect()
    }

    /// The same polygon as `geo` sees it.
    fn peer(polygon: &[Vec<Position>]) -> geo::Polygon {
        let mut rings = polygon
            .iter()
            .map(|ring| LineString::from(ring.iter().map(|at| (at.lon(), at.lat())).collect::<Vec<_>>()));
        geo::Polygon::new(rings.next().expect("an outer ring"), rings.collect())
    }

    /// A star: simple, with edges of every length and direction; `step` snaps its corners to a grid.
    fn star(random: &mut ChaCha8Rng, corners: usize, step: f64) -> Vec<(f64, f64)> {
        let corner = |(n, radius): (usize, f64)| {
            let turn = n as f64 / corners as f64 * std::f64::consts::TAU;
            let snap = |value: f64| (value / step).round() * step;
            (snap(radius * turn.cos()), snap(radius * turn.sin()))
        };
        (0..corners).map(|n| corner((n, random.random_range(4.0..20.0)))).collect()
    }

    #[test]
    fn it_holds_what_the_library_says_that_it_holds() {
        let mut random = ChaCha8Rng::seed_from_u64(1);
        // With few corners a grid makes no edges cross; where edges cross, the library counts otherwise.
        for (corners, step) in [(3, 1.0), (4, 1.0), (6, 1.0), (7, 1.0), (7, 1e-9), (50, 1e-9), (900, 1e-9)] {
            for _ in 0..4 {
                let hole = ring(&[(-1.0, -1.0), (1.0, -1.0), (0.5, 1.5)]);
                let polygon = [ring(&star(&mut random, corners, step)), hole];
                let (shape, peer) = (Shape::new(&polygon), peer(&polygon));
                let mut asked: Vec<(f64, f64)> =
                    polygon.iter().flatten().map(|at| (at.lon(), at.lat())).collect();
                // Whole numbers hit corners, edges and the lines through them.
                asked.extend((0..1_000).map(|n| (f64::from(n % 40) - 20.0, f64::from(n / 40 % 40) - 20.0)));
                asked.extend(
                    (0..1_000).map(|_| (random.random_range(-21.0..21.0), random.random_range(-21.0..21.0))),
                );
                for (lon, lat) in asked {
                    let expected = peer.intersects(&Point::new(lon, lat));
                    assert_eq!(shape.holds([lon, lat]), expected, "{corners} corners, {step}: {lon}, {lat}");
                }
            }
        }
    }

    #[test]
    fn bands_stay_few_where_every_edge_goes_from_bottom_to_top() {
        let teeth = (0..2_000).map(|n| (f64::from(n) / 100.0, f64::from(n % 2)));
        let mut comb: Vec<(f64, f64)> = teeth.collect();
        comb.push((19.99, -1.0));
        comb.push((0.0, -1.0));
        let shape = Shape::new(&[ring(&comb)]);
        assert!(shape.listed.len() <= 5 * shape.edges.len(), "{}", shape.listed.len());
        assert!(shape.holds([0.0, -0.5]) && shape.holds([0.01, 0.999]) && !shape.holds([0.02, 0.5]));
    }
}
