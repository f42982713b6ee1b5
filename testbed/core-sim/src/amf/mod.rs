//! The AMF: UE contexts, Namf_EventExposure, Namf_Location (TS 29.518), and Free5GC's namf-oam.

mod compliant_events;
mod create;
mod free5gc_events;
mod location;
mod mobility;
mod oam;
mod report;
mod request;
mod ue;

pub(crate) use mobility::{deregister, hand_over, home, leave_stale, locate, register, relocate, set_idle};
pub(crate) use ue::Ue;

use crate::http::{Call, Reply};
use crate::nrf;
use crate::world::{State, World};
use compliant_events::Subscription;
use http::Method;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Instant;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// Event subscriptions kept; one beyond is refused.
const MAX_SUBSCRIPTIONS: usize = 16 * 1024;

/// One AMF.
pub(crate) struct Amf {
    index: usize,
    pub(crate) addr: SocketAddr,
    /// NF instance id: a new one at each start.
    pub(crate) nf_id: String,
    /// Whether the process runs.
    pub(crate) alive: bool,
    /// Started while the NRF was away; registers when it is back.
    wants_registration: bool,
    /// By SUPI.
    pub(crate) ues: BTreeMap<String, Ue>,
    /// Free5GC's subscriptions: kept and echoed, never served.
    kept: BTreeMap<u64, Map<String, Value>>,
    /// The compliant ones.
    live: BTreeMap<u64, Subscription>,
    next_subscription: u64,
    /// UEs that registered since the last any-UE request.
    arrivals: u32,
    /// GUTIs given out.
    gutis: u32,
    /// Ends the notifications of this process.
    scope: CancellationToken,
}

impl Amf {
    pub(crate) fn new(index: usize, addr: SocketAddr) -> Amf {
        Amf {
            index,
            addr,
            nf_id: String::new(),
            alive: false,
            wants_registration: false,
            ues: BTreeMap::new(),
            kept: BTreeMap::new(),
            live: BTreeMap::new(),
            next_subscription: 1,
            arrivals: 0,
            gutis: 0,
            scope: CancellationToken::new(),
        }
    }

    /// Its base URI.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.addr)
    }

    /// AMF identifier (TS 23.003 clause 2.10.1): region ca, set 3f8, pointer by index.
    pub(crate) fn amf_id(&self) -> String {
        format!("cafe{:02x}", self.index & 0x3f)
    }

    /// Event subscriptions held.
    pub(crate) fn subscriptions(&self) -> usize {
        self.kept.len() + self.live.len()
    }

    fn allocate(&mut self) -> Option<u64> {
        if self.subscriptions() >= MAX_SUBSCRIPTIONS {
            return None;
        }
        let id = self.next_subscription;
        self.next_subscription += 1;
        Some(id)
    }
}

/// Starts the process of an AMF: empty, with a new NF instance id, registered if the NRF can be reached.
pub(crate) fn boot(world: &World, state: &mut State, index: usize) {
    let Some(amf) = state.amfs.get_mut(index) else { return };
    if amf.alive {
        return;
    }
    *amf = Amf::new(index, amf.addr);
    amf.nf_id = Uuid::new_v4().to_string();
    amf.alive = true;
    amf.wants_registration = true;
    register_waiting(world, state);
}

/// Registers the AMFs that could not do so when they started.
pub(crate) fn register_waiting(world: &World, state: &mut State) {
    if !state.nrf.up {
        return;
    }
    for amf in state.amfs.iter_mut().filter(|amf| amf.alive && amf.wants_registration) {
        amf.wants_registration = false;
        let profile = nrf::amf_profile(world, amf, &mut state.rng);
        state.nrf.admit(world, profile);
    }
}

/// Ends the process of an AMF: every UE context and subscription is gone. An orderly stop deregisters it.
pub(crate) fn kill(world: &World, state: &mut State, index: usize, orderly: bool) {
    let Some(amf) = state.amfs.get_mut(index) else { return };
    amf.scope.cancel();
    amf.alive = false;
    amf.ues.clear();
    amf.kept.clear();
    amf.live.clear();
    if orderly && state.nrf.up {
        let id = amf.nf_id.clone();
        state.nrf.dismiss(world, &id);
    }
}

/// What compliant AMFs do all the time: heart-beats, registering again after a 404, ending and repeating subscriptions.
pub(crate) fn tick(world: &World, state: &mut State, now: Instant) {
    for amf in state.amfs.iter_mut().filter(|amf| amf.alive) {
        if state.nrf.up {
            if state.nrf.knows(&amf.nf_id) {
                state.nrf.beat(&amf.nf_id, now);
            } else {
                amf.wants_registration = true;
            }
        }
        amf.serve_periodic(now);
    }
    register_waiting(world, state);
}

/// Answers a request; `None` if there is no such resource.
pub(crate) fn answer(world: &World, index: usize, call: &Call) -> Option<Reply> {
    let segments = call.segments();
    type Operation = fn(&World, usize, &Call, &str) -> Reply;
    let (service, operation, id): (_, Operation, _) = match (&call.method, segments.as_slice()) {
        (&Method::POST, ["namf-evts", "v1", "subscriptions"]) => ("namf-evts", create::create, ""),
        (&Method::PATCH, ["namf-evts", "v1", "subscriptions", id]) => {
            let free5gc: Operation = free5gc_events::modify;
            let modify = if world.compliant() { compliant_events::modify } else { free5gc };
            ("namf-evts", modify, *id)
        }
        (&Method::DELETE, ["namf-evts", "v1", "subscriptions", id]) => ("namf-evts", create::delete, *id),
        (&Method::POST, ["namf-loc", "v1", ue, "provide-loc-info"]) => ("namf-loc", location::provide, *ue),
        (&Method::POST, ["namf-loc", "v1", ue, "provide-pos-info" | "cancel-pos-info"]) => {
            ("namf-loc", location::not_implemented, *ue)
        }
        (&Method::GET, ["namf-oam", "v1", "registered-ue-context"]) => ("namf-oam", oam::registered, ""),
        (&Method::GET, ["namf-oam", "v1", "registered-ue-context", supi]) => {
            ("namf-oam", oam::registered, *supi)
        }
        _ => return None,
    };
    let own_id = world.lock().amfs.get(index).map(|amf| amf.nf_id.clone()).unwrap_or_default();
    Some(match world.authorize(call, service, &["AMF", &own_id]) {
        Ok(()) => operation(world, index, call, id),
        Err(reply) => reply,
    })
}
