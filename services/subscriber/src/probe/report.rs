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
    /// Every SMF that was found, unless `core.qos` is off.
    pub smfs: Vec<SmfProbe>,
    /// What is worth knowing about how it was probed.
    pub notes: Vec<String>,
    /// What stands in the way, in words; empty where nothing does.
    pub problems: Vec<String>,
}

/// What the NRF said.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct NrfProbe {
    /// Its root.
    pub url: String,
    /// Whether it took our registration.
    pub registered: bool,
    /// Whether it says that access tokens are used; absent where it says nothing.
    pub oauth2: Option<bool>,
    /// Whether they are used, in words; empty where it took no registration.
    pub tokens: String,
    /// Seconds between two heartbeats that it wants; absent where it says nothing.
    pub heartbeat_seconds: Option<u64>,
    /// What it answered to a heartbeat; empty where none was sent.
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
    /// Why the last of them failed.
    pub last_failure: Option<String>,
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

/// What an SMF did.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct SmfProbe {
    /// Its root.
    pub url: String,
    /// Whether it accepted a subscription to packet delays.
    pub accepted: bool,
    /// How that was, or the refusal, in words.
    pub packet_delays: String,
    /// Notifications that came meanwhile.
    pub notifications: u64,
}

impl fmt::Display for ProbeReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.notes.iter().try_for_each(|note| writeln!(f, "note: {note}"))?;
        self.nrf.iter().try_for_each(|nrf| nrf.fmt(f))?;
        self.amfs.iter().try_for_each(|amf| amf.fmt(f))?;
        self.smfs.iter().try_for_each(|smf| smf.fmt(f))?;
        self.problems.iter().try_for_each(|problem| writeln!(f, "problem: {problem}"))
    }
}

impl fmt::Display for NrfProbe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "NRF {}", self.url)?;
        if !self.registered {
            return writeln!(f, "  registration  failed");
        }
        writeln!(f, "  registration  accepted")?;
        writeln!(f, "  tokens        {}", self.tokens)?;
        if let Some(token) = &self.amf_token {
            writeln!(f, "  AMF token     {token}")?;
        }
        let heartbeat = if self.heartbeat.is_empty() { "not tried" } else { &self.heartbeat };
        writeln!(f, "  heartbeat     {heartbeat}")?;
        let amfs = if self.amfs.is_empty() { "none".into() } else { self.amfs.join(", ") };
        writeln!(f, "  AMFs          {amfs}")
    }
}

impl fmt::Display for AmfProbe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "AMF {}", self.url)?;
        let (made, failed) = (self.polls_made, self.polls_failed);
        write!(f, "  poll          {made} made, {failed} failed")?;
        if self.polls {
            write!(f, "; {} UEs in {} bytes", self.ues, self.bytes)?;
        }
        writeln!(f)?;
        if let Some(failure) = &self.last_failure {
            writeln!(f, "  last failure  {failure}")?;
        }
        if self.polls {
            let (median, longest) = (self.poll_ms_p50, self.poll_ms_max);
            writeln!(f, "  poll time     {median:.1} ms median, {longest:.1} ms longest")?;
        }
        let subscription = if self.subscription.is_empty() { "not tried" } else { &self.subscription };
        writeln!(f, "  subscription  {subscription}")?;
        let (changes, notified) = (self.changes_seen, self.notifications);
        writeln!(f, "  meanwhile     {changes} changes polled, {notified} notified")?;
        writeln!(f, "  source        {}: {}", self.source, self.why)?;
        if !self.polls {
            return Ok(());
        }
        let (interval, requests, bytes) = (self.interval_ms, self.requests_per_second, self.bytes_per_second);
        writeln!(f, "  cost          every {interval} ms: {requests:.1} requests/s, {bytes:.0} bytes/s")
    }
}

impl fmt::Display for SmfProbe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "SMF {}", self.url)?;
        let delays = if self.packet_delays.is_empty() { "not tried" } else { &self.packet_delays };
        writeln!(f, "  packet delays {delays}")?;
        if self.accepted {
            writeln!(f, "  meanwhile     {} notified", self.notifications)?;
        }
        Ok(())
    }
}
