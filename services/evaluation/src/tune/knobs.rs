//! The knobs of the policies that have some.

use std::time::Duration;

use model::{Gathering, Policy, Regret, Threshold};
use thiserror::Error;

/// Each knob is sought between its default divided by this and its default times this.
pub(crate) const REACH: f64 = 32.0;

/// A policy that has knobs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Family {
    /// `regret`.
    Regret,
    /// `threshold`.
    Threshold,
}

/// Why a policy cannot be tuned.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum FamilyError {
    /// It has nothing to turn.
    #[error("`nearest` has no knobs: there is nothing to tune; take `regret` or `threshold`")]
    NoKnobs,
    /// What it weighs is not what is measured here.
    #[error(
        "`weighted` weighs more than distances, and only those are measured: take `regret` or `threshold`"
    )]
    Weighted,
    /// There is none of that name.
    #[error("`{0}` is no policy: `regret` or `threshold`")]
    Unknown(String),
}

/// A knob.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Knob {
    /// Its name in a configuration.
    pub name: &'static str,
    unit: Unit,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unit {
    MeterSeconds,
    Meters,
    Seconds,
}

const fn knob(name: &'static str, unit: Unit) -> Knob {
    Knob { name, unit }
}

const REGRET: [Knob; 5] = [
    knob("relocation_cost", Unit::MeterSeconds),
    knob("look_ahead", Unit::Seconds),
    knob("smoothing", Unit::Seconds),
    knob("no_return", Unit::Seconds),
    knob("tick", Unit::Seconds),
];

const THRESHOLD: [Knob; 3] = [
    knob("margin", Unit::Meters),
    knob("time_to_trigger", Unit::Seconds),
    knob("minimum_stay", Unit::Seconds),
];

impl Knob {
    /// What its values are in, as an axis names it.
    pub const fn unit(&self) -> &'static str {
        match self.unit {
            Unit::MeterSeconds => "m·s",
            Unit::Meters => "m",
            Unit::Seconds => "s",
        }
    }

    /// A value as a configuration has it.
    pub fn text(&self, value: f64) -> String {
        let millis = (value * 1e3).round();
        match self.unit {
            Unit::MeterSeconds => value.to_string(),
            Unit::Meters => format!("{value}m"),
            Unit::Seconds if millis % 1e3 == 0.0 => format!("{}s", millis / 1e3),
            Unit::Seconds => format!("{millis}ms"),
        }
    }
}

impl Family {
    /// The policy of that name.
    ///
    /// # Errors
    /// [`FamilyError`] says what can be tuned.
    pub fn named(name: &str) -> Result<Self, FamilyError> {
        match name {
            "regret" => Ok(Self::Regret),
            "threshold" => Ok(Self::Threshold),
            "nearest" => Err(FamilyError::NoKnobs),
            "weighted" => Err(FamilyError::Weighted),
            other => Err(FamilyError::Unknown(other.to_owned())),
        }
    }

