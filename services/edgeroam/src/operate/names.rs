//! The sites and apps that commands may name.

use catalogue::Catalogue;
use model::{AppId, Ask, SiteId};
use thiserror::Error;

/// The most names that an error lists.
const MOST_LISTED: usize = 20;

/// What the configuration knows.
#[derive(Debug, Clone)]
pub(crate) struct Names {
    pub(super) sites: Vec<SiteId>,
    pub(super) apps: Vec<AppId>,
}

/// A command names what the configuration does not have.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{what} `{name}` is unknown; {}", there_are(.what, .known))]
pub(crate) struct Unknown {
    /// `site` or `app`.
    pub(crate) what: &'static str,
    pub(crate) name: String,
    pub(crate) known: Vec<String>,
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
    pub(crate) fn of(catalogue: &Catalogue) -> Self {
        Self {
            sites: catalogue.sites.iter().map(|site| site.id.clone()).collect(),
            apps: catalogue.apps.iter().map(|spec| spec.app.id.clone()).collect(),
        }
    }

    /// Whether the configuration has the site and the app that are named.
    ///
    /// # Errors
    /// [`Unknown`] says what it has instead.
    pub(crate) fn check(&self, ask: &Ask) -> Result<(), Unknown> {
        match ask {
            Ask::Cordon { site } | Ask::Drain { site, .. } | Ask::Resume { site } => self.site(site),
            Ask::Move { app, site, .. } | Ask::Pin { app, site, .. } => {
                self.app(app)?;
                self.site(site)
            }
            Ask::Unpin { app, .. } | Ask::Freeze { app: Some(app), .. } | Ask::Thaw { app: Some(app) } => {
                self.app(app)
            }
            Ask::Freeze { app: None, .. } | Ask::Thaw { app: None } => Ok(()),
        }
    }

    fn site(&self, site: &SiteId) -> Result<(), Unknown> {
        if self.sites.contains(site) {
            return Ok(());
        }
        let known = self.sites.iter().map(ToString::to_string).collect();
        Err(Unknown { what: "site", name: site.to_string(), known })
    }

    /// Whether the configuration has this app.
    ///
    /// # Errors
    /// [`Unknown`] says what it has instead.
    pub(crate) fn app(&self, app: &AppId) -> Result<(), Unknown> {
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
        let sites = ["north", "south"].map(site).to_vec();
        let names = Names { sites, apps: vec![app("echo")] };
        assert_eq!(names.check(&Ask::Cordon { site: site("north") }), Ok(()));
        assert_eq!(names.check(&Ask::Freeze { app: None, until: None }), Ok(()));
        let refused = names.check(&Ask::Drain { site: site("nroth"), deadline: None }).expect_err("unknown");
        assert_eq!(refused.to_string(), "site `nroth` is unknown; there are north, south");
        let refused = names.check(&Ask::Thaw { app: Some(app("eco")) }).expect_err("unknown");
        assert_eq!(refused.to_string(), "app `eco` is unknown; there are echo");
    }

    #[test]
    fn a_long_list_is_cut() {
        let known: Vec<_> = (0..25).map(|n| format!("s{n}")).collect();
        assert!(there_are("site", &known).ends_with("s18, s19 and 5 more"));
        assert_eq!(there_are("app", &[]), "the configuration has no app");
    }
}
