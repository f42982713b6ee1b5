//! File formats of sites and cells.
//!
//! | content | sites | cells |
//! |---|---|---|
//! | GeoJSON FeatureCollection of Points (RFC 7946), and of Polygons that are their areas | yes | |
//! | AdvantEDGE scenario (a JSON array of assets) | assets `EDGE` | assets `POA-4G`, `POA-5G` |
//! | CSV with a header, see [`sites`] and [`cells`] | yes | yes |
//! | OpenCelliD export (CSV) | | rows `LTE`, `NR` |
//!
//! Each may be gzipped; that and the format are told by the content, not by the name. A byte order mark and CRLF
//! line ends are harmless. What is broken is told with file, line and reason. In a file of fewer than
//! [`TOLERANT_FROM_ROWS`] rows one broken row refuses the file, because somebody wrote it and wants to know; in a
//! larger one broken rows are counted, the first ten reported in [`Notes`], and skipped, unless they are more than
//! half.

mod advantedge;
mod area;
mod cells_csv;
mod error;
mod geojson;
mod json;
mod mnc;
mod opencellid;
mod rows;
mod site_area;
mod sites_csv;
mod table;
mod text;

use std::collections::HashMap;
use std::path::Path;

pub use area::{NamedArea, areas};
pub use error::{BrokenRow, ReadError};
use model::{Area, Cell, CellId, ClusterRef, PlmnId, Site, SiteId, Tac, Tier, WaterMarks};
use rows::Rows;
pub use rows::{Notes, TOLERANT_FROM_ROWS};
use text::Content;

/// At most so many sites or cells in one file.
const MAX_ROWS: u64 = 5_000_000;

/// What cells are given that do not say it themselves.
#[derive(Debug, Clone, Copy, Default)]
pub struct CellDefaults {
    /// Their network; needed for AdvantEDGE, whose cell ids have none.
    pub plmn: Option<PlmnId>,
    /// Their tracking area code; AdvantEDGE has none.
    pub tac: Option<Tac>,
}

/// Reads sites from GeoJSON, a CSV or an AdvantEDGE scenario.
///
/// A GeoJSON Point needs `properties.id` (or the feature's `id`); `properties.name`, `provider`, `cluster`, `ingress`,
/// `labels`, `max_instances`, `tier`, `high`, `low`, `tenants`, `cost` and `service_area` (a geometry) are optional. A site without `provider` gets
/// `provider`, one without `cluster` its id as cluster. A Polygon or MultiPolygon whose `properties.site`, `properties.id` or
/// `id` is that of a site is its service area, several are one. Other features are counted and skipped.
///
/// A CSV's header names the columns, in any order and case: `id` (or `site_id`), `lon` and `lat` (or `longitude` and
/// `latitude`) in degrees (WGS 84), and where wanted the others from above but `service_area`. Other columns
/// are counted and skipped. Fields are separated by commas and may be quoted; `#` begins a comment line.
///
/// # Errors
/// [`ReadError`] names the file, the line where there is one, and the reason.
pub fn sites(path: &Path, provider: Option<&str>) -> Result<(Vec<Site>, Notes), ReadError> {
    sites_with(path, provider, None)
}

/// As [`sites`], with water marks for those that the file gives none, or only one of the two.
pub(crate) fn sites_with(
    path: &Path,
    provider: Option<&str>,
    marks: Option<WaterMarks>,
) -> Result<(Vec<Site>, Notes), ReadError> {
    let content = text::read(path)?;
    let mut rows = Rows::of(path);
    let mut sites = Vec::new();
    let mut known: HashMap<SiteId, u64> = HashMap::new();
    let mut take = |rows: &mut Rows, line, row: Result<SiteRow, String>| match row
        .and_then(|row| row.into_site(provider, marks))
    {
        Ok(site) => match known.get(&site.id) {
            Some(first) => {
                rows.broken(line, format!("duplicate id `{}`, first on line {first}", site.id));
            }
            None => {
                known.insert(site.id.clone(), line);
                sites.push(site);
            }
        },
        Err(reason) => rows.broken(line, reason),
    };
    let polygons = match content.kind() {
        Content::JsonObject => geojson::sites(path, &content.text, &mut rows, &mut take)?,
        Content::JsonArray => {
            advantedge::sites(path, &content.text, &mut rows, &mut take)?;
            Vec::new()
        }
        Content::Text => {
            sites_csv::sites(path, &content.text, &mut rows, &mut take)?;
            Vec::new()
        }
        other @ (Content::Empty | Content::Xml) => {
            let wanted = "GeoJSON (a FeatureCollection), a CSV of sites or an AdvantEDGE scenario";
            return Err(other.instead_of(path, wanted));
        }
    };
    site_area::give(polygons, &mut sites, path, &mut rows)?;
    let notes = rows.finish(sites.len(), "sites")?;
    Ok((sites, notes))
}