    /// Its name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Regret => "regret",
            Self::Threshold => "threshold",
        }
    }

    /// Its knobs.
    pub const fn knobs(self) -> &'static [Knob] {
        match self {
            Self::Regret => &REGRET,
            Self::Threshold => &THRESHOLD,
        }
    }

    /// The policy with its defaults.
    pub fn defaults(self) -> Policy {
        match self {
            Self::Regret => Policy::Regret(Regret::default()),
            Self::Threshold => Policy::Threshold(Threshold::default()),
        }
    }

    /// A policy with these values, in the order of the knobs: metre-seconds, metres, seconds.
    fn policy(self, values: &[f64]) -> Policy {
        let value = |place: usize| values.get(place).copied().unwrap_or_default();
        let span = |place: usize| Duration::from_millis((value(place) * 1e3).round().max(1.0) as u64);
        match self {
            Self::Regret => Policy::Regret(Regret {
                relocation_cost: value(0),
                look_ahead: span(1),
                smoothing: span(2),
                no_return: span(3),
                tick: span(4),
            }),
            Self::Threshold => Policy::Threshold(Threshold {
                margin_meters: value(0),
                time_to_trigger: span(1),
                minimum_stay: span(2),
            }),
        }
    }

    /// A policy by how many times each knob doubles its default; what is out of [`REACH`] is at its end. Values are
    /// rounded to three digits, because nobody wants to read more.
    pub(crate) fn at(self, doublings: &[f64]) -> Policy {
        let most = REACH.log2();
        let defaults = values(&self.defaults());
        let turned = defaults.iter().zip(doublings).map(|(default, by)| {
            if *by == 0.0 { *default } else { rounded(default * by.clamp(-most, most).exp2()) }
        });
        self.policy(&turned.collect::<Vec<_>>())
    }

    /// By how many times each knob of a policy doubles its default.
    pub(crate) fn doublings(self, policy: &Policy) -> Vec<f64> {
        let pairs = values(policy).into_iter().zip(values(&self.defaults()));
        pairs.map(|(value, default)| (value / default).log2()).collect()
    }
}

/// The values of a policy's knobs, in their order: metre-seconds, metres, seconds. None for one that cannot be tuned.
pub fn values(policy: &Policy) -> Vec<f64> {
    let seconds = |span: Duration| span.as_secs_f64();
    match policy {
        Policy::Nearest | Policy::Weighted(_) | Policy::OrchestratorChooses(_) => Vec::new(),
        Policy::Regret(knobs) | Policy::Group(Gathering { cost: knobs, .. }) => vec![
            knobs.relocation_cost,
            seconds(knobs.look_ahead),
            seconds(knobs.smoothing),
            seconds(knobs.no_return),
            seconds(knobs.tick),
        ],
        Policy::Threshold(knobs) => {
            vec![knobs.margin_meters, seconds(knobs.time_to_trigger), seconds(knobs.minimum_stay)]
        }
    }
}

/// Three significant digits.
fn rounded(value: f64) -> f64 {
    format!("{value:.2e}").parse().unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knobs_are_turned_in_doublings_rounded_and_kept_within_reach() {
        for family in [Family::Regret, Family::Threshold] {
            let none = vec![0.0; family.knobs().len()];
            assert_eq!(family.at(&none), family.defaults());
            assert_eq!(family.doublings(&family.defaults()), none);
            assert_eq!(Family::named(family.as_str()), Ok(family));
        }
        let turned = values(&Family::Regret.at(&[0.1, 1.0, -1.0, 9.0, -9.0]));
        assert_eq!(turned, [8_570.0, 110.0, 3.75, 1_950.0, 0.063]);
        let turned = Family::Threshold.at(&[-4.0, 0.5, 0.0]);
        assert_eq!(values(&turned), [6.25, 14.1, 30.0]);
        assert!((Family::Threshold.doublings(&turned)[1] - 0.5).abs() < 0.01);
    }

    #[test]
    fn values_are_written_as_a_configuration_has_them() {
        let told = |family: Family, policy: Policy| -> Vec<String> {
            family.knobs().iter().zip(values(&policy)).map(|(knob, value)| knob.text(value)).collect()
        };
        let regret = Family::Regret.at(&[0.1, 0.0, 0.0, 4.7, -5.0]);
        assert_eq!(told(Family::Regret, regret), ["8570", "55s", "7500ms", "1590s", "63ms"]);
        let threshold = Family::Threshold.at(&[-4.0, 0.0, 0.0]);
        assert_eq!(told(Family::Threshold, threshold), ["6.25m", "10s", "30s"]);
    }

    #[test]
    fn what_cannot_be_tuned_says_what_can() {
        let refused = |name: &str| Family::named(name).expect_err(name).to_string();
        assert!(refused("nearest").contains("no knobs"));
        assert!(refused("weighted").contains("more than distances"));
        assert!(refused("best").contains("`best` is no policy: `regret` or `threshold`"));
    }
}
