//! A token in our hands.

use std::sync::Arc;
use std::time::{Duration, Instant};

use sbi_schemas::ts29510::AccessTokenRsp;

/// How long a failed renewal waits for the next attempt.
const PUT_OFF: Duration = Duration::from_secs(5);

/// A token and when it is renewed.
pub(super) struct Held {
    token: Arc<str>,
    due: Option<Instant>,
}

impl Held {
    /// A token that came at `now`; it is renewed when four fifths of its life have passed.
    pub(super) fn new(reply: &AccessTokenRsp, now: Instant) -> Self {
        let life = reply.expires_in.map(|seconds| Duration::from_secs(u64::from(seconds)));
        let due = life.and_then(|life| now.checked_add(life * 4 / 5));
        Self { token: reply.access_token.as_str().into(), due }
    }

    /// A token of unknown age: it is to be renewed soon, once we are registered.
    pub(super) fn old(token: &str, now: Instant) -> Self {
        Self { token: token.into(), due: Some(now + PUT_OFF) }
    }

    pub(super) fn token(&self) -> Arc<str> {
        self.token.clone()
    }

    /// Whether it is time to renew it.
    pub(super) fn is_due(&self, now: Instant) -> bool {
        self.due.is_some_and(|due| now >= due)
    }

    /// Keeps it in use although it could not be renewed.
    pub(super) fn put_off(&mut self, now: Instant) {
        self.due = Some(now + PUT_OFF);
    }
}

impl std::fmt::Debug for Held {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Held").field("due", &self.due).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply(expires_in: Option<u32>) -> AccessTokenRsp {
        AccessTokenRsp { access_token: "t".into(), token_type: "Bearer".into(), expires_in, scope: None }
    }

    #[test]
    fn a_token_is_renewed_ahead_of_its_end() {
        let now = Instant::now();
        let held = Held::new(&reply(Some(1000)), now);
        assert!(!held.is_due(now + Duration::from_secs(799)));
        assert!(held.is_due(now + Duration::from_secs(800)));
        assert!(!Held::new(&reply(None), now).is_due(now + Duration::from_secs(1_000_000)));
    }

    #[test]
    fn debug_output_hides_it() {
        assert!(!format!("{:?}", Held::new(&reply(None), Instant::now())).contains("\"t\""));
    }
}
