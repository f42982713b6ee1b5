//! What probes in a row say of a site.

use model::SiteCondition;

/// What one probe saw.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Seen {
    /// It was answered in good time.
    Well,
    /// It was answered, later than is good.
    Slow,
    /// It was not answered.
    Silent,
}

/// How many probes in a row are needed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Needed {
    /// For a worse condition.
    pub(super) worse: u32,
    /// For a better one.
    pub(super) better: u32,
}

/// How many of the last probes of a site, without a gap, were of each sort.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Streak {
    silent: u32,
    /// Slow or silent.
    poor: u32,
    /// Slow or well.
    answered: u32,
    well: u32,
}

impl Streak {
    /// Counts one more probe.
    pub(super) fn count(&mut self, seen: Seen) {
        let more = |count: u32, goes_on| if goes_on { count.saturating_add(1) } else { 0 };
        self.silent = more(self.silent, seen == Seen::Silent);
        self.poor = more(self.poor, seen != Seen::Well);
        self.answered = more(self.answered, seen != Seen::Silent);
        self.well = more(self.well, seen == Seen::Well);
    }

    /// How many of the last probes were not answered.
    pub(super) const fn silent(&self) -> u32 {
        self.silent
    }

    /// The condition of a site of which `said` was said last.
    pub(super) fn condition(&self, said: SiteCondition, needed: Needed) -> SiteCondition {
        if self.silent >= needed.worse {
            return SiteCondition::Failed;
        }
        let slow = self.poor >= needed.worse;
        match said {
            SiteCondition::Failed if self.answered < needed.better => SiteCondition::Failed,
            SiteCondition::Failed if slow => SiteCondition::Degraded,
            SiteCondition::Failed | SiteCondition::Degraded if self.well >= needed.better => {
                SiteCondition::InService
            }
            SiteCondition::Failed => SiteCondition::Failed,
            SiteCondition::Degraded => SiteCondition::Degraded,
            SiteCondition::InService | SiteCondition::Cordoned | SiteCondition::Draining { .. } if slow => {
                SiteCondition::Degraded
            }
            SiteCondition::InService | SiteCondition::Cordoned | SiteCondition::Draining { .. } => said,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Seen::{Silent, Slow, Well};

    /// The conditions after each probe, of a site that was in service.
    fn judged(seen: &[Seen]) -> Vec<&'static str> {
        let (mut streak, mut said) = (Streak::default(), SiteCondition::InService);
        let needed = Needed { worse: 3, better: 2 };
        let judge = |seen: &Seen| {
            streak.count(*seen);
            said = streak.condition(said, needed);
            match said {
                SiteCondition::InService => "ok",
                SiteCondition::Degraded => "slow",
                SiteCondition::Failed => "failed",
                SiteCondition::Cordoned | SiteCondition::Draining { .. } => "other",
            }
        };
        seen.iter().map(judge).collect()
    }

    #[test]
    fn it_takes_some_in_a_row_to_fail_and_some_to_come_back() {
        assert_eq!(judged(&[Silent, Silent, Well, Silent, Silent]), ["ok"; 5]);
        assert_eq!(
            judged(&[Silent, Silent, Silent, Well, Silent]),
            ["ok", "ok", "failed", "failed", "failed"]
        );
        assert_eq!(judged(&[Silent, Silent, Silent, Well, Well])[3..], ["failed", "ok"]);
    }

    #[test]
    fn slow_ones_degrade_a_site_and_are_an_answer_all_the_same() {
        assert_eq!(judged(&[Slow, Slow, Slow, Well, Well]), ["ok", "ok", "slow", "slow", "ok"]);
        assert_eq!(judged(&[Slow, Silent, Slow, Silent])[2..], ["slow", "slow"]);
        let back = judged(&[Silent, Silent, Silent, Slow, Slow, Well, Well]);
        assert_eq!(back[3..], ["failed", "slow", "slow", "ok"]);
    }

    #[test]
    fn one_that_is_back_with_slow_and_good_answers_in_turn_stays_failed_until_it_is_clear() {
        let needed = Needed { worse: 4, better: 2 };
        let mut streak = Streak::default();
        for seen in [Slow, Well, Slow] {
            streak.count(seen);
        }
        assert_eq!(streak.condition(SiteCondition::Failed, needed), SiteCondition::Failed);
        streak.count(Well);
        streak.count(Well);
        assert_eq!(streak.condition(SiteCondition::Failed, needed), SiteCondition::InService);
    }
}
