//! What the NFs of one core share. Every request is answered under one short lock, without awaiting.

use crate::amf::{self, Amf};
use crate::config::{Config, Personality};
use crate::http::{Call, Problem, Reply};
use crate::nrf::{self, Nrf};
use crate::oauth::{self, Keys, Refusal};
use crate::push::Pusher;
use crate::seen::{Nf, Seen, SeenLog};
use crate::smf::{self, Smf};
use http::header;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use std::net::SocketAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use uuid::Uuid;

/// One core.
pub(crate) struct World {
    pub(crate) config: Config,
    pub(crate) keys: Keys,
    pub(crate) pusher: Pusher,
    pub(crate) nrf_addr: SocketAddr,
    /// NF instance id of the NRF; issuer of compliant tokens.
    pub(crate) nrf_id: String,
    state: Mutex<State>,
    seen: Mutex<SeenLog>,
}

/// What changes.
pub(crate) struct State {
    pub(crate) nrf: Nrf,
    pub(crate) amfs: Vec<Amf>,
    pub(crate) smf: Smf,
    pub(crate) rng: ChaCha8Rng,
}

impl World {
    pub(crate) fn new(
        config: Config,
        keys: Keys,
        pusher: Pusher,
        nrf_addr: SocketAddr,
        amfs: Vec<SocketAddr>,
        smf: SocketAddr,
    ) -> World {
        let rng = ChaCha8Rng::seed_from_u64(config.seed);
        let amfs = amfs.into_iter().enumerate().map(|(index, addr)| Amf::new(index, addr)).collect();
        let state = State { nrf: Nrf::default(), amfs, smf: Smf::new(smf), rng };
        let nrf_id = Uuid::new_v4().to_string();
        World { config, keys, pusher, nrf_addr, nrf_id, state: Mutex::new(state), seen: Mutex::default() }
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The log of requests.
    pub(crate) fn seen(&self) -> MutexGuard<'_, SeenLog> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn remember(&self, seen: Seen) {
        self.seen().push(seen);
    }

    pub(crate) fn compliant(&self) -> bool {
        self.config.personality == Personality::ThreeGpp
    }

    /// Answers a complete request.
    pub(crate) fn answer(&self, call: &Call) -> Reply {
        let answer = match call.nf {
            Nf::Nrf => nrf::answer(self, call),
            Nf::Amf(index) => amf::answer(self, index, call),
            Nf::Smf => smf::answer(self, call),
        };
        match answer {
            Some(reply) => reply,
            None if self.compliant() => Problem::cause(404, "RESOURCE_URI_STRUCTURE_NOT_FOUND").reply(),
            None => Reply::page_not_found(),
        }
    }

    /// Checks the access token for a service; `audience` is how the asked NF may be named in `aud`.
    pub(crate) fn authorize(&self, call: &Call, service: &str, audience: &[&str]) -> Result<(), Reply> {
        if !self.config.oauth2 {
            return Ok(());
        }
        if !self.compliant() {
            return oauth::verify_free5gc(&self.keys, call.authorization(), service)
                .map_err(|text| Reply::gin(401, &serde_json::json!({ "error": text })));
        }
        let verdict = oauth::verify_strict(&self.keys, call.authorization(), &self.nrf_id, audience, service);
        verdict.map_err(|refusal| {
            let (status, error) = match refusal {
                Refusal::Missing => (401, String::new()),
                Refusal::Invalid(why) => {
                    (401, format!(", error=\"invalid_token\", error_description=\"{why}\""))
                }
                Refusal::Scope => (403, format!(", error=\"insufficient_scope\", scope=\"{service}\"")),
            };
            let title = if status == 401 { "Unauthorized" } else { "Forbidden" };
            let problem = Problem { title: Some(title), status, ..Problem::default() };
            problem.reply().header(header::WWW_AUTHENTICATE, format!("Bearer realm=\"{service}\"{error}"))
        })
    }
}
