//! From values to pixels, with round numbers along the way.

/// About so many steps between the ends of an axis.
const STEPS: f64 = 6.0;

/// An axis, linear or logarithmic.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scale {
    from: f64,
    to: f64,
    step: f64,
    pixels: (f64, f64),
    /// Whether the ends are decimal logarithms.
    logarithmic: bool,
}

impl Scale {
    /// From `from` to a round number that is not below `to`, drawn between these pixels.
    pub(super) fn new(from: f64, to: f64, pixels: (f64, f64)) -> Self {
        let span = (to - from).max(1e-9);
        let step = round_step(span / STEPS);
        let to = from + (span / step - 1e-9).ceil() * step;
        Self { from, to, step, pixels, logarithmic: false }
    }

    /// Between two round numbers around these.
    pub(super) fn around(from: f64, to: f64, pixels: (f64, f64)) -> Self {
        let step = round_step((to - from).max(1e-9) / STEPS);
        Self::new((from / step + 1e-9).floor() * step, to, pixels)
    }

    /// Between these, which are above zero, and logarithmic.
    pub(super) fn logarithmic(from: f64, to: f64, pixels: (f64, f64)) -> Self {
        Self { from: from.log10(), to: to.log10(), step: 1.0, pixels, logarithmic: true }
    }

    /// Where a value is; beyond the ends it is at the end.
    pub(super) fn at(&self, value: f64) -> f64 {
        let value = if self.logarithmic { value.log10() } else { value };
        let share = ((value - self.from) / (self.to - self.from)).clamp(0.0, 1.0);
        self.pixels.0 + share * (self.pixels.1 - self.pixels.0)
    }

    /// The value at a pixel of a linear axis.
    pub(super) fn value(&self, pixel: f64) -> f64 {
        self.from + (pixel - self.pixels.0) / (self.pixels.1 - self.pixels.0) * (self.to - self.from)
    }

    /// The round numbers, with as many decimals as tell them apart.
    pub(super) fn ticks(&self) -> Vec<(f64, String)> {
        let Self { from, to, step, .. } = *self;
        if self.logarithmic {
            return powers(from, to);
        }
        let count = ((to - from) / step).round() as u32;
        let decimals = (-step.log10().floor()).max(0.0) as usize;
        let values = (0..=count).map(|number| from + f64::from(number) * step);
        values.map(|value| (value, format!("{value:.decimals$}"))).collect()
    }
}

/// 1 and 3 times the powers of ten between two decimal logarithms.
fn powers(from: f64, to: f64) -> Vec<(f64, String)> {
    let exponents = from.floor() as i32..=to.ceil() as i32;
    let marks =
        exponents.flat_map(|exponent| [1.0, 3.0].map(|factor| (exponent, factor * 10f64.powi(exponent))));
    let within = marks.filter(|(_, mark)| (from..=to).contains(&mark.log10()));
    within.map(|(exponent, mark)| (mark, format!("{mark:.0$}", (-exponent).max(0) as usize))).collect()
}

/// 1, 2 or 5 times a power of ten, not below `least`.
fn round_step(least: f64) -> f64 {
    let power = 10f64.powf(least.log10().floor());
    let factor = [1.0, 2.0, 5.0, 10.0].into_iter().find(|factor| factor * power >= least * (1.0 - 1e-9));
    factor.unwrap_or(10.0) * power
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn axes_end_at_round_numbers_and_tell_them_apart() {
        let told = |from, to| {
            Scale::new(from, to, (0.0, 100.0)).ticks().into_iter().map(|t| t.1).collect::<Vec<_>>()
        };
        assert_eq!(told(0.0, 95.0), ["0", "20", "40", "60", "80", "100"]);
        assert_eq!(told(1.0, 1.09), ["1.00", "1.02", "1.04", "1.06", "1.08", "1.10"]);
        assert_eq!(told(0.0, 0.0).len(), 6);
        let told = |scale: Scale| scale.ticks().into_iter().map(|t| t.1).collect::<Vec<_>>();
        let around = Scale::around(1.183, 1.26, (0.0, 1.0));
        assert_eq!(told(around), ["1.18", "1.20", "1.22", "1.24", "1.26"]);
        let wide = Scale::logarithmic(0.06, 64.0, (0.0, 30.0));
        assert_eq!(told(wide), ["0.1", "0.3", "1", "3", "10", "30"]);
        assert!((Scale::logarithmic(1.0, 1_000.0, (0.0, 30.0)).at(100.0) - 20.0).abs() < 1e-9);
        let scale = Scale::new(0.0, 95.0, (10.0, 110.0));
        assert_eq!((scale.at(50.0), scale.at(500.0), scale.value(60.0)), (60.0, 110.0, 50.0));
    }
}
