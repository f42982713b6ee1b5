//! Sites from GeoJSON (RFC 7946): a FeatureCollection of Points.

use std::path::Path;

use geojson::{Feature, GeometryValue, JsonObject, feature::Id};
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::json::{Element, document, each};
use super::{ReadError, Rows, SiteRow, Take};

#[derive(Deserialize)]
struct Collection<'a> {
    #[serde(rename = "type")]
    kind: Option<String>,
    #[serde(borrow)]
    features: Option<Vec<&'a RawValue>>,
    /// Older files name their reference system here.
    crs: Option<Value>,
}

pub(super) fn sites(
    path: &Path,
    text: &str,
    rows: &mut Rows,
    take: Take<'_, SiteRow>,
) -> Result<(), ReadError> {
    let collection: Collection<'_> = document(path, text)?;
    let refuse = |reason: String| ReadError::Syntax { file: path.into(), line: 1, reason };
    match (collection.kind.as_deref(), &collection.features) {
        (Some("FeatureCollection"), Some(_)) => {}
        (Some("FeatureCollection"), None) => {
            return Err(refuse("the FeatureCollection has no `features`".into()));
        }
        (kind, _) => {
            let found = kind.map_or("no `type`".to_owned(), |k| format!("type `{}`", super::cut(k)));
            return Err(refuse(format!("{found}, where a FeatureCollection of Points is wanted")));
        }
    }
    if let Some(crs) = collection.crs.filter(|crs| !crs.is_null() && !is_wgs84(crs)) {
        let name = super::cut(&crs.to_string());
        return Err(refuse(format!(
            "reference system {name}: convert to WGS 84, as RFC 7946 clause 4 wants it"
        )));
    }
    each(text, &collection.features.unwrap_or_default(), rows, |rows, element| match feature(&element) {
        Ok(Known::Site(row)) => take(rows, element.line, Ok(row)),
        Ok(Known::Other(kind)) => rows.skip(kind),
        Err((line, reason)) => take(rows, line, Err(reason)),
    })
}

enum Known {
    Site(SiteRow),
    Other(&'static str),
}

fn feature(element: &Element<'_>) -> Result<Known, (u64, String)> {
    // What is no JSON is told with its own line, what is no Feature with that of the feature.
    let _: &RawValue = element.parse()?;
    let here = |reason: String| (element.line, reason);
    let feature: Feature = element.text.parse().map_err(|e: geojson::Error| here(e.to_string()))?;
    let geometry = feature.geometry.ok_or_else(|| here("the feature has no geometry".into()))?;
    let GeometryValue::Point { coordinates } = &geometry.value else {
        return Ok(Known::Other(geometry.value.type_name()));
    };
    let [lon, lat, ..] = *coordinates.as_slice() else {
        return Err(here("a point needs longitude and latitude".into()));
    };
    let properties = feature.properties.unwrap_or_default();
    let id = text(&properties, "id").or(feature.id.map(|id| match id {
        Id::String(text) => text,
        Id::Number(number) => number.to_string(),
    }));
    let id = id.ok_or_else(|| here("the feature has no `properties.id`".into()))?;
    Ok(Known::Site(SiteRow {
        id,
        name: text(&properties, "name"),
        lon,
        lat,
        provider: text(&properties, "provider"),
        cluster: text(&properties, "cluster"),
        ingress: text(&properties, "ingress"),
        tier: text(&properties, "tier"),
        high: text(&properties, "high"),
        low: text(&properties, "low"),
        labels: labels(&properties),
        max_instances: text(&properties, "max_instances"),
    }))
}

fn text(properties: &JsonObject, name: &str) -> Option<String> {
    match properties.get(name)? {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

/// A list of texts, or one text with all of them.
fn labels(properties: &JsonObject) -> Option<String> {
    let Some(Value::Array(list)) = properties.get("labels") else { return text(properties, "labels") };
    // What is no text becomes one that no label can be, so that it is refused by name.
    let labels = list.iter().map(|label| label.as_str().map_or_else(|| label.to_string(), str::to_owned));
    Some(labels.collect::<Vec<_>>().join(" "))
}

/// CRS84 and EPSG:4326, however they are spelt.
fn is_wgs84(crs: &Value) -> bool {
    let text = crs.to_string();
    text.contains("CRS84") || text.contains("4326")
}
