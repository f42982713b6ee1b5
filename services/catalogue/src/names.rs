//! The sites and apps that others may name.

use model::{AppId, SiteId};
use thiserror::Error;

use crate::Catalogue;

/// The most names that an error lists.
const MOST_LISTED: usize = 20;

/// The names that the configuration has.
#[derive(Debug, Clone, Default)]
pub struct Names {
    /// Of its sites, in their order.
    pub sites: Vec<SiteId>,
    /// Of its apps, in their order.
    pub apps: Vec<AppId>,
}

/// A name that the configuration does not have.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{what} `{name}` is unknown; {}", there_are(.what, .known))]
pub struct Unknown {
    /// `site` or `app`.
    pub what: &'static str,
    /// The name.
    pub name: String,
    /// What the configuration has instead.
    pub known: Vec<String>,
}

fn there_are(what: &str, known: &[String]) -> String {
    if known.is_empty() {
        return format!("the configuration has no {what}");
    }
    let more = known.len().saturating_sub(MOST_LISTED);
    let listed = known[..known.len() - more].join(", ");
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("there are {listed}{more}")
}

impl Names {
    /// Those of a catalogue.
    pub fn of(catalogue: &Catalogue) -> Self {
        Self {
            sites: catalogue.sites.iter().map(|site| site.id.clone()).collect(),
            apps: catalogue.apps.iter().map(|spec| spec.app.id.clone()).collect(),
        }
    }

    /// Whether there is such a site.
    ///
    /// # Errors
    /// [`Unknown`] says which there are instead.
    pub fn site(&self, site: &SiteId) -> Result<(), Unknown> {
        if self.sites.contains(site) {
            return Ok(());
        }
        let known = self.sites.iter().map(ToString::to_string).collect();
        Err(Unknown { what: "site", name: site.to_string(), known })
    }

    /// Whether there is such an app.
    ///
    /// # Errors
    /// [`Unknown`] says which there are instead.
    pub fn app(&self, app: &AppId) -> Result<(), Unknown> {
        if self.apps.contains(app) {
            return Ok(());
        }
        let known = self.apps.iter().map(ToString::to_string).collect();
        Err(Unknown { what: "app", name: app.to_string(), known })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_unknown_is_named_with_what_there_is() {
        let site = |name: &str| SiteId::new(name).expect("valid");
        let app = |name: &str| AppId::new(name).expect("valid");
        let names = Names { sites: ["north", "south"].map(site).to_vec(), apps: vec![app("echo")] };
        assert_eq!((names.site(&site("north")), names.app(&app("echo"))), (Ok(()), Ok(())));
        let refused = names.site(&site("nroth")).expect_err("unknown");
        assert_eq!(refused.to_string(), "site `nroth` is unknown; there are north, south");
        let refused = names.app(&app("eco")).expect_err("unknown");
        assert_eq!(refused.to_string(), "app `eco` is unknown; there are echo");
    }

    #[test]
    fn a_long_list_is_cut() {
        let known: Vec<_> = (0..25).map(|n| format!("s{n}")).collect();
        assert!(there_are("site", &known).ends_with("s18, s19 and 5 more"));
        assert_eq!(there_are("app", &[]), "the configuration has no app");
    }
}
