//! Which site a sample is of.

use std::collections::{BTreeMap, BTreeSet};

use model::{AppId, Site, SiteId};

use crate::config::QueryConfig;

/// The label that names the site where the query does not say which.
const SITE: &str = "site";

/// The sites by what labels call them.
#[derive(Debug)]
pub(super) struct Sites {
    ids: BTreeSet<SiteId>,
    clusters: BTreeMap<String, SiteId>,
}

impl Sites {
    pub(super) fn of(sites: &[Site]) -> Self {
        let cluster = |site: &Site| format!("{}/{}", site.cluster.provider, site.cluster.cluster);
        Self {
            ids: sites.iter().map(|site| site.id.clone()).collect(),
            clusters: sites.iter().map(|site| (cluster(site), site.id.clone())).collect(),
        }
    }

    /// The site that these labels name; none where it is not one of the catalogue.
    pub(super) fn named(&self, query: &QueryConfig, labels: &BTreeMap<String, String>) -> Option<SiteId> {
        match &query.cluster_label {
            Some(label) => self.clusters.get(labels.get(label)?).cloned(),
            None => {
                let label = query.site_label.as_deref().unwrap_or(SITE);
                self.ids.get(labels.get(label)?.as_str()).cloned()
            }
        }
    }

    /// Every site, in the order of ids.
    pub(super) fn all(&self) -> impl Iterator<Item = &SiteId> {
        self.ids.iter()
    }
}

/// The app that these labels name: none where the query names no label or the sample does not have it, which is
/// whatever app.
///
/// # Errors
/// Where the label has no name of an app.
pub(super) fn app(query: &QueryConfig, labels: &BTreeMap<String, String>) -> Result<Option<AppId>, ()> {
    let label = query.app_label.as_ref().and_then(|label| labels.get(label)).filter(|app| !app.is_empty());
    label.map(|app| app.parse().map_err(drop)).transpose()
}
