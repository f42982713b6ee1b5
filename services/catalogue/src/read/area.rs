//! Areas from GeoJSON (RFC 7946): Polygons and MultiPolygons, each of them somebody's.

use std::collections::HashMap;
use std::path::Path;

use geojson::{Feature, GeometryValue, JsonObject, PolygonType, feature::Id};
use model::{Area, Position};
use serde_json::Value;

use super::geojson::{Element, feature, features, text};
use super::json::each;
use super::text::Content;
use super::{ReadError, Rows, cut};

/// An area of a file.
#[derive(Debug, Clone, PartialEq)]
pub struct NamedArea {
    /// Whose it is, or what it is called.
    pub name: String,
    /// The line of its feature, the first one where it has several.
    pub line: u64,
    /// The area: all polygons of this name.
    pub area: Area,
}

/// Reads the Polygons and MultiPolygons of a FeatureCollection. Each is named by the first of these properties that it
/// has, else by its `id`; those of one name are one area. Other geometries are counted and skipped.
///
/// # Errors
/// [`ReadError`] names the file, the line and the reason. One feature that is broken refuses the file, whatever its size:
/// what a missing area would allow is more than anybody wrote.
pub fn areas(path: &Path, names: &[&str]) -> Result<(Vec<NamedArea>, super::Notes), ReadError> {
    let content = super::text::read(path)?;
    let mut rows = Rows::of(path);
    match content.kind() {
        Content::JsonObject => {}
        other @ (Content::Empty | Content::JsonArray | Content::Xml | Content::Text) => {
            return Err(other.instead_of(path, "GeoJSON: a FeatureCollection of Polygons"));
        }
    }
    let mut all = Areas::default();
    let list = features(path, &content.text, "Polygons")?;
    let mut wrong = None;
    each(&content.text, &list, &mut rows, |rows, element| {
        if let Err((line, reason)) = all.take(&element, names, rows) {
            wrong.get_or_insert(ReadError::Syntax { file: path.into(), line, reason });
        }
    })?;
    if let Some(wrong) = wrong {
        return Err(wrong);
    }
    let notes = rows.finish(all.list.len(), "polygons")?;
    Ok((all.list, notes))
}

#[derive(Default)]
struct Areas {
    list: Vec<NamedArea>,
    known: HashMap<String, usize>,
}

impl Areas {
    fn take(&mut self, element: &Element<'_>, names: &[&str], rows: &mut Rows) -> Result<(), (u64, String)> {
        let (feature, line) = (feature(element)?, element.line);
        let here = |reason: String| (line, reason);
        let Some(geometry) = &feature.geometry else {
            return Err(here("the feature has no geometry".into()));
        };
        let Some(area) = area(&geometry.value) else {
            rows.skip(geometry.value.type_name());
            return Ok(());
        };
        let Some(name) = name(&feature, names) else {
            return Err(here(format!("the polygon has no `properties.{}`", names.join("` or `properties."))));
        };
        let area = area.map_err(|reason| here(format!("area of `{}`: {reason}", cut(&name))))?;
        self.add(NamedArea { name, line, area }).map_err(here)
    }

    fn add(&mut self, one: NamedArea) -> Result<(), String> {
        match self.known.get(&one.name) {
            Some(slot) => {
                let area = &mut self.list[*slot].area;
                *area = area.joined(&one.area).map_err(|e| format!("area of `{}`: {e}", cut(&one.name)))?;
            }
            None => {
                self.known.insert(one.name.clone(), self.list.len());
                self.list.push(one);
            }
        }
        Ok(())
    }
}

/// The first of these properties that is there, else the feature's `id`.
pub(super) fn name(feature: &Feature, names: &[&str]) -> Option<String> {
    let none = JsonObject::new();
    let properties = feature.properties.as_ref().unwrap_or(&none);
    names.iter().find_map(|name| text(properties, name)).or_else(|| id(feature))
}

/// A feature's own `id`.
pub(super) fn id(feature: &Feature) -> Option<String> {
    feature.id.as_ref().map(|id| match id {
        Id::String(text) => text.clone(),
        Id::Number(number) => number.to_string(),
    })
}

/// The area of a geometry, if it has one.
pub(super) fn area(geometry: &GeometryValue) -> Option<Result<Area, String>> {
    match geometry {
        GeometryValue::Polygon { coordinates } => Some(of(std::slice::from_ref(coordinates))),
        GeometryValue::MultiPolygon { coordinates } => Some(of(coordinates)),
        GeometryValue::Point { .. }
        | GeometryValue::MultiPoint { .. }
        | GeometryValue::LineString { .. }
        | GeometryValue::MultiLineString { .. }
        | GeometryValue::GeometryCollection { .. } => None,
    }
}

/// A geometry that stands among the properties of a site.
pub(super) fn property(value: &Value) -> Result<Area, String> {
    let geometry: geojson::Geometry = serde_json::from_value(value.clone()).map_err(|e| e.to_string())?;
    let kind = geometry.value.type_name();
    area(&geometry.value).unwrap_or_else(|| Err(format!("{kind}, where a Polygon or MultiPolygon is wanted")))
}

fn of(polygons: &[PolygonType]) -> Result<Area, String> {
    let position = |at: &geojson::Position| match *at.as_slice() {
        [lon, lat, ..] => Position::new(lon, lat).map_err(|e| e.to_string()),
        [] | [_] => Err("a corner needs longitude and latitude".to_owned()),
    };
    let ring = |ring: &Vec<geojson::Position>| ring.iter().map(position).collect();
    let polygon = |rings: &PolygonType| rings.iter().map(ring).collect();
    let polygons = polygons.iter().map(polygon).collect::<Result<_, String>>()?;
    Area::new(polygons).map_err(|e| e.to_string())
}
