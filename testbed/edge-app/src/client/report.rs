//! What clients saw, as data that can be added up and shown.

use std::net::IpAddr;
use std::time::Duration;

use hdrhistogram::Histogram;
use jiff::Timestamp;
use serde::ser::SerializeStruct as _;
use serde::{Serialize, Serializer};

/// Why a request failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Failure {
    /// No complete answer within the deadline.
    Late,
    /// No connection: refused or unreachable.
    Refused,
    /// The connection broke after the request was sent and before its answer was complete.
    Reset,
    /// An answer that is not 200, is malformed, or names no release.
    WrongBody,
    /// The name, which resolved before, did not.
    Unresolved,
    /// So many requests were under way that this one was not sent.
    Overrun,
}

/// Failed requests by reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Failures {
    /// See [`Failure::Late`].
    pub late: u64,
    /// See [`Failure::Refused`].
    pub refused: u64,
    /// See [`Failure::Reset`].
    pub reset: u64,
    /// See [`Failure::WrongBody`].
    pub wrong_body: u64,
    /// See [`Failure::Unresolved`].
    pub unresolved: u64,
    /// See [`Failure::Overrun`].
    pub overrun: u64,
}

impl Failures {
    pub(super) fn count(&mut self, failure: Failure) {
        *match failure {
            Failure::Late => &mut self.late,
            Failure::Refused => &mut self.refused,
            Failure::Reset => &mut self.reset,
            Failure::WrongBody => &mut self.wrong_body,
            Failure::Unresolved => &mut self.unresolved,
            Failure::Overrun => &mut self.overrun,
        } += 1;
    }

    /// All of them.
    pub fn total(&self) -> u64 {
        self.late + self.refused + self.reset + self.wrong_body + self.unresolved + self.overrun
    }

    fn add(&mut self, other: &Self) {
        self.late += other.late;
        self.refused += other.refused;
        self.reset += other.reset;
        self.wrong_body += other.wrong_body;
        self.unresolved += other.unresolved;
        self.overrun += other.overrun;
    }
}

/// How long good answers took, from the moment at which the request was due. Serialises as `count`, `mean`,
/// `p50`, `p90`, `p99` and `max`, in milliseconds.
#[derive(Clone)]
pub struct Latency(Histogram<u64>);

impl std::fmt::Debug for Latency {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (p50, p99, max) = (self.quantile_ms(0.5), self.quantile_ms(0.99), self.max_ms());
        write!(f, "{} answers, p50 {p50:.3} ms, p99 {p99:.3} ms, max {max:.3} ms", self.count())
    }
}

impl Default for Latency {
    fn default() -> Self {
        Self(Histogram::new(3).expect("three significant digits are allowed"))
    }
}

impl Latency {
    pub(super) fn record(&mut self, latency: Duration) {
        let micros = u64::try_from(latency.as_micros()).unwrap_or(u64::MAX);
        // The histogram grows with what it is given; a day is beyond every deadline, so recording cannot
        // fail.
        let _ = self.0.record(micros.min(86_400_000_000));
    }

    /// How many answers.
    pub fn count(&self) -> u64 {
        self.0.len()
    }

    /// The latency that a share `quantile` (0 to 1) of the answers stayed within, in milliseconds.
    pub fn quantile_ms(&self, quantile: f64) -> f64 {
        millis(self.0.value_at_quantile(quantile))
    }

    /// The longest, in milliseconds.
    pub fn max_ms(&self) -> f64 {
        millis(self.0.max())
    }
}

impl Serialize for Latency {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut out = serializer.serialize_struct("Latency", 6)?;
        out.serialize_field("count", &self.count())?;
        out.serialize_field("mean", &(self.0.mean() / 1000.0))?;
        out.serialize_field("p50", &self.quantile_ms(0.5))?;
        out.serialize_field("p90", &self.quantile_ms(0.9))?;
        out.serialize_field("p99", &self.quantile_ms(0.99))?;
        out.serialize_field("max", &self.max_ms())?;
        out.end()
    }
}

/// Microseconds as milliseconds.
fn millis(micros: u64) -> f64 {
    Duration::from_micros(micros).as_secs_f64() * 1000.0
}

/// One release, as one client saw it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Seen {
    /// The name that the client resolves.
    pub client: String,
    /// The release that its answers named.
    pub release: String,
    /// Where it answered.
    pub address: IpAddr,
    /// When its first good answer came.
    pub first: Timestamp,
    /// When its last good answer came.
    pub last: Timestamp,
    /// How many good answers it gave.
    pub answers: u64,
}

/// What one client, or several added up, saw.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Report {
    /// How many clients this is.
    pub clients: u64,
    /// How many of them had their name resolved, ever.
    pub started: u64,
    /// Requests that have ended, failed ones included.
    pub requests: u64,
    /// Those that failed.
    pub failed: u64,
    /// Why.
    pub failures: Failures,
    /// The longest time between two good answers of one client, in milliseconds; the time before the first
    /// and after the last count as well.
    pub longest_gap_ms: f64,
    /// How long good answers took.
    pub latency_ms: Latency,
    /// Every release that a client saw, by client and in the order of its first answers.
    pub releases: Vec<Seen>,
    /// How often a name came to point elsewhere.
    pub moves: u64,
    /// Look-ups in all, those that waited for the first placement included.
    pub lookups: u64,
    /// Look-ups that waited for the first placement.
    pub waiting: u64,
    /// Connections that were found closed before anything was sent on them; a new one was opened each time.
    pub closed_idle: u64,
    /// Requests that were sent more than one period after they were due, because this machine was busy.
    pub late_ticks: u64,
    /// The longest such delay, in milliseconds.
    pub worst_lag_ms: f64,
}

impl Report {
    /// Adds what other clients saw.
    pub fn merge(&mut self, other: &Self) {
        self.clients += other.clients;
        self.started += other.started;
        self.requests += other.requests;
        self.failed += other.failed;
        self.failures.add(&other.failures);
        self.longest_gap_ms = self.longest_gap_ms.max(other.longest_gap_ms);
        // Both grow as needed, so adding cannot fail.
        let _ = self.latency_ms.0.add(&other.latency_ms.0);
        self.releases.extend_from_slice(&other.releases);
        self.moves += other.moves;
        self.lookups += other.lookups;
        self.waiting += other.waiting;
        self.closed_idle += other.closed_idle;
        self.late_ticks += other.late_ticks;
        self.worst_lag_ms = self.worst_lag_ms.max(other.worst_lag_ms);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reports_add_up() {
        let mut one =
            Report { clients: 1, requests: 3, failed: 1, longest_gap_ms: 70.0, ..Report::default() };
        one.failures.count(Failure::Reset);
        one.latency_ms.record(Duration::from_millis(2));
        let mut two = Report { clients: 1, requests: 4, longest_gap_ms: 90.0, ..Report::default() };
        two.latency_ms.record(Duration::from_millis(500));
        one.merge(&two);
        assert_eq!((one.clients, one.requests, one.failed, one.failures.total()), (2, 7, 1, 1));
        assert_eq!(one.latency_ms.count(), 2);
        assert!(one.latency_ms.max_ms() >= 500.0 && one.longest_gap_ms >= 90.0);
    }

    #[test]
    fn a_report_serialises_its_latencies_as_milliseconds() {
        let mut report = Report::default();
        report.latency_ms.record(Duration::from_millis(10));
        let json = serde_json::to_value(&report).expect("JSON");
        let p50 = json["latency_ms"]["p50"].as_f64().expect("a number");
        assert!((9.9..10.1).contains(&p50), "{p50}");
        assert_eq!(json["failures"]["wrong_body"], 0);
    }
}
