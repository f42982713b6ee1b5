//! Many areas, by what surrounds their polygons: a question meets few of them.

use model::{Area, Position};
use rstar::primitives::{GeomWithData, Rectangle};
use rstar::{AABB, RTree};

use super::Shape;

/// What surrounds a polygon, with the number of its area and that of its shape.
type Surround = GeomWithData<Rectangle<[f64; 2]>, (u32, u32)>;

/// Areas by number, in the order in which they were given.
#[derive(Debug)]
pub(crate) struct Mosaic {
    shapes: Vec<Shape>,
    tree: RTree<Surround>,
}

impl Mosaic {
    pub(crate) fn new<'a>(areas: impl IntoIterator<Item = &'a Area>) -> Self {
        let (mut shapes, mut surrounds) = (Vec::new(), Vec::new());
        for (number, area) in (0_u32..).zip(areas) {
            for polygon in area.polygons() {
                let shape = Shape::new(polygon);
                let (low, high) = shape.corners();
                surrounds
                    .push(Surround::new(Rectangle::from_corners(low, high), (number, shapes.len() as u32)));
                shapes.push(shape);
            }
        }
        Self { shapes, tree: RTree::bulk_load(surrounds) }
    }

    /// The numbers of the areas that hold a position, each once, ascending, into a buffer that is emptied first.
    pub(crate) fn at(&self, position: Position, found: &mut Vec<u32>) {
        found.clear();
        for at in twins(position) {
            let near = self.tree.locate_in_envelope_intersecting(AABB::from_point(at));
            let holding =
                near.map(|one| one.data).filter(|(_, shape)| self.shapes[*shape as usize].holds(at));
            found.extend(holding.map(|(area, _)| area));
        }
        found.sort_unstable();
        found.dedup();
    }

    /// Whether any area holds a position.
    pub(crate) fn holds(&self, position: Position) -> bool {
        let mut found = Vec::new();
        self.at(position, &mut found);
        !found.is_empty()
    }
}

/// The longitudes and latitudes of a position: on the antimeridian there are two.
fn twins(position: Position) -> impl Iterator<Item = [f64; 2]> {
    let (lon, lat) = (position.lon(), position.lat());
    let other = (lon.abs() == 180.0).then_some([-lon, lat]);
    std::iter::once([lon, lat]).chain(other)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn area(json: &str) -> Area {
        serde_json::from_str(json).expect("an area")
    }

    fn at(lon: f64, lat: f64) -> Position {
        Position::new(lon, lat).expect("valid")
    }

    #[test]
    fn an_area_that_is_cut_at_the_antimeridian_holds_it() {
        let fiji = area(
            "[[[[177,-20],[180,-20],[180,-15],[177,-15],[177,-20]]],[[[-180,-20],[-178,-20],[-178,-15],[-180,-15],[-180,-20]]]]",
        );
        let east = area("[[[[179,-17],[180,-17],[180,-16],[179,-16],[179,-17]]]]");
        let mosaic = Mosaic::new([&fiji, &east]);
        let held = |lon, lat| {
            let mut found = vec![9];
            mosaic.at(at(lon, lat), &mut found);
            found
        };
        assert_eq!((held(179.5, -16.5), held(-179.5, -16.5)), (vec![0, 1], vec![0]));
        assert_eq!((held(180.0, -16.5), held(-180.0, -16.5)), (vec![0, 1], vec![0, 1]));
        assert_eq!((held(0.0, -16.5), held(-177.9, -16.5)), (vec![], vec![]));
    }

    #[test]
    fn what_lies_in_a_hole_is_outside_unless_an_island_holds_it() {
        let lake = "[[0,0],[9,0],[9,9],[0,9],[0,0]],[[3,3],[6,3],[6,6],[3,6],[3,3]]";
        let with = |island: &str| Mosaic::new([&area(&format!("[[{lake}]{island}]"))]);
        let island = with(",[[[4,4],[5,4],[5,5],[4,5],[4,4]]]");
        let bare = with("");
        assert!(!bare.holds(at(4.5, 4.5)) && island.holds(at(4.5, 4.5)) && !island.holds(at(3.5, 4.5)));
        // A shore belongs to the land.
        assert!(bare.holds(at(3.0, 4.0)) && bare.holds(at(1.0, 1.0)) && bare.holds(at(0.0, 9.0)));
    }
}
