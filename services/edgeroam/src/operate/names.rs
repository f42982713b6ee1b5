//! The sites and apps that commands may name.

use catalogue::{Catalogue, Unknown};
use model::{AppId, Ask};

/// What the configuration knows.
#[derive(Debug, Clone)]
pub(crate) struct Names(pub(super) catalogue::Names);

impl Names {
    /// Those of a catalogue.
    pub(crate) fn of(catalogue: &Catalogue) -> Self {
        Self(catalogue::Names::of(catalogue))
    }

    /// Whether the configuration has the site and the app that are named.
    ///
    /// # Errors
    /// [`Unknown`] says what it has instead.
    pub(crate) fn check(&self, ask: &Ask) -> Result<(), Unknown> {
        match ask {
            Ask::Cordon { site } | Ask::Drain { site, .. } | Ask::Resume { site } => self.0.site(site),
            Ask::Move { app, site, .. }
            | Ask::Pin { app, site, .. }
            | Ask::Confirm { app, site, .. }
            | Ask::Refuse { app, site, .. } => {
                self.0.app(app)?;
                self.0.site(site)
            }
            Ask::Unpin { app, .. } | Ask::Freeze { app: Some(app), .. } | Ask::Thaw { app: Some(app) } => {
                self.0.app(app)
            }
            Ask::Freeze { app: None, .. } | Ask::Thaw { app: None } => Ok(()),
        }
    }

    /// Whether the configuration has this app.
    ///
    /// # Errors
    /// [`Unknown`] says what it has instead.
    pub(crate) fn app(&self, app: &AppId) -> Result<(), Unknown> {
        self.0.app(app)
    }
}

#[cfg(test)]
mod tests {
    use model::SiteId;

    use super::*;

    #[test]
    fn every_name_of_a_command_is_checked() {
        let site = |name: &str| SiteId::new(name).expect("valid");
        let app = |name: &str| AppId::new(name).expect("valid");
        let names = Names(catalogue::Names { sites: vec![site("north")], apps: vec![app("echo")] });
        assert_eq!(names.check(&Ask::Cordon { site: site("north") }), Ok(()));
        assert_eq!(names.check(&Ask::Freeze { app: None, until: None }), Ok(()));
        let refused = names.check(&Ask::Drain { site: site("nroth"), deadline: None }).expect_err("unknown");
        assert_eq!((refused.what, &*refused.name), ("site", "nroth"));
        let refused = names.check(&Ask::Thaw { app: Some(app("eco")) }).expect_err("unknown");
        assert_eq!((refused.what, &*refused.name), ("app", "eco"));
    }
}
