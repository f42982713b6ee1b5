//! What a probe found out, for programs and for people.

use std::fmt;

use serde::Serialize;

/// What a core accepts and what it really does.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct ProbeReport {
    /// The NRF; absent where none is configured.
    pub nrf: Option<NrfProbe>,
    /// Every AMF that was found or configured.
    pub amfs: Vec<AmfProbe>,
    /// What stands in the way, in words; empty where nothing does.
    pub problems: Vec<String>,
}

/// What the NRF said.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct NrfProbe {
    /// Its root.
    pub url: String,
    /// Whether it took our registration.
    pub registered: bool,
    /// Whether it says that access tokens are used; absent where it says nothing.
    pub oauth2: Option<bool>,
    /// Seconds between two heartbeats that it wants; absent where it says nothing.
    pub heartbeat_seconds: Option<u64>,
    /// What it answered to a heartbeat.
    pub heartbeat: String,
    /// Whether it gives a token for the AMF's events; absent where tokens are not used.
    pub amf_token: Option<String>,
    /// Roots of the AMFs that it knows.
    pub amfs: Vec<String>,
}

/// What an AMF did.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct AmfProbe {
    /// Its root.
    pub url: String,
    /// Whether it answers any-UE polls.
    pub polls: bool,
    /// Polls that were made.
    pub polls_made: u32,
    /// Polls that failed.
    pub polls_failed: u32,
    /// UEs of the last answer.
    pub ues: usize,
    /// Bytes of the last answer.
    pub bytes: usize,
    /// Median time of a poll, in milliseconds.
    pub poll_ms_p50: f64,
    /// Longest time of a poll, in milliseconds.
    pub poll_ms_max: f64,
    /// Whether it accepted a subscription to notifications.
    pub subscription_accepted: bool,
    /// Whether the subscription was in force afterwards, as its `Location` or id says; or the refusal.
    pub subscription: String,
    /// Movements and CM state changes that polling saw meanwhile.
    pub changes_seen: usize,
    /// Notifications that came meanwhile.
    pub notifications: u64,
    /// What is used: `poll`, `poll and push`, or `none`.
    pub source: String,
    /// Why.
    pub why: String,
    /// Milliseconds between two polls that follow from this cost.
    pub interval_ms: u64,
    /// Polls a second at that interval.
    pub requests_per_second: f64,
    /// Bytes a second at that interval.
    pub bytes_per_second: f64,
}

impl fmt::Display for ProbeReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(nrf) = &self.nrf {
            writeln!(f, "NRF {}", nrf.url)?;
            writeln!(f, "  registration  {}", if nrf.registered { "accepted" } else { "refused" })?;
            let tokens = match nrf.oauth2 {
                Some(true) => "used",
                Some(false) => "not used",
                None => "not mentioned",
            };
            writeln!(f, "  tokens        {tokens}")?;
            if let Some(token) = &nrf.amf_token {
                writeln!(f, "  AMF token     {token}")?;
            }
            writeln!(f, "  heartbeat     {}", nrf.heartbeat)?;
            writeln!(
                f,
                "  AMFs          {}",
                if nrf.amfs.is_empty() { "none".into() } else { nrf.amfs.join(", ") }
            )?;
        }
        for amf in &self.amfs {
            writeln!(f, "AMF {}", amf.url)?;
            let (made, failed) = (amf.polls_made, amf.polls_failed);
            writeln!(
                f,
                "  poll          {made} made, {failed} failed; {} UEs in {} bytes",
                amf.ues, amf.bytes
            )?;
            writeln!(
                f,
                "  poll time     {:.1} ms median, {:.1} ms longest",
                amf.poll_ms_p50, amf.poll_ms_max
            )?;
            writeln!(f, "  subscription  {}", amf.subscription)?;
            writeln!(
                f,
                "  meanwhile     {} changes polled, {} notified",
                amf.changes_seen, amf.notifications
            )?;
            writeln!(f, "  source        {}: {}", amf.source, amf.why)?;
            let (requests, bytes) = (amf.requests_per_second, amf.bytes_per_second);
            writeln!(
                f,
                "  cost          every {} ms: {requests:.1} requests/s, {bytes:.0} bytes/s",
                amf.interval_ms
            )?;
        }
        for problem in &self.problems {
            writeln!(f, "problem: {problem}")?;
        }
        Ok(())
    }
}
