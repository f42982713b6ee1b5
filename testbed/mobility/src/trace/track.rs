//! The way of one UE.

use std::time::Duration;

use crate::earth::shorter;

/// The way of one UE: fixes, straight lines between them, and what comes after the last.
#[derive(Debug, Clone, PartialEq)]
pub struct Track {
    /// Its id in the trace.
    pub id: String,
    /// Where it is when; at least one, in order of time.
    pub fixes: Vec<Fix>,
    /// What comes after the last fix.
    pub end: End,
}

/// A UE is here now.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Fix {
    /// From the start of the trace.
    pub at: Duration,
    /// Longitude in degrees, WGS 84.
    pub lon: f64,
    /// Latitude in degrees, WGS 84.
    pub lat: f64,
}

/// What comes after the last fix.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// The UE stays where it is.
    Stays,
    /// The UE stays until this time, then it is gone.
    Leaves(Duration),
    /// It starts again from the first fix.
    Loops,
    /// It goes back the way it came, and then again.
    Reverses,
}

impl Track {
    /// When the UE appears.
    pub fn appears(&self) -> Duration {
        self.fixes.first().map_or(Duration::ZERO, |f| f.at)
    }

    /// Where it appears, longitude first.
    pub fn start(&self) -> (f64, f64) {
        self.fixes.first().map_or((0.0, 0.0), |f| (f.lon, f.lat))
    }

    /// Where the UE is at `at`, longitude first; `None` before it appears and after it has left.
    pub fn position(&self, at: Duration) -> Option<(f64, f64)> {
        let (first, last) = (self.fixes.first()?, self.fixes.last()?);
        let since = at.checked_sub(first.at)?;
        let lap = last.at.saturating_sub(first.at);
        let within = match self.end {
            End::Leaves(gone) if at >= gone => return None,
            End::Stays | End::Leaves(_) => since.min(lap),
            End::Loops | End::Reverses if lap.is_zero() => Duration::ZERO,
            End::Loops => remainder(since, lap),
            End::Reverses => {
                let there_and_back = remainder(since, 2 * lap);
                there_and_back.min(2 * lap - there_and_back)
            }
        };
        Some(self.between(first.at + within))
    }

    fn between(&self, at: Duration) -> (f64, f64) {
        let next = self.fixes.partition_point(|f| f.at <= at);
        let from = self.fixes[next.saturating_sub(1)];
        let Some(to) = self.fixes.get(next) else { return (from.lon, from.lat) };
        let span = to.at.saturating_sub(from.at).as_secs_f64();
        let share = if span > 0.0 { at.saturating_sub(from.at).as_secs_f64() / span } else { 0.0 };
        let lon = from.lon + shorter(to.lon - from.lon) * share;
        let wrapped = if lon > 180.0 {
            lon - 360.0
        } else if lon < -180.0 {
            lon + 360.0
        } else {
            lon
        };
        (wrapped, from.lat + (to.lat - from.lat) * share)
    }
}

/// `span` modulo `lap`, in whole nanoseconds.
fn remainder(span: Duration, lap: Duration) -> Duration {
    let nanos = span.as_nanos() % lap.as_nanos().max(1);
    Duration::from_nanos(u64::try_from(nanos).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn track(end: End) -> Track {
        let fix = |secs, lon| Fix { at: Duration::from_secs(secs), lon, lat: 0.0 };
        Track { id: "x".into(), fixes: vec![fix(10, 0.0), fix(20, 1.0)], end }
    }

    fn lons(end: End, secs: [u64; 6]) -> Vec<Option<f64>> {
        secs.iter().map(|s| track(end).position(Duration::from_secs(*s)).map(|p| p.0)).collect()
    }

    #[test]
    fn between_fixes_it_goes_straight() {
        let stays = lons(End::Stays, [9, 10, 15, 20, 21, 99]);
        assert_eq!(stays, [None, Some(0.0), Some(0.5), Some(1.0), Some(1.0), Some(1.0)]);
    }

    #[test]
    fn it_leaves_loops_and_reverses() {
        let gone = End::Leaves(Duration::from_secs(22));
        assert_eq!(lons(gone, [9, 10, 20, 21, 22, 99]), [None, Some(0.0), Some(1.0), Some(1.0), None, None]);
        let loops = lons(End::Loops, [10, 15, 20, 25, 30, 35]);
        assert_eq!(loops, [Some(0.0), Some(0.5), Some(0.0), Some(0.5), Some(0.0), Some(0.5)]);
        let reverses = lons(End::Reverses, [10, 15, 20, 25, 30, 35]);
        assert_eq!(reverses, [Some(0.0), Some(0.5), Some(1.0), Some(0.5), Some(0.0), Some(0.5)]);
    }

    #[test]
    fn it_crosses_the_antimeridian_the_short_way() {
        let fix = |secs, lon| Fix { at: Duration::from_secs(secs), lon, lat: 0.0 };
        let track = Track { id: "x".into(), fixes: vec![fix(0, 179.0), fix(4, -179.0)], end: End::Stays };
        let at = |secs| track.position(Duration::from_secs(secs)).map(|p| p.0);
        assert_eq!((at(1), at(3)), (Some(179.5), Some(-179.5)));
    }
}
