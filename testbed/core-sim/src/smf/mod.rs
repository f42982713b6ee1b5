//! The SMF: Nsmf_EventExposure (TS 29.508) with the event QOS_MON. Every UE that an AMF serves has one PDU session.
//!
//! Free5GC's advertises the service, has it under a path of its own and implements none of it.

mod exposure;
mod measure;
mod request;
mod subscription;

pub use measure::PacketDelay;
pub(crate) use measure::set_delay;

use crate::http::{Call, Reply};
use crate::nrf;
use crate::world::{State, World};
use http::Method;
use serde_json::json;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Instant;
use subscription::Subscription;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// The service, in the NRF and in access tokens.
const SERVICE: &str = "nsmf-event-exposure";
/// Event subscriptions kept; one beyond is refused.
const MAX_SUBSCRIPTIONS: usize = 16 * 1024;

/// The one SMF.
pub(crate) struct Smf {
    pub(crate) addr: SocketAddr,
    /// NF instance id: a new one at each start.
    pub(crate) nf_id: String,
    /// Whether the process runs.
    pub(crate) alive: bool,
    /// Started while the NRF was away; registers when it is back.
    wants_registration: bool,
    live: BTreeMap<u64, Subscription>,
    next_subscription: u64,
    /// By SUPI, for UEs whose QoS flow is monitored. The user plane measures on while the SMF is down.
    delays: BTreeMap<String, PacketDelay>,
    /// Ends the notifications of this process.
    scope: CancellationToken,
}

impl Smf {
    pub(crate) fn new(addr: SocketAddr) -> Smf {
        Smf {
            addr,
            nf_id: String::new(),
            alive: false,
            wants_registration: false,
            live: BTreeMap::new(),
            next_subscription: 1,
            delays: BTreeMap::new(),
            scope: CancellationToken::new(),
        }
    }

    /// Its base URI.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.addr)
    }

    /// Event subscriptions held.
    pub(crate) fn subscriptions(&self) -> usize {
        self.live.len()
    }
}

/// Starts the process: without subscriptions, with a new NF instance id, registered if the NRF can be reached.
pub(crate) fn boot(world: &World, state: &mut State) {
    if state.smf.alive {
        return;
    }
    let delays = std::mem::take(&mut state.smf.delays);
    let nf_id = Uuid::new_v4().to_string();
    state.smf = Smf { nf_id, alive: true, wants_registration: true, delays, ..Smf::new(state.smf.addr) };
    register_waiting(world, state);
}

/// Registers the SMF if it could not do so when it started.
pub(crate) fn register_waiting(world: &World, state: &mut State) {
    let smf = &mut state.smf;
    if state.nrf.up && smf.alive && std::mem::take(&mut smf.wants_registration) {
        state.nrf.admit(world, nrf::smf_profile(world, smf));
    }
}

/// Ends the process: every subscription is gone. An orderly stop deregisters it.
pub(crate) fn kill(world: &World, state: &mut State, orderly: bool) {
    let smf = &mut state.smf;
    smf.scope.cancel();
    smf.alive = false;
    smf.live.clear();
    if orderly && state.nrf.up {
        state.nrf.dismiss(world, &smf.nf_id);
    }
}

/// What a compliant SMF does all the time: heart-beats, registering again after a 404, periodic notifications.
pub(crate) fn tick(world: &World, state: &mut State, now: Instant) {
    let smf = &mut state.smf;
    if !smf.alive {
        return;
    }
    if state.nrf.up {
        if state.nrf.knows(&smf.nf_id) {
            state.nrf.beat(&smf.nf_id, now);
        } else {
            smf.wants_registration = true;
        }
    }
    smf.serve_due(&state.amfs, now);
    register_waiting(world, state);
}

/// Answers a request; `None` if there is no such resource.
pub(crate) fn answer(world: &World, call: &Call) -> Option<Reply> {
    if !world.compliant() {
        return answer_as_free5gc(world, call);
    }
    type Operation = fn(&World, &Call, &str) -> Reply;
    let (operation, id): (Operation, _) = match (&call.method, call.segments().as_slice()) {
        (&Method::POST, ["nsmf-event-exposure", "v1", "subscriptions"]) => (exposure::create, ""),
        (&Method::GET, ["nsmf-event-exposure", "v1", "subscriptions", id]) => (exposure::read, *id),
        (&Method::PUT, ["nsmf-event-exposure", "v1", "subscriptions", id]) => (exposure::replace, *id),
        (&Method::DELETE, ["nsmf-event-exposure", "v1", "subscriptions", id]) => (exposure::delete, *id),
        _ => return None,
    };
    let own_id = world.lock().smf.nf_id.clone();
    Some(match world.authorize(call, SERVICE, &["SMF", &own_id]) {
        Ok(()) => operation(world, call, id),
        Err(reply) => reply,
    })
}

/// Free5GC's path has an underscore, and nothing behind it is implemented.
fn answer_as_free5gc(world: &World, call: &Call) -> Option<Reply> {
    let routed = match (&call.method, call.segments().as_slice()) {
        (&Method::POST, ["nsmf_event-exposure", "v1", "subscriptions"])
        | (
            &Method::GET | &Method::PUT | &Method::DELETE,
            ["nsmf_event-exposure", "v1", "subscriptions", _],
        ) => world.authorize(call, SERVICE, &[]),
        _ => return None,
    };
    Some(routed.map_or_else(|refusal| refusal, |()| Reply::gin(501, &json!({}))))
}
