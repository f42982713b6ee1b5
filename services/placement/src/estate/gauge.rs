//! How loaded a site is: what sources measured last, whether it is overloaded, and how many instances it takes.

use model::{Loaded, SiteSource, Timestamp, WaterMarks};
use serde::{Deserialize, Serialize};

/// The most instances that are chosen to leave a site at a time.
const MOST_CHOSEN: u32 = 1024;
/// What rounding makes of shares is no instance.
const ROUNDING: f64 = 1e-9;

/// What one source measured last.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(crate) struct Figure {
    pub(crate) at: Timestamp,
    pub(crate) load: f64,
    pub(crate) valid_until: Timestamp,
    /// Instances of apps that act that were there, or on their way there, when it came in.
    pub(crate) there: u32,
}

/// What is known of the load of one site.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Strain {
    /// By source; whether or not they are still valid.
    figures: [Option<Figure>; 3],
    /// The one that holds: the highest of those that are valid.
    held: Option<Figure>,
    /// When the next one is valid no longer.
    fades: Option<Timestamp>,
    /// Since when the site has been overloaded.
    overloaded: Option<Timestamp>,
    /// What was measured before does not show yet what has left.
    not_before: Timestamp,
    /// Instances that have left to relieve it since then.
    left: u32,
}

/// The load of a site against its water marks.
#[derive(Debug, Clone)]
pub(crate) struct Gauge {
    pub(crate) marks: WaterMarks,
    pub(crate) strain: Strain,
}

const fn slot(source: SiteSource) -> Option<usize> {
    match source {
        SiteSource::Operator => None,
        SiteSource::Emco => Some(0),
        SiteSource::Probe => Some(1),
        SiteSource::Metrics => Some(2),
    }
}

impl Gauge {
    pub(crate) fn new(marks: WaterMarks) -> Self {
        Self { marks, strain: Strain::default() }
    }

    /// Takes note of a figure; false where it is not newer than the last one of its source.
    pub(crate) fn hear(&mut self, source: SiteSource, figure: Figure) -> bool {
        let Some(last) = slot(source).map(|slot| &mut self.strain.figures[slot]) else { return false };
        let news = last.is_none_or(|last| figure.at > last.at);
        if news {
            *last = Some(figure);
        }
        news
    }

    /// What holds now, and whether the site is overloaded: above the high mark, until it is at or below the low one.
    pub(crate) fn assess(&mut self, now: Timestamp) {
        let Self { marks, strain } = self;
        let valid = || strain.figures.iter().flatten().filter(|figure| figure.valid_until > now);
        strain.fades = valid().map(|figure| figure.valid_until).min();
        strain.held = valid().max_by(|a, b| a.load.total_cmp(&b.load)).copied();
        strain.overloaded = match strain.held {
            Some(held) if held.load > marks.high => strain.overloaded.or(Some(held.at.min(now))),
            Some(held) if held.load > marks.low => strain.overloaded,
            Some(_) | None => None,
        };
        if strain.overloaded.is_none() {
            strain.left = 0;
        }
    }

    /// History is read: what was measured before now chooses nobody, and counts are what they are.
    pub(crate) fn settle(&mut self, there: u32, now: Timestamp) {
        self.strain.figures.iter_mut().flatten().for_each(|figure| figure.there = there);
        self.strain.not_before = self.strain.not_before.max(now);
    }

    /// Goes on with what was known under other marks.
    pub(crate) fn take_over(&mut self, strain: &Strain, now: Timestamp) {
        self.strain = strain.clone();
        self.assess(now);
    }

    /// One that was chosen has left.
    pub(crate) fn one_left(&mut self, at: Timestamp) {
        let strain = &mut self.strain;
        strain.left = strain.left.saturating_add(1);
        strain.not_before = strain.not_before.max(at.plus(self.marks.settle));
    }

    /// Whether a load is known.
    pub(crate) const fn holds(&self) -> bool {
        self.strain.held.is_some()
    }

    pub(crate) const fn fades(&self) -> Option<Timestamp> {
        self.strain.fades
    }

    pub(crate) const fn is_overloaded(&self) -> bool {
        self.strain.overloaded.is_some()
    }

    /// Whether what holds was measured after all that has left had left.
    pub(crate) fn is_fresh(&self) -> bool {
        self.strain.held.is_some_and(|held| held.at >= self.strain.not_before)
    }

    /// How much one instance takes: what the catalogue says, else the load for each of those that were there.
    pub(crate) fn per_instance(&self) -> Option<f64> {
        let measured = self.strain.held.filter(|held| held.there > 0 && held.load > 0.0);
        self.marks.per_instance.or_else(|| measured.map(|held| held.load / f64::from(held.there)))
    }

    /// How many instances may be there until it is measured anew; `None` where nothing tells what one takes. One that
    /// takes so much where it comes from (`relieving`) may take as much here.
    pub(crate) fn takes(&self, relieving: Option<f64>) -> Option<u32> {
        let held = self.strain.held?;
        let each = match (self.per_instance(), relieving) {
            (Some(own), Some(other)) => own.max(other),
            (own, other) => own.or(other)?,
        };
        let more = ((self.marks.high - held.load) / each + ROUNDING).max(0.0);
        Some(held.there.saturating_add(more as u32))
    }

