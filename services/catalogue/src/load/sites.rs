//! Sites: inline and from files.

use std::collections::HashSet;
use std::path::Path;

use model::{ClusterRef, Site, SiteId, WaterMarks, name_is_valid};
use serde_saphyr::Spanned;

use super::{Catalogue, capacity, position, required};
use crate::error::{CatalogueError, Problems};
use crate::read;
use crate::section::{ClusterEntry, Section, SiteEntry};

pub(super) fn load(section: &Section, base: &Path, catalogue: &mut Catalogue, problems: &mut Problems) {
    let mut ids: HashSet<SiteId> = HashSet::new();
    let marks = capacity::marks(section.capacity.0.as_ref(), None, "capacity", problems);
    for (index, entry) in section.sites.0.0.iter().enumerate() {
        let path = format!("sites[{index}]");
        let found = match &entry.value.file {
            Some(_) => from_file(entry, &path, base, marks, catalogue, problems),
            None => inline(entry, &path, marks, problems).into_iter().collect(),
        };
        for site in found {
            if ids.insert(site.id.clone()) {
                catalogue.sites.push(site);
            } else {
                let reason = format!("duplicate id: site `{}` is there already; ids are unique", site.id);
                problems.field(path.clone(), entry.referenced, reason);
            }
        }
    }
}

fn from_file(
    entry: &Spanned<SiteEntry>,
    path: &str,
    base: &Path,
    marks: Option<WaterMarks>,
    catalogue: &mut Catalogue,
    problems: &mut Problems,
) -> Vec<Site> {
    let SiteEntry {
        id,
        name,
        at,
        cluster,
        ingress,
        tier,
        capacity,
        labels,
        max_instances,
        tenants,
        cost,
        file,
        provider,
    } = &entry.value;
    let Some(file) = file else { return Vec::new() };
    let described = [id.is_some(), name.is_some(), at.is_some(), cluster.is_some(), ingress.is_some()];
    let weighed = tier.is_some() || capacity.is_some() || max_instances.is_some() || cost.is_some();
    if described.contains(&true) || !labels.is_empty() || weighed || !tenants.is_empty() {
        let reason = "beside `file` only `provider` is allowed: the sites are described in the file";
        problems.field(path, file.referenced, reason);
    }
    if let Some(wrong) = provider.as_ref().filter(|p| !name_is_valid(&p.value.0)) {
        let reason = format!("`{}` is no name that EMCO takes", wrong.value.0);
        problems.field(format!("{path}.provider"), wrong.referenced, reason);
    }
    let provider = provider.as_ref().map(|p| p.value.0.as_str());
    match read::sites_with(&base.join(&file.value.0), provider, marks) {
        Ok((sites, notes)) => {
            catalogue.files.push(notes);
            sites
        }
        Err(source) => {
            problems.0.push(CatalogueError::File { field: format!("{path}.file"), source });
            Vec::new()
        }
    }
}

fn inline(
    entry: &Spanned<SiteEntry>,
    path: &str,
    marks: Option<WaterMarks>,
    problems: &mut Problems,
) -> Option<Site> {
    let site = &entry.value;
    if let Some(provider) = &site.provider {
        let reason = "belongs beside `file`; the cluster of one site is `cluster: {provider: …, cluster: …}`";
        problems.field(format!("{path}.provider"), provider.referenced, reason);
    }
    let id = required(problems, path, entry.referenced, "id", &site.id)
        .and_then(|id| problems.ok(format!("{path}.id"), id.referenced, SiteId::new(&id.value.0)));
    let at = site.at.as_ref().map(|at| position(problems, path, at));
    let cluster = match &site.cluster {
        Some(entry) => cluster(entry, &format!("{path}.cluster"), problems),
        None => {
            let reason = "`cluster` is missing: write EMCO's names, `cluster: {provider: …, cluster: …}`";
            problems.field(path, entry.referenced, reason);
            None
        }
    };
    let labels = super::labels(&site.labels, &format!("{path}.labels"), problems);
    let tenants = super::labels(&site.tenants, &format!("{path}.tenants"), problems);
    let tier = capacity::tier(&site.tier, path, problems);
    let cost = capacity::cost(site.cost.as_ref(), path, problems);
    let path = format!("{path}.capacity");
    let water_marks = capacity::marks(site.capacity.as_ref(), marks, &path, problems);
    let (id, cluster, labels, tenants) = (id?, cluster?, labels?, tenants?);
    // A position that is there and wrong has been told.
    let position = match at {
        Some(position) => Some(position?),
        None => None,
    };
    let text = |field: &Option<Spanned<_>>| {
        field.as_ref().map(|t: &Spanned<crate::section::Text>| t.value.0.clone())
    };
    let name = text(&site.name).unwrap_or_else(|| id.to_string());
    let max_instances = site.max_instances.as_ref().map(|most| most.value);
    let ingress = text(&site.ingress);
    Some(Site {
        id,
        name,
        position,
        cluster,
        ingress,
        tier,
        water_marks,
        labels,
        max_instances,
        service_area: None,
        tenants,
        cost,
    })
}

fn cluster(entry: &Spanned<ClusterEntry>, path: &str, problems: &mut Problems) -> Option<ClusterRef> {
    let mut name = |name: &str, field| {
        let given = required(problems, path, entry.referenced, name, field)?;
        if name_is_valid(&given.value.0) {
            return Some(given.value.0.clone());
        }
        let reason = format!("`{}` is no name that EMCO takes", given.value.0);
        problems.field(format!("{path}.{name}"), given.referenced, reason);
        None
    };
    let (provider, cluster) =
        (name("provider", &entry.value.provider), name("cluster", &entry.value.cluster));
    Some(ClusterRef { provider: provider?, cluster: cluster? })
}
