//! The loads of sites that have water marks.

use model::{SiteSource, Timestamp};

use crate::estate::{Estate, Figure, Gauge, Strain};
use crate::index::SiteIx;

impl Estate {
    /// The load of a site against its water marks, where it has such marks.
    pub(crate) fn gauge(&self, site: SiteIx) -> Option<&Gauge> {
        self.sites.get(site.slot()).and_then(|entry| entry.gauge.as_deref())
    }

    /// For what does not change what holds; [`assess`](Self::assess) does.
    pub(crate) fn gauge_mut(&mut self, site: SiteIx) -> Option<&mut Gauge> {
        self.sites.get_mut(site.slot()).and_then(|entry| entry.gauge.as_deref_mut())
    }

    pub(crate) fn is_overloaded(&self, site: SiteIx) -> bool {
        self.gauge(site).is_some_and(Gauge::is_overloaded)
    }

    /// How many sites are overloaded.
    pub(crate) const fn overloaded_sites(&self) -> u32 {
        self.overloaded
    }

    /// Whether the load of a site keeps an instance out; see [`Gauge::rejects`].
    pub(crate) fn strained(&self, site: SiteIx, there: Option<u32>, relieving: Option<f64>) -> bool {
        self.gauged > 0 && self.gauge(site).is_some_and(|gauge| gauge.rejects(there, relieving))
    }

    /// Takes note of a figure; false where it is no news or the site has no marks.
    pub(crate) fn measure(&mut self, site: SiteIx, source: SiteSource, figure: Figure) -> bool {
        self.gauge_mut(site).is_some_and(|gauge| gauge.hear(source, figure))
    }

    /// Finds out what holds of a site's load now.
    pub(crate) fn assess(&mut self, site: SiteIx, now: Timestamp) {
        self.change_gauge(site, |gauge| gauge.assess(now));
    }

    /// Goes on with what was known of a site's load, under the marks of the present catalogue.
    pub(crate) fn take_over_strain(&mut self, site: SiteIx, strain: &Strain, now: Timestamp) {
        self.change_gauge(site, |gauge| gauge.take_over(strain, now));
    }

    /// Puts back what a snapshot holds; false where the site has no marks.
    pub(crate) fn put_back_strain(&mut self, site: SiteIx, strain: Strain) -> bool {
        let known = self.gauge(site).is_some();
        self.change_gauge(site, |gauge| gauge.strain = strain);
        known
    }

    /// Changes what is known of a load, and keeps in step what follows from it.
    fn change_gauge(&mut self, site: SiteIx, how: impl FnOnce(&mut Gauge)) {
        let Some(gauge) = self.sites.get_mut(site.slot()).and_then(|entry| entry.gauge.as_deref_mut()) else {
            return;
        };
        if let Some(fades) = gauge.fades() {
            self.fading.remove(&(fades, site));
        }
        self.gauged -= u32::from(gauge.holds());
        self.overloaded -= u32::from(gauge.is_overloaded());
        how(gauge);
        self.gauged += u32::from(gauge.holds());
        self.overloaded += u32::from(gauge.is_overloaded());
        self.fading.extend(gauge.fades().map(|fades| (fades, site)));
    }

    /// The sites that have water marks.
    pub(crate) fn with_gauge(&self) -> impl Iterator<Item = (SiteIx, &Gauge)> {
        let sites = self.sites.iter().enumerate();
        sites.filter_map(|(slot, entry)| Some((SiteIx::from(slot), entry.gauge.as_deref()?)))
    }

    /// What a snapshot keeps of loads.
    pub(crate) fn strains(&self) -> impl Iterator<Item = (SiteIx, &Strain)> {
        let strains = self.with_gauge().map(|(site, gauge)| (site, &gauge.strain));
        strains.filter(|(_, strain)| **strain != Strain::default())
    }

    /// When a load is valid no longer.
    pub(crate) fn next_fade(&self) -> Option<Timestamp> {
        self.fading.first().map(|(at, _)| *at)
    }

    /// A site of which a load is valid no longer.
    pub(crate) fn faded(&self, now: Timestamp) -> Option<SiteIx> {
        self.fading.first().filter(|(at, _)| *at <= now).map(|(_, site)| *site)
    }
}
