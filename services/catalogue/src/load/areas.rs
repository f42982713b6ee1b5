//! Service areas of sites, and where data of apps may be.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use model::Area;

use super::Catalogue;
use crate::error::{CatalogueError, Problems};
use crate::read::{self, Notes, ReadError};
use crate::section::{OptText, Section};

/// Gives sites the areas of the files that the section names.
pub(super) fn load(section: &Section, base: &Path, catalogue: &mut Catalogue, problems: &mut Problems) {
    // Where no site is valid, their own errors say so.
    if catalogue.sites.is_empty() {
        return;
    }
    let slots: HashMap<String, usize> =
        catalogue.sites.iter().enumerate().map(|(slot, site)| (site.id.to_string(), slot)).collect();
    for (index, file) in section.service_areas.0.0.iter().enumerate() {
        let path = format!("service_areas[{index}]");
        let file = base.join(&file.value.0);
        let (areas, notes) = match read::areas(&file, &["site", "id"]) {
            Ok(read) => read,
            Err(source) => {
                problems.0.push(CatalogueError::File { field: path, source });
                continue;
            }
        };
        catalogue.files.push(notes);
        for one in areas {
            let site = slots.get(&one.name).map(|slot| &mut catalogue.sites[*slot]);
            let reason = match site {
                Some(site) if site.service_area.is_none() => {
                    site.service_area = Some(one.area);
                    continue;
                }
                Some(site) => format!("site `{}` has a service area already", site.id),
                None => format!("an area is of site `{}`, which is not in `sites`", read::cut(&one.name)),
            };
            let source = ReadError::Syntax { file: file.clone(), line: one.line, reason };
            problems.0.push(CatalogueError::File { field: path.clone(), source });
        }
    }
}

/// The areas of the file that an app's `residency` names.
pub(super) fn residency(
    entry: &OptText,
    path: &str,
    base: &Path,
    files: &mut Vec<Notes>,
    problems: &mut Problems,
) -> BTreeMap<String, Area> {
    let Some(file) = entry else { return BTreeMap::new() };
    match read::areas(&base.join(&file.value.0), &["name", "id"]) {
        Ok((areas, notes)) => {
            files.push(notes);
            areas.into_iter().map(|one| (one.name, one.area)).collect()
        }
        Err(source) => {
            problems.0.push(CatalogueError::File { field: format!("{path}.residency"), source });
            BTreeMap::new()
        }
    }
}
