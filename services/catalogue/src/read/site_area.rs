//! The polygons of a file of sites become areas of its sites.

use std::collections::HashMap;
use std::path::Path;

use model::{Area, Site};

use super::geojson::Polygon;
use super::{ReadError, Rows, cut};

/// Gives each site the polygons that are named like it. A polygon that says whose it is must name a site; one that is
/// only called something that no site is called is counted and skipped.
pub(super) fn give(
    polygons: Vec<Polygon>,
    sites: &mut [Site],
    path: &Path,
    rows: &mut Rows,
) -> Result<(), ReadError> {
    let slots = sites.iter().enumerate().map(|(slot, site)| (site.id.to_string(), slot));
    let slots: HashMap<String, usize> = if polygons.is_empty() { HashMap::new() } else { slots.collect() };
    let mut given: HashMap<usize, Area> = HashMap::new();
    for Polygon { line, name, is_of_site, kind, area } in polygons {
        let refuse = |reason: String| ReadError::Syntax { file: path.into(), line, reason };
        let Some(slot) = slots.get(&name) else {
            if is_of_site {
                return Err(refuse(format!(
                    "a polygon is of site `{}`, which is not in this file",
                    cut(&name)
                )));
            }
            rows.skip(kind);
            continue;
        };
        let told = |reason: String| refuse(format!("area of site `{name}`: {reason}"));
        if sites[*slot].service_area.is_some() {
            return Err(told("it has one in its properties already".into()));
        }
        let area = area.map_err(told)?;
        let area = match given.get(slot) {
            Some(other) => other.joined(&area).map_err(|e| told(e.to_string()))?,
            None => area,
        };
        given.insert(*slot, area);
    }
    for (slot, area) in given {
        sites[slot].service_area = Some(area);
    }
    Ok(())
}
