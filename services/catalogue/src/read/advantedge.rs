//! Sites and cells from a scenario of AdvantEDGE (or of the ETSI MEC Sandbox): a JSON array of assets.
//!
//! `EDGE` assets are sites, by name. `POA-4G` and `POA-5G` assets are cells: their `cellId` is a bare eutraCellId
//! of 7 hex digits, or an nrCellId of 9, without a network, so the network comes from elsewhere. Assets of other
//! types (Wi-Fi, UEs, fog nodes …) are counted and skipped.

use std::path::Path;

use model::{Cell, CellId, Pin, Position, Tai};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::json::{document, each};
use super::{CellDefaults, ReadError, Rows, SiteRow, Take};

#[derive(Deserialize)]
struct Asset {
    name: Option<String>,
    #[serde(rename = "type")]
    kind: Option<String>,
    #[serde(rename = "geoData")]
    geo: Option<GeoData>,
    #[serde(rename = "poa4GConfig")]
    poa_4g: Option<CellConfig>,
    #[serde(rename = "poa5GConfig")]
    poa_5g: Option<CellConfig>,
}

#[derive(Deserialize)]
struct GeoData {
    location: Option<Point>,
}

#[derive(Deserialize)]
struct Point {
    coordinates: Vec<f64>,
}

#[derive(Deserialize)]
struct CellConfig {
    #[serde(rename = "cellId")]
    cell_id: Option<String>,
}

impl Asset {
    fn name(&self) -> Result<&str, String> {
        self.name.as_deref().filter(|n| !n.is_empty()).ok_or_else(|| "the asset has no `name`".into())
    }

    fn location(&self) -> Result<(f64, f64), String> {
        let point = self.geo.as_ref().and_then(|geo| geo.location.as_ref());
        match point.map(|p| p.coordinates.as_slice()) {
            Some([lon, lat, ..]) => Ok((*lon, *lat)),
            _ => Err(format!("asset `{}` has no `geoData.location`", self.name()?)),
        }
    }

    fn site(&self) -> Result<SiteRow, String> {
        let (lon, lat) = self.location()?;
        let id = self.name()?.to_owned();
        Ok(SiteRow {
            id,
            name: None,
            lon,
            lat,
            provider: None,
            cluster: None,
            ingress: None,
            tier: None,
            high: None,
            low: None,
            labels: None,
            max_instances: None,
            tenants: None,
            service_area: None,
            cost: None,
        })
    }

    fn cell(&self, nr: bool, defaults: CellDefaults) -> Result<Cell, String> {
        let name = self.name()?;
        let config = if nr { &self.poa_5g } else { &self.poa_4g };
        let id = config.as_ref().and_then(|c| c.cell_id.as_deref());
        let id = id.ok_or_else(|| format!("asset `{name}` has no `cellId`"))?;
        let plmn =
            defaults.plmn.ok_or("its cells have no network: give the section `plmn`, or mcc and mnc")?;
        let digits = if nr { 9 } else { 7 };
        if id.len() != digits {
            return Err(format!("asset `{name}`: cellId `{}` has not {digits} hex digits", super::cut(id)));
        }
        let of = if nr { CellId::nr(plmn, id, None) } else { CellId::eutra(plmn, id, None) };
        let id = of.map_err(|e| format!("asset `{name}`: {e}"))?;
        let (lon, lat) = self.location()?;
        let position = Position::new(lon, lat).map_err(|e| format!("asset `{name}`: {e}"))?;
        let tai = defaults.tac.map(|tac| Tai { plmn, tac, nid: None });
        Ok(Cell { id, tai, pin: Pin::Position(position) })
    }
}

pub(super) fn sites(
    path: &Path,
    text: &str,
    rows: &mut Rows,
    take: Take<'_, SiteRow>,
) -> Result<(), ReadError> {
    assets(path, text, rows, |rows, line, asset| match asset.kind.as_deref() {
        Some("EDGE") => take(rows, line, asset.site()),
        Some(kind) => rows.skip(kind),
        None => take(rows, line, Err("the asset has no `type`".into())),
    })
}

pub(super) fn cells(
    path: &Path,
    text: &str,
    defaults: CellDefaults,
    rows: &mut Rows,
    take: Take<'_, Cell>,
) -> Result<(), ReadError> {
    assets(path, text, rows, |rows, line, asset| match asset.kind.as_deref() {
        Some("POA-5G") => take(rows, line, asset.cell(true, defaults)),
        Some("POA-4G") => take(rows, line, asset.cell(false, defaults)),
        Some(kind) => rows.skip(kind),
        None => take(rows, line, Err("the asset has no `type`".into())),
    })
}

fn assets(
    path: &Path,
    text: &str,
    rows: &mut Rows,
    mut known: impl FnMut(&mut Rows, u64, Asset),
) -> Result<(), ReadError> {
    let list: Vec<&RawValue> = document(path, text)?;
    each(text, &list, rows, |rows, element| match element.parse::<Asset>() {
        Ok(asset) => known(rows, element.line, asset),
        Err((line, reason)) => rows.broken(line, reason),
    })
}
