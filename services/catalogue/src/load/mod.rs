//! Validates a [`Section`] into a [`Catalogue`], or tells all that is wrong with it.

mod app;
mod areas;
mod capacity;
mod cells;
mod groups;
mod labels;
mod limits;
mod mobility;
mod policy;
mod policy_file;
mod qos;
mod serving;
mod sites;
mod swapped;
mod users;
mod weighted;

use std::collections::HashSet;
use std::path::Path;

use model::{Cell, Limits, Pin, PlmnId, Position, Site, SiteId, TaiPin};
use serde_saphyr::{Location, Spanned};

use crate::error::Problems;
use crate::read::Notes;
use crate::section::{OptText, PointEntry, Text};
use crate::{AppSpec, CatalogueError, Section};
pub(crate) use capacity::tier_of;
pub(crate) use labels::LABEL;
use labels::labels;
pub use policy_file::policy;

/// What EdgeRoam knows of the world before it starts.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Catalogue {
    /// The network of cells that name none, where the configuration says one.
    pub plmn: Option<PlmnId>,
    /// Edge sites, in the order of the configuration; ids are unique.
    pub sites: Vec<Site>,
    /// Cells, in the order of the configuration; ids are unique, pins name sites that exist.
    pub cells: Vec<Cell>,
    /// Tracking areas that belong to a site; each at most once.
    pub tai_pins: Vec<TaiPin>,
    /// Applications; ids are unique.
    pub apps: Vec<AppSpec>,
    /// What limits relocations of all of them.
    pub limits: Limits,
    /// What was read from files, and what was skipped there.
    pub files: Vec<Notes>,
    /// What is allowed and yet looks like a mistake.
    pub warnings: Vec<String>,
}

/// Validates what the configuration says, reading the files that it names relative to `base_dir`.
///
/// # Errors
/// All that is wrong, not the first only. Fields are named by path and line; the name of the configuration file is
/// not known here.
pub fn load(section: &Section, base_dir: &Path) -> Result<Catalogue, Vec<CatalogueError>> {
    let mut problems = Problems::default();
    let plmn = section.plmn.0.as_ref().and_then(|entry| {
        plmn_of(&mut problems, "plmn", entry.referenced, &entry.value.mcc, &entry.value.mnc, None)
    });
    let mut catalogue = Catalogue { plmn, ..Catalogue::default() };
    sites::load(section, base_dir, &mut catalogue, &mut problems);
    cells::load(section, base_dir, &mut catalogue, &mut problems);
    cells::tracking_areas(section, &mut catalogue, &mut problems);
    areas::load(section, base_dir, &mut catalogue, &mut problems);
    app::load(section, base_dir, &mut catalogue, &mut problems);
    limits::load(section, &mut catalogue, &mut problems);
    // What depends on several sections would only repeat what is wrong with one.
    if problems.0.is_empty() {
        whole(section, &mut catalogue, &mut problems);
    }
    if problems.0.is_empty() { Ok(catalogue) } else { Err(problems.0) }
}

/// What no section can know alone.
fn whole(section: &Section, catalogue: &mut Catalogue, problems: &mut Problems) {
    let nowhere = Location::UNKNOWN;
    if catalogue.sites.is_empty() {
        problems.field("sites", nowhere, "is empty: name at least one edge site, or a file of sites");
        return;
    }
    let by_position = catalogue.cells.iter().any(|c| matches!(c.pin, Pin::Position(_)));
    if by_position && catalogue.sites.iter().all(|s| s.position.is_none()) {
        problems.field("sites", nowhere, "no site has a position (`at`), but cells are mapped by position");
    }
    if !catalogue.apps.is_empty() && catalogue.cells.is_empty() && catalogue.tai_pins.is_empty() {
        let reason =
            "is empty, and so is `tracking_areas`: nothing tells where UEs are, so apps would never move";
        problems.field("cells", nowhere, reason);
    }
    serving::ingress_addresses(section, catalogue, problems);
    labels::unmet(catalogue);
    let mut clusters = HashSet::new();
    for site in &catalogue.sites {
        if !clusters.insert(&site.cluster) {
            let (id, cluster) = (&site.id, &site.cluster);
            catalogue.warnings.push(format!(
                "site {id} shares cluster {}/{} with another site: between them nothing would move",
                cluster.provider, cluster.cluster
            ));
        }
    }
}

/// A PLMN from `mcc` and `mnc`, each from `default` where it is not given.
fn plmn_of(
    problems: &mut Problems,
    path: &str,
    at: Location,
    mcc: &OptText,
    mnc: &OptText,
    default: Option<PlmnId>,
) -> Option<PlmnId> {
    let said = |own: &OptText, other: Option<String>| own.as_ref().map(|t| t.value.0.clone()).or(other);
    let place = mcc.as_ref().or(mnc.as_ref()).map_or(at, |t| t.referenced);
    match (said(mcc, default.map(|p| p.mcc())), said(mnc, default.map(|p| p.mnc()))) {
        (Some(mcc), Some(mnc)) => problems.ok(path, place, PlmnId::new(&mcc, &mnc)),
        (None, None) => {
            problems.field(
                path,
                place,
                "no network: give `mcc` and `mnc` here, or once in the section `plmn`",
            );
            None
        }
        (None, _) => {
            problems.field(path, place, "`mcc` is missing");
            None
        }
        (_, None) => {
            problems.field(path, place, "`mnc` is missing");
            None
        }
    }
}

/// The text of a field that must be there.
fn required<'a>(
    problems: &mut Problems,
    path: &str,
    at: Location,
    name: &str,
    field: &'a OptText,
) -> Option<&'a Spanned<Text>> {
    if field.is_none() {
        problems.field(path, at, format!("`{name}` is missing"));
    }
    field.as_ref()
}

fn position(problems: &mut Problems, path: &str, at: &Spanned<PointEntry>) -> Option<Position> {
    problems.ok(format!("{path}.at"), at.referenced, Position::new(at.value.lon, at.value.lat))
}

/// A site that exists.
fn known_site(
    problems: &mut Problems,
    path: &str,
    site: &Spanned<Text>,
    sites: &HashSet<SiteId>,
) -> Option<SiteId> {
    let path = format!("{path}.site");
    let id = problems.ok(path.clone(), site.referenced, SiteId::new(&site.value.0))?;
    if sites.contains(&id) {
        return Some(id);
    }
    // Where no site is valid, their own errors say so.
    if !sites.is_empty() {
        problems.field(path, site.referenced, format!("there is no site `{id}` in `sites`"));
    }
    None
}

#[cfg(test)]
mod tests;
