//! What a verdict sees of measurements.

use model::{Guard, QosTarget, SiteQuality, Timestamp};

use crate::index::SiteIx;
use crate::policy::{told, whole};
use crate::quality::Figures;

/// What is measured for one instance, now.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Quality<'a> {
    pub(crate) target: &'a QosTarget,
    pub(crate) sites: &'a [(SiteIx, Figures)],
    pub(crate) now: Timestamp,
}

impl Quality<'_> {
    fn of(&self, site: SiteIx) -> Option<&Figures> {
        self.sites.iter().find(|(known, _)| *known == site).map(|(_, figures)| figures)
    }

    /// Why an instance should not go to a site.
    pub(crate) fn bars(&self, site: SiteIx) -> Option<Guard> {
        self.of(site)?.violated_since(self.target, self.now).map(|_| Guard::QosViolated)
    }

    /// Whether a site is known to be as good as wanted.
    pub(crate) fn is_good(&self, site: SiteIx) -> bool {
        self.of(site).is_some_and(|figures| figures.is_good(self.target, self.now))
    }

    /// Whether limits have been exceeded at a site for long enough to be a reason to move.
    pub(crate) fn is_poor(&self, site: SiteIx) -> bool {
        let since = self.of(site).and_then(|figures| figures.violated_since(self.target, self.now));
        let enough = told(whole(self.target.violated_for));
        since.is_some_and(|since| told(self.now.since(since)) >= enough)
    }

    /// The numbers, where there are any.
    pub(crate) fn told(&self, site: SiteIx) -> Option<SiteQuality> {
        let told = self.of(site)?.told(self.target, self.now);
        (told != SiteQuality::default()).then_some(told)
    }
}