/// Reads cells from a CSV, an export of OpenCelliD or an AdvantEDGE scenario.
///
/// The CSV's header names the columns, in any order: `mcc`, `mnc`, `nci`, `tac`, `lon`, `lat`. `nci` is an
/// nrCellId of up to 9 hex digits (`0x` allowed); E-UTRA cells have `eci`, 7 hex digits, in a column of that name.
/// `lon` and `lat` are degrees (WGS 84). `mcc` and `mnc` may be absent or empty where `defaults.plmn` is given,
/// `tac` may be absent or empty. Fields are separated by commas and may be quoted; `#` begins a comment line.
///
/// OpenCelliD has its MNCs as numbers. `defaults.plmn` is taken for those that it can mean; otherwise the country tells
/// how many digits there are. Cells of all networks are read, whatever `defaults.plmn` says.
///
/// # Errors
/// [`ReadError`] names the file, the line where there is one, and the reason.
pub fn cells(path: &Path, defaults: CellDefaults) -> Result<(Vec<Cell>, Notes), ReadError> {
    let content = text::read(path)?;
    let mut rows = Rows::of(path);
    let mut cells = Vec::new();
    let mut known: HashMap<CellId, u64> = HashMap::new();
    let mut take = |rows: &mut Rows, line, row: Result<Cell, String>| match row {
        Ok(cell) => match known.get(&cell.id) {
            Some(first) => rows.broken(line, format!("duplicate id {}, first on line {first}", cell.id)),
            None => {
                known.insert(cell.id, line);
                cells.push(cell);
            }
        },
        Err(reason) => rows.broken(line, reason),
    };
    match content.kind() {
        Content::JsonArray => advantedge::cells(path, &content.text, defaults, &mut rows, &mut take)?,
        Content::Text if opencellid::recognises(path, &content.text) => {
            opencellid::cells(path, &content.text, defaults, &mut rows, &mut take)?;
        }
        Content::Text => cells_csv::cells(path, &content.text, defaults, &mut rows, &mut take)?,
        other @ (Content::Empty | Content::Xml | Content::JsonObject) => {
            return Err(
                other.instead_of(path, "a CSV of cells, an export of OpenCelliD or an AdvantEDGE scenario")
            );
        }
    }
    let notes = rows.finish(cells.len(), "cells")?;
    Ok((cells, notes))
}

/// What takes one row of a file, good or broken, with its line.
type Take<'a, T> = &'a mut dyn FnMut(&mut Rows, u64, Result<T, String>);

/// A site as files tell it.
struct SiteRow {
    id: String,
    name: Option<String>,
    lon: f64,
    lat: f64,
    provider: Option<String>,
    cluster: Option<String>,
    ingress: Option<String>,
    tier: Option<String>,
    /// Water marks.
    high: Option<String>,
    low: Option<String>,
    /// Separated by spaces or semicolons.
    labels: Option<String>,
    max_instances: Option<String>,
    /// As labels.
    tenants: Option<String>,
    service_area: Option<Area>,
    cost: Option<String>,
}

impl SiteRow {
    /// The water marks of a site: its own, the rest as in `base`.
    fn marks(&self, base: Option<WaterMarks>) -> Result<Option<WaterMarks>, String> {
        if self.high.is_none() && self.low.is_none() {
            return Ok(base);
        }
        let base = base.unwrap_or_default();
        let share = |own: &Option<String>| own.as_deref().map(crate::section::share).transpose();
        let high = share(&self.high)?.unwrap_or(base.high);
        let marks = WaterMarks { high, low: share(&self.low)?.unwrap_or(base.low), ..base };
        marks.problem().map_or(Ok(Some(marks)), Err)
    }

    fn into_site(self, provider: Option<&str>, marks: Option<WaterMarks>) -> Result<Site, String> {
        let id = SiteId::new(&self.id).map_err(|e| e.to_string())?;
        let position = model::Position::new(self.lon, self.lat).map_err(|e| format!("site `{id}`: {e}"))?;
        // Only what stands in the file is judged here: the default is the caller's.
        let named = [self.provider.as_deref(), self.cluster.as_deref()];
        if let Some(wrong) = named.into_iter().flatten().find(|name| !model::name_is_valid(name)) {
            return Err(format!("site `{id}`: `{}` is no name that EMCO takes", cut(wrong)));
        }
        let provider = self.provider.as_deref().or(provider).ok_or_else(|| {
            format!(
                "site `{id}` has no cluster: give it `provider` and `cluster` in the file, or write `provider` beside \
                 `file` in the configuration"
            )
        })?;
        let cluster = self.cluster.as_deref().unwrap_or(id.as_str()).to_owned();
        let most = self.max_instances.as_deref().map(str::parse).transpose().map_err(|_| {
            let given = self.max_instances.as_deref().unwrap_or_default();
            format!("site `{id}`: max_instances `{}` is no whole number", cut(given))
        })?;
        let told = |problem| format!("site `{id}`: {problem}");
        let tier = self.tier.as_deref().map_or(Ok(Tier::default()), crate::load::tier_of).map_err(told)?;
        let cost = self.cost.as_deref().map(cost).transpose().map_err(told)?;
        let water_marks = self.marks(marks).map_err(told)?;
        let words = |what: &str, text: &Option<String>| {
            let words = text.as_deref().unwrap_or_default().split([' ', ';']).filter(|word| !word.is_empty());
            let words = words.map(|word| {
                let wrong =
                    || format!("site `{id}`: {what} `{}` is no name: {}", cut(word), crate::load::LABEL);
                model::name_is_valid(word).then(|| word.to_owned()).ok_or_else(wrong)
            });
            words.collect::<Result<_, _>>()
        };
        let (labels, tenants) = (words("label", &self.labels)?, words("tenant", &self.tenants)?);
        Ok(Site {
            name: self.name.unwrap_or_else(|| id.to_string()),
            position: Some(position),
            cluster: ClusterRef { provider: provider.to_owned(), cluster },
            ingress: self.ingress,
            tier,
            water_marks,
            labels,
            max_instances: most,
            service_area: self.service_area,
            tenants,
            cost,
            id,
        })
    }
}

fn cost(text: &str) -> Result<f64, String> {
    let cost = text.parse().map_err(|_| format!("cost `{}` is not a number", cut(text)))?;
    model::cost_problem(cost).map_or(Ok(cost), Err)
}

/// At most 64 characters, for messages.
pub(crate) fn cut(text: &str) -> String {
    text.chars().take(64).collect()
}
