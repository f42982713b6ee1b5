//! Event A3 with a time-to-trigger (TS 38.331 clause 5.5.4.4).

use std::time::Duration;

use super::{Level, strongest};

/// `a3-Offset`: a neighbour must be this much stronger than the serving cell, dB.
pub const A3_OFFSET_DB: f64 = 2.0;
/// `hysteresis`: and this much more to enter the event, this much less to leave it, dB.
pub const HYSTERESIS_DB: f64 = 1.0;
/// `timeToTrigger`: for this long, without leaving the event in between (a value of TS 38.331 `TimeToTrigger`).
pub const TIME_TO_TRIGGER: Duration = Duration::from_millis(640);

/// One UE's connection: the serving cell, and the neighbours that are on their way to replace it.
#[derive(Debug)]
pub(crate) struct Handover {
    serving: u32,
    /// Neighbours for which the entering condition held, and since when.
    entered: Vec<(u32, Duration)>,
}

impl Handover {
    /// A UE that has just registered in this cell.
    pub(crate) fn new(serving: u32) -> Self {
        Self { serving, entered: Vec::new() }
    }

    /// The serving cell.
    pub(crate) fn serving(&self) -> u32 {
        self.serving
    }

    /// Takes a measurement; returns the new serving cell where this is the moment of a handover. Of several
    /// neighbours whose time is up, the strongest is taken.
    pub(crate) fn measured(&mut self, now: Duration, levels: &[Level]) -> Option<u32> {
        let of = |cell: u32| levels.iter().find(|l| l.cell == cell).map(|l| l.db);
        let serving = of(self.serving)?;
        // Leaving condition: Mn + Hys < Mp + Off.
        self.entered
            .retain(|(cell, _)| of(*cell).is_some_and(|db| db + HYSTERESIS_DB >= serving + A3_OFFSET_DB));
        for level in levels {
            // Entering condition: Mn − Hys > Mp + Off.
            let enters = level.db - HYSTERESIS_DB > serving + A3_OFFSET_DB;
            if enters && !self.entered.iter().any(|(cell, _)| *cell == level.cell) {
                self.entered.push((level.cell, now));
            }
        }
        let due: Vec<Level> = self
            .entered
            .iter()
            .filter(|(_, since)| now.saturating_sub(*since) >= TIME_TO_TRIGGER)
            .filter_map(|(cell, _)| levels.iter().find(|l| l.cell == *cell).copied())
            .collect();
        let target = strongest(&due)?.cell;
        *self = Self::new(target);
        Some(target)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn levels(db: [f64; 3]) -> [Level; 3] {
        [0, 1, 2].map(|i| Level { cell: i, db: db[i as usize] })
    }

    fn at(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    #[test]
    fn a_neighbour_must_be_stronger_for_long_enough() {
        let mut ue = Handover::new(0);
        assert_eq!(ue.measured(at(0), &levels([-80.0, -76.0, -99.0])), None);
        assert_eq!(ue.measured(at(480), &levels([-80.0, -76.0, -99.0])), None);
        assert_eq!(ue.measured(at(640), &levels([-80.0, -76.0, -99.0])), Some(1));
        assert_eq!(ue.serving(), 1);
    }

    #[test]
    fn three_decibels_are_not_enough_to_enter() {
        let mut ue = Handover::new(0);
        for step in 0..20 {
            assert_eq!(ue.measured(at(160 * step), &levels([-80.0, -77.0, -99.0])), None);
        }
    }

    #[test]
    fn within_the_hysteresis_the_event_goes_on() {
        let mut ue = Handover::new(0);
        ue.measured(at(0), &levels([-80.0, -76.0, -99.0]));
        ue.measured(at(320), &levels([-80.0, -78.5, -99.0]));
        assert_eq!(ue.measured(at(640), &levels([-80.0, -78.5, -99.0])), Some(1));
    }

    #[test]
    fn a_dip_starts_the_time_anew() {
        let mut ue = Handover::new(0);
        ue.measured(at(0), &levels([-80.0, -76.0, -99.0]));
        ue.measured(at(320), &levels([-80.0, -79.5, -99.0]));
        ue.measured(at(480), &levels([-80.0, -76.0, -99.0]));
        assert_eq!(ue.measured(at(640), &levels([-80.0, -76.0, -99.0])), None);
        assert_eq!(ue.measured(at(1120), &levels([-80.0, -76.0, -99.0])), Some(1));
    }

    #[test]
    fn of_two_the_stronger_is_taken() {
        let mut ue = Handover::new(0);
        ue.measured(at(0), &levels([-80.0, -76.0, -70.0]));
        assert_eq!(ue.measured(at(640), &levels([-80.0, -76.0, -75.0])), Some(2));
    }
}
