//! How much of their time UEs were served from another site than the nearest.

use std::collections::HashMap;

use model::{SiteId, Supi, Timestamp, UeLocation};

/// Which site is nearest to a location.
pub(super) type NearestSite = Box<dyn Fn(&UeLocation) -> Option<SiteId> + Send>;

/// Integrates, for each UE that is served, the time that its serving site was not the nearest one.
pub(super) struct Detour {
    nearest_of: NearestSite,
    ues: HashMap<Supi, Ue>,
    served_us: u64,
    elsewhere_us: u64,
}

#[derive(Default)]
struct Ue {
    nearest: Option<SiteId>,
    serving: Option<SiteId>,
    since: Timestamp,
}

impl Detour {
    pub(super) fn new(nearest_of: NearestSite) -> Self {
        Self { nearest_of, ues: HashMap::new(), served_us: 0, elsewhere_us: 0 }
    }

    pub(super) fn located(&mut self, supi: &Supi, location: &UeLocation, at: Timestamp) {
        let nearest = (self.nearest_of)(location);
        self.settle(supi, at).nearest = nearest;
    }

    pub(super) fn serving(&mut self, supi: &Supi, site: Option<SiteId>, at: Timestamp) {
        self.settle(supi, at).serving = site;
    }

    /// The share of served UE time on another site than the nearest, in percent, up to `now`.
    pub(super) fn percent(&mut self, now: Timestamp) -> f64 {
        let supis: Vec<Supi> = self.ues.keys().cloned().collect();
        for supi in supis {
            self.settle(&supi, now);
        }
        if self.served_us == 0 { 0.0 } else { 100.0 * self.elsewhere_us as f64 / self.served_us as f64 }
    }

    fn settle(&mut self, supi: &Supi, at: Timestamp) -> &mut Ue {
        let ue = self.ues.entry(supi.clone()).or_insert_with(|| Ue { since: at, ..Ue::default() });
        if let (Some(nearest), Some(serving)) = (&ue.nearest, &ue.serving) {
            let span = u64::try_from(at.since(ue.since).as_micros()).unwrap_or(u64::MAX);
            self.served_us += span;
            if nearest != serving {
                self.elsewhere_us += span;
            }
        }
        ue.since = ue.since.max(at);
        ue
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_on_another_site_is_counted_from_the_move_of_the_ue_to_the_move_of_the_instance() {
        let site = |id: &str| SiteId::new(id).expect("valid");
        let supi: Supi = "imsi-208930000000001".parse().expect("valid");
        let at = Timestamp::from_micros;
        let cell =
            |nci: &str| UeLocation { cell: Some(nci.parse().expect("valid")), tai: None, position: None };
        let one = cell("208-93-000000001");
        let mut detour = Detour::new(Box::new(move |location| {
            Some(SiteId::new(if *location == one { "a" } else { "b" }).expect("valid"))
        }));
        detour.located(&supi, &one, at(0));
        detour.serving(&supi, Some(site("a")), at(10));
        detour.located(&supi, &cell("208-93-000000002"), at(60));
        detour.serving(&supi, Some(site("b")), at(85));
        assert!((detour.percent(at(110)) - 25.0).abs() < 1e-9);
    }
}
