//! Cells and tracking areas: inline and from files.

use std::collections::HashSet;
use std::path::Path;

use model::{Cell, CellId, Nid, Pin, PlmnId, SiteId, Tac, Tai, TaiPin};
use serde_saphyr::Spanned;

use super::{Catalogue, known_site, plmn_of, position, required, swapped};
use crate::error::{CatalogueError, Problems};
use crate::read;
use crate::section::{CellEntry, OptText, Section, TrackingAreaEntry};

pub(super) fn load(section: &Section, base: &Path, catalogue: &mut Catalogue, problems: &mut Problems) {
    let sites: HashSet<SiteId> = catalogue.sites.iter().map(|s| s.id.clone()).collect();
    let mut ids: HashSet<CellId> = HashSet::new();
    for (index, entry) in section.cells.0.0.iter().enumerate() {
        let path = format!("cells[{index}]");
        let found = match &entry.value.file {
            Some(_) => from_file(entry, &path, base, catalogue, problems),
            None => inline(entry, &path, catalogue.plmn, &sites, problems).into_iter().collect(),
        };
        for cell in found {
            if ids.insert(cell.id) {
                catalogue.cells.push(cell);
            } else {
                let reason = format!("duplicate id: cell {} is there already; ids are unique", cell.id);
                problems.field(path.clone(), entry.referenced, reason);
            }
        }
    }
}

fn from_file(
    entry: &Spanned<CellEntry>,
    path: &str,
    base: &Path,
    catalogue: &mut Catalogue,
    problems: &mut Problems,
) -> Vec<Cell> {
    let CellEntry { mcc, mnc, nci, eci, nid, tac, at, site, file } = &entry.value;
    let Some(file) = file else { return Vec::new() };
    if nci.is_some() || eci.is_some() || nid.is_some() || at.is_some() || site.is_some() {
        let reason =
            "beside `file` only `mcc`, `mnc` and `tac` are allowed, for cells that have none of their own";
        problems.field(path, file.referenced, reason);
    }
    let plmn = if mcc.is_some() || mnc.is_some() {
        plmn_of(problems, path, entry.referenced, mcc, mnc, catalogue.plmn)
    } else {
        catalogue.plmn
    };
    let tac = optional::<Tac>(problems, path, "tac", tac);
    let name = base.join(&file.value.0);
    match read::cells(&name, read::CellDefaults { plmn, tac: tac.flatten() }) {
        Ok((cells, notes)) => {
            catalogue.files.push(notes);
            if let Some(reason) = swapped::suspicion(&cells, &catalogue.sites) {
                problems.field(
                    format!("{path}.file"),
                    file.referenced,
                    format!("{}: {reason}", name.display()),
                );
            }
            cells
        }
        Err(source) => {
            problems.0.push(CatalogueError::File { field: format!("{path}.file"), source });
            Vec::new()
        }
    }
}

fn inline(
    entry: &Spanned<CellEntry>,
    path: &str,
    default: Option<PlmnId>,
    sites: &HashSet<SiteId>,
    problems: &mut Problems,
) -> Option<Cell> {
    let cell = &entry.value;
    let plmn = plmn_of(problems, path, entry.referenced, &cell.mcc, &cell.mnc, default);
    let nid = optional::<Nid>(problems, path, "nid", &cell.nid);
    let tac = optional::<Tac>(problems, path, "tac", &cell.tac);
    let id = match (&cell.nci, &cell.eci) {
        (Some(nci), None) => plmn.zip(nid).and_then(|(plmn, nid)| {
            problems.ok(format!("{path}.nci"), nci.referenced, CellId::nr(plmn, &nci.value.0, nid))
        }),
        (None, Some(eci)) => plmn.zip(nid).and_then(|(plmn, nid)| {
            problems.ok(format!("{path}.eci"), eci.referenced, CellId::eutra(plmn, &eci.value.0, nid))
        }),
        (None, None) => {
            let reason = "`nci` is missing: the nrCellId as up to 9 hex digits (or `eci`: 7, for E-UTRA)";
            problems.field(path, entry.referenced, reason);
            None
        }
        (Some(_), Some(eci)) => {
            problems.field(path, eci.referenced, "`nci` and `eci` in one: a cell is either NR or E-UTRA");
            None
        }
    };
    let pin = match (&cell.at, &cell.site) {
        (Some(at), None) => position(problems, path, at).map(Pin::Position),
        (None, Some(site)) => known_site(problems, path, site, sites).map(Pin::Site),
        (None, None) => {
            let reason =
                "give a position, `at: {lon: …, lat: …}`, or the site that it belongs to, `site: ID`";
            problems.field(path, entry.referenced, reason);
            None
        }
        (Some(_), Some(site)) => {
            problems.field(
                path,
                site.referenced,
                "`at` and `site` in one: a cell is mapped one way or the other",
            );
            None
        }
    };
    let (tac, nid) = (tac?, nid?);
    Some(Cell { id: id?, tai: plmn.zip(tac).map(|(plmn, tac)| Tai { plmn, tac, nid }), pin: pin? })
}

pub(super) fn tracking_areas(section: &Section, catalogue: &mut Catalogue, problems: &mut Problems) {
    let sites: HashSet<SiteId> = catalogue.sites.iter().map(|s| s.id.clone()).collect();
    let mut known: HashSet<Tai> = HashSet::new();
    for (index, entry) in section.tracking_areas.0.0.iter().enumerate() {
        let path = format!("tracking_areas[{index}]");
        let Some(pin) = tracking_area(entry, &path, catalogue.plmn, &sites, problems) else { continue };
        if known.insert(pin.tai) {
            catalogue.tai_pins.push(pin);
        } else {
            problems.field(path, entry.referenced, format!("duplicate: {} is there already", pin.tai));
        }
    }
}

fn tracking_area(
    entry: &Spanned<TrackingAreaEntry>,
    path: &str,
    default: Option<PlmnId>,
    sites: &HashSet<SiteId>,
    problems: &mut Problems,
) -> Option<TaiPin> {
    let area = &entry.value;
    let plmn = plmn_of(problems, path, entry.referenced, &area.mcc, &area.mnc, default);
    let nid = optional::<Nid>(problems, path, "nid", &area.nid);
    let tac = required(problems, path, entry.referenced, "tac", &area.tac)
        .and_then(|tac| problems.ok(format!("{path}.tac"), tac.referenced, tac.value.0.parse::<Tac>()));
    let site = required(problems, path, entry.referenced, "site", &area.site)
        .and_then(|site| known_site(problems, path, site, sites));
    Some(TaiPin { tai: Tai { plmn: plmn?, tac: tac?, nid: nid? }, site: site? })
}

/// The value of a field that may be left out; `None` where it is there and wrong.
fn optional<T: std::str::FromStr<Err = model::IdentError>>(
    problems: &mut Problems,
    path: &str,
    name: &str,
    field: &OptText,
) -> Option<Option<T>> {
    match field {
        None => Some(None),
        Some(text) => problems.ok(format!("{path}.{name}"), text.referenced, text.value.0.parse()).map(Some),
    }
}
