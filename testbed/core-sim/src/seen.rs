//! The log of requests that the simulated NFs have answered.

use bytes::Bytes;
use std::collections::VecDeque;

/// Requests kept; the oldest go first.
const KEPT: usize = 8192;
/// Bytes of a body kept with its request.
const BODY_KEPT: usize = 8 * 1024;

/// Which network function was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Nf {
    /// The NRF.
    Nrf,
    /// The AMF of this index in [`crate::Config::amf_listen`].
    Amf(usize),
    /// The SMF.
    Smf,
}

/// A request that was answered.
#[derive(Clone, Debug)]
pub struct Seen {
    /// Who was asked.
    pub nf: Nf,
    /// The method, in capitals.
    pub method: String,
    /// Path and query as sent.
    pub path: String,
    /// Whether it came over HTTP/2.
    pub http2: bool,
    /// Header names (lower case) and values in the order received; the value of `authorization` is left out.
    pub headers: Vec<(String, String)>,
    /// The body, its first 8 KiB at most.
    pub body: Bytes,
    /// The status it was answered with.
    pub status: u16,
}

#[derive(Default)]
pub(crate) struct SeenLog(VecDeque<Seen>);

impl SeenLog {
    pub(crate) fn push(&mut self, mut seen: Seen) {
        if seen.body.len() > BODY_KEPT {
            seen.body = Bytes::copy_from_slice(&seen.body[..BODY_KEPT]);
        }
        if self.0.len() == KEPT {
            self.0.pop_front();
        }
        self.0.push_back(seen);
    }

    pub(crate) fn all(&self) -> Vec<Seen> {
        self.0.iter().cloned().collect()
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }
}
