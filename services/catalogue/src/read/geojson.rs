//! Sites from GeoJSON (RFC 7946): a FeatureCollection of Points, with Polygons that are areas of theirs.

use std::path::Path;

use geojson::{Feature, GeometryValue, JsonObject};
use model::Area;
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

pub(super) use super::json::Element;
use super::json::{document, each};
use super::{ReadError, Rows, SiteRow, Take, area};

#[derive(Deserialize)]
struct Collection<'a> {
    #[serde(rename = "type")]
    kind: Option<String>,
    #[serde(borrow)]
    features: Option<Vec<&'a RawValue>>,
    /// Older files name their reference system here.
    crs: Option<Value>,
}

/// The features of a FeatureCollection; `wanted` says of what.
pub(super) fn features<'a>(path: &Path, text: &'a str, wanted: &str) -> Result<Vec<&'a RawValue>, ReadError> {
    let collection: Collection<'_> = document(path, text)?;
    let refuse = |reason: String| ReadError::Syntax { file: path.into(), line: 1, reason };
    if let Some(crs) = collection.crs.filter(|crs| !crs.is_null() && !is_wgs84(crs)) {
        let name = super::cut(&crs.to_string());
        return Err(refuse(format!(
            "reference system {name}: convert to WGS 84, as RFC 7946 clause 4 wants it"
        )));
    }
    match (collection.kind.as_deref(), collection.features) {
        (Some("FeatureCollection"), Some(features)) => Ok(features),
        (Some("FeatureCollection"), None) => Err(refuse("the FeatureCollection has no `features`".into())),
        (kind, _) => {
            let found = kind.map_or("no `type`".to_owned(), |k| format!("type `{}`", super::cut(k)));
            Err(refuse(format!("{found}, where a FeatureCollection of {wanted} is wanted")))
        }
    }
}

/// A polygon among sites: the area of one of them, if it is named like one.
pub(super) struct Polygon {
    pub(super) line: u64,
    pub(super) name: String,
    /// Whether it says that it is a site's.
    pub(super) is_of_site: bool,
    pub(super) kind: &'static str,
    pub(super) area: Result<Area, String>,
}

/// The polygons are handed back: what they are is known when all sites are.
pub(super) fn sites(
    path: &Path,
    text: &str,
    rows: &mut Rows,
    take: Take<'_, SiteRow>,
) -> Result<Vec<Polygon>, ReadError> {
    let features = features(path, text, "Points")?;
    let mut polygons = Vec::new();
    each(text, &features, rows, |rows, element| match known(&element) {
        Ok(Known::Site(row)) => take(rows, element.line, Ok(*row)),
        Ok(Known::Polygon(polygon)) => polygons.push(polygon),
        Ok(Known::Other(kind)) => rows.skip(kind),
        Err((line, reason)) => take(rows, line, Err(reason)),
    })?;
    Ok(polygons)
}

enum Known {
    Site(Box<SiteRow>),
    Polygon(Polygon),
    Other(&'static str),
}

/// A feature; otherwise the line and the reason.
pub(super) fn feature(element: &Element<'_>) -> Result<Feature, (u64, String)> {
    // What is no JSON is told with its own line, what is no Feature with that of the feature.
    let _: &RawValue = element.parse()?;
    element.text.parse().map_err(|e: geojson::Error| (element.line, e.to_string()))
}

fn known(element: &Element<'_>) -> Result<Known, (u64, String)> {
    let here = |reason: String| (element.line, reason);
    let feature = feature(element)?;
    let Some(geometry) = &feature.geometry else { return Err(here("the feature has no geometry".into())) };
    let kind = geometry.value.type_name();
    if let Some(area) = area::area(&geometry.value) {
        let is_of_site = feature.property("site").is_some_and(|site| !site.is_null());
        return Ok(match area::name(&feature, &["site", "id"]) {
            Some(name) => Known::Polygon(Polygon { line: element.line, name, is_of_site, kind, area }),
            None => Known::Other(kind),
        });
    }
    let GeometryValue::Point { coordinates } = &geometry.value else { return Ok(Known::Other(kind)) };
    let [lon, lat, ..] = *coordinates.as_slice() else {
        return Err(here("a point needs longitude and latitude".into()));
    };
    let id = area::name(&feature, &["id"]);
    let id = id.ok_or_else(|| here("the feature has no `properties.id`".into()))?;
    let properties = feature.properties.unwrap_or_default();
    let service_area = properties.get("service_area").filter(|area| !area.is_null()).map(area::property);
    let told = |reason: String| here(format!("service_area of `{}`: {reason}", super::cut(&id)));
    Ok(Known::Site(Box::new(SiteRow {
        service_area: service_area.transpose().map_err(told)?,
        name: text(&properties, "name"),
        lon,
        lat,
        provider: text(&properties, "provider"),
        cluster: text(&properties, "cluster"),
        ingress: text(&properties, "ingress"),
        tier: text(&properties, "tier"),
        high: text(&properties, "high"),
        low: text(&properties, "low"),
        labels: words(&properties, "labels"),
        max_instances: text(&properties, "max_instances"),
        tenants: words(&properties, "tenants"),
        cost: text(&properties, "cost"),
        id,
    })))
}

pub(super) fn text(properties: &JsonObject, name: &str) -> Option<String> {
    match properties.get(name)? {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

/// A list of texts, or one text with all of them.
fn words(properties: &JsonObject, name: &str) -> Option<String> {
    let Some(Value::Array(list)) = properties.get(name) else { return text(properties, name) };
    // What is no text becomes one that no name can be, so that it is refused by name.
    let words = list.iter().map(|word| word.as_str().map_or_else(|| word.to_string(), str::to_owned));
    Some(words.collect::<Vec<_>>().join(" "))
}

/// CRS84 and EPSG:4326, however they are spelt.
fn is_wgs84(crs: &Value) -> bool {
    let text = crs.to_string();
    text.contains("CRS84") || text.contains("4326")
}
