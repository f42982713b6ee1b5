//! What one client counts while it runs.

use std::net::IpAddr;
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;

use super::report::{Failure, Report, Seen};

/// Releases that one client remembers; what it saw after that many still counts as answers.
const MAX_RELEASES: usize = 10_000;

/// The counts of one client and what the longest gap is computed from.
#[derive(Debug)]
pub(super) struct Ledger {
    name: String,
    report: Report,
    /// When counting started or the last good answer came.
    good_at: Option<Instant>,
    stopped: Option<Instant>,
}

impl Ledger {
    pub(super) fn new(name: &str) -> Self {
        let report = Report { clients: 1, ..Report::default() };
        Self { name: name.to_owned(), report, good_at: None, stopped: None }
    }

    /// Another look-up was made.
    pub(super) fn looked_up(&mut self) {
        self.report.lookups += 1;
    }

    /// The name does not resolve yet.
    pub(super) fn waited(&mut self) {
        self.report.waiting += 1;
    }

    /// The name resolves: from `now` on requests count.
    pub(super) fn begin(&mut self, now: Instant) {
        self.report.started = 1;
        self.good_at = Some(now);
    }

    /// A request is sent `lag` after it was due.
    pub(super) fn sent(&mut self, lag: Duration, period: Duration) {
        if lag > period {
            self.report.late_ticks += 1;
            self.report.worst_lag_ms = self.report.worst_lag_ms.max(lag.as_secs_f64() * 1000.0);
        }
    }

    /// A kept connection had been closed.
    pub(super) fn closed_idle(&mut self) {
        self.report.closed_idle += 1;
    }

    /// The name points elsewhere.
    pub(super) fn moved(&mut self) {
        self.report.moves += 1;
    }

    /// A good answer came from `release` at `address`, `latency` after its request was due.
    pub(super) fn good(&mut self, now: Instant, release: String, address: IpAddr, latency: Duration) {
        self.report.requests += 1;
        self.report.latency_ms.record(latency);
        self.note_gap(now);
        self.good_at = self.good_at.max(Some(now));
        let at = Timestamp::now();
        // A client has few releases at a time, and the newest is the likeliest.
        let releases = &mut self.report.releases;
        if let Some(seen) = releases.iter_mut().rev().find(|seen| seen.release == release) {
            seen.last = seen.last.max(at);
            seen.address = address;
            seen.answers += 1;
        } else if releases.len() < MAX_RELEASES {
            let client = self.name.clone();
            releases.push(Seen { client, release, address, first: at, last: at, answers: 1 });
        }
    }

    /// A request failed.
    pub(super) fn failed(&mut self, failure: Failure) {
        self.report.requests += 1;
        self.report.failed += 1;
        self.report.failures.count(failure);
    }

    /// No more requests are sent from `now` on.
    pub(super) fn stop(&mut self, now: Instant) {
        self.note_gap(now);
        self.stopped = Some(now);
    }

    /// The counts as they are, with the gap that is still open.
    pub(super) fn report(&mut self) -> Report {
        if self.stopped.is_none() {
            self.note_gap(Instant::now());
        }
        self.report.clone()
    }

    fn note_gap(&mut self, now: Instant) {
        let until = self.stopped.map_or(now, |stopped| stopped.min(now));
        if let Some(good_at) = self.good_at {
            let gap = until.saturating_duration_since(good_at).as_secs_f64() * 1000.0;
            self.report.longest_gap_ms = self.report.longest_gap_ms.max(gap);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_gap_counts_the_time_before_the_first_and_after_the_last_good_answer() {
        let start = Instant::now();
        let at = |ms| start + Duration::from_millis(ms);
        let mut ledger = Ledger::new("a.");
        let address = IpAddr::from([127, 0, 0, 1]);
        ledger.begin(at(0));
        ledger.good(at(300), "er-1".into(), address, Duration::from_millis(1));
        ledger.good(at(350), "er-1".into(), address, Duration::from_millis(1));
        assert!((ledger.report.longest_gap_ms - 300.0).abs() < 0.5);
        ledger.failed(Failure::Late);
        ledger.stop(at(1350));
        let report = ledger.report();
        assert!((report.longest_gap_ms - 1000.0).abs() < 0.5);
        assert_eq!((report.requests, report.failed, report.failures.late), (3, 1, 1));
    }

    #[test]
    fn each_release_keeps_its_first_and_last_answer() {
        let start = Instant::now();
        let mut ledger = Ledger::new("a.");
        let old = IpAddr::from([127, 0, 0, 1]);
        let new = IpAddr::from([127, 0, 0, 2]);
        ledger.begin(start);
        for (release, address) in [("er-1", old), ("er-1", old), ("er-2", new), ("er-1", old)] {
            ledger.good(start, release.into(), address, Duration::ZERO);
        }
        let report = ledger.report();
        let seen: Vec<_> =
            report.releases.iter().map(|s| (s.release.as_str(), s.answers, s.address)).collect();
        assert_eq!(seen, [("er-1", 3, old), ("er-2", 1, new)]);
        assert!(report.releases[0].last >= report.releases[1].first);
    }
}