    /// Whether it takes no instance; `there` where those that are there count.
    pub(crate) fn rejects(&self, there: Option<u32>, relieving: Option<f64>) -> bool {
        let no_room = |there| self.takes(relieving).is_some_and(|most| there >= most);
        self.is_overloaded() || there.is_some_and(no_room)
    }

    /// How many of those that are there should leave by what is known: at most a quarter at a time, at least one.
    pub(crate) fn leaving(&self, there: u32) -> u32 {
        let (Some(held), Some(each)) = (self.strain.held, self.per_instance()) else { return 0 };
        let surplus = ((held.load - self.marks.low) / each - ROUNDING).ceil().max(0.0) as u32;
        surplus.min(there / 4).clamp(1, MOST_CHOSEN).min(there)
    }

    /// How it is told beside a site.
    pub(crate) fn loaded(&self, there: u32, relieving: Option<f64>) -> Option<Loaded> {
        Some(Loaded {
            load: self.strain.held?.load,
            high: self.marks.high,
            low: self.marks.low,
            overloaded: self.is_overloaded(),
            instances: there,
            instances_limit: self.takes(relieving),
        })
    }

    /// How far relieving it has come.
    pub(crate) fn relief(&self, leaving: u32) -> Option<model::Relief> {
        Some(model::Relief {
            since: self.strain.overloaded?,
            load: self.strain.held?.load,
            high: self.marks.high,
            low: self.marks.low,
            leaving,
            left: self.strain.left,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Timestamp {
        Timestamp::from_micros(seconds * 1_000_000)
    }

    fn figure(second: u64, load: f64) -> Figure {
        Figure { at: at(second), load, valid_until: at(second + 60), there: 10 }
    }

    fn gauge() -> Gauge {
        Gauge::new(WaterMarks { high: 0.8, low: 0.6, ..WaterMarks::default() })
    }

    #[test]
    fn it_is_overloaded_above_the_high_mark_until_it_is_at_the_low_one_or_unknown() {
        let mut gauge = gauge();
        let mut hears = |second, load| {
            assert!(gauge.hear(SiteSource::Metrics, figure(second, load)));
            gauge.assess(at(second));
            gauge.is_overloaded()
        };
        let said = [(1, 0.8), (2, 0.81), (3, 0.61), (4, 0.6), (5, 0.7), (6, 0.9)];
        assert_eq!(said.map(|(second, load)| hears(second, load)), [false, true, true, false, false, true]);
        assert_eq!(gauge.fades(), Some(at(66)));
        gauge.assess(at(65));
        assert!(gauge.is_overloaded() && gauge.holds());
        gauge.assess(at(66));
        assert!(!gauge.is_overloaded() && !gauge.holds() && gauge.fades().is_none());
        assert!(!gauge.hear(SiteSource::Metrics, figure(6, 0.9)), "it was heard");
    }

    #[test]
    fn the_highest_of_those_that_are_valid_holds() {
        let mut gauge = gauge();
        gauge.hear(SiteSource::Metrics, figure(1, 0.9));
        gauge.hear(SiteSource::Probe, figure(30, 0.5));
        assert!(!gauge.hear(SiteSource::Operator, figure(31, 0.1)));
        gauge.assess(at(40));
        assert!(gauge.is_overloaded());
        gauge.assess(at(61));
        assert!(!gauge.is_overloaded() && gauge.holds());
    }

    #[test]
    fn how_many_leave_and_how_many_more_it_takes_follows_from_what_one_takes() {
        let mut gauge = gauge();
        assert_eq!((gauge.takes(None), gauge.leaving(10)), (None, 0));
        gauge.hear(SiteSource::Metrics, figure(1, 0.5));
        gauge.assess(at(1));
        // Five percent each: six more fit below 80 %; three where each takes ten.
        assert_eq!((gauge.takes(None), gauge.takes(Some(0.1))), (Some(16), Some(13)));
        assert!(!gauge.rejects(Some(15), None) && gauge.rejects(Some(16), None));
        assert!(!gauge.rejects(None, None), "one that is counted already");
        gauge.hear(SiteSource::Metrics, figure(2, 0.9));
        gauge.assess(at(2));
        // 30 % are four of nine percent each; at most a quarter, at least one.
        assert_eq!([0, 1, 8, 16, 40].map(|there| gauge.leaving(there)), [0, 1, 2, 4, 4]);
        gauge.marks.per_instance = Some(0.0001);
        assert_eq!(gauge.leaving(100_000), MOST_CHOSEN);
    }

    #[test]
    fn what_was_measured_before_the_last_one_had_left_is_not_fresh() {
        let mut gauge = gauge();
        gauge.hear(SiteSource::Metrics, figure(1, 0.9));
        gauge.assess(at(1));
        assert!(gauge.is_fresh());
        gauge.one_left(at(5));
        assert!(!gauge.is_fresh());
        gauge.hear(SiteSource::Metrics, figure(34, 0.9));
        gauge.assess(at(34));
        assert!(!gauge.is_fresh(), "measured 29 s after it left");
        gauge.hear(SiteSource::Metrics, figure(35, 0.9));
        gauge.assess(at(35));
        assert!(gauge.is_fresh());
        assert_eq!(gauge.relief(2).map(|relief| (relief.leaving, relief.left)), Some((2, 1)));
    }
}
