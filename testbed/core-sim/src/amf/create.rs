//! Creating and deleting event subscriptions: the two personalities part here.

use super::request::{self, Unusable};
use super::{compliant_events, free5gc_events};
use crate::http::{Call, Problem, Reply};
use crate::world::World;

/// POST /namf-evts/v1/subscriptions.
pub(super) fn create(world: &World, index: usize, call: &Call, _: &str) -> Reply {
    let compliant = world.compliant();
    let (sent, wanted) = match (request::read(&call.body), compliant) {
        (Ok(read), _) => read,
        (Err(Unusable::Malformed(text)), false) => return Problem::malformed(text).gin(),
        (Err(Unusable::Empty), false) => return Problem::cause(400, "SUBSCRIPTION_EMPTY").gin(),
        (Err(Unusable::Malformed(text)), true) => {
            return Problem::cause(400, "INVALID_MSG_FORMAT").detail(text).reply();
        }
        (Err(Unusable::Empty), true) => {
            return Problem::cause(400, "MANDATORY_IE_MISSING").detail("subscription").reply();
        }
    };
    let mut state = world.lock();
    let state = &mut *state;
    let Some(amf) = state.amfs.get_mut(index) else { return Reply::empty(500) };
    if compliant {
        compliant_events::create(world, amf, sent, wanted)
    } else {
        free5gc_events::create(world, amf, &mut state.rng, sent, &wanted)
    }
}

/// DELETE of a subscription: Free5GC answers 200 with a body of `null`, a compliant AMF 204.
pub(super) fn delete(world: &World, index: usize, _: &Call, id: &str) -> Reply {
    let mut state = world.lock();
    let Some(amf) = state.amfs.get_mut(index) else { return Reply::empty(500) };
    let id = id.parse::<u64>().ok();
    let removed = id.is_some_and(|id| amf.kept.remove(&id).is_some() || amf.live.remove(&id).is_some());
    let problem = Problem::cause(404, "SUBSCRIPTION_NOT_FOUND");
    match (removed, world.compliant()) {
        (true, true) => Reply::empty(204),
        (true, false) => Reply::gin(200, &serde_json::Value::Null),
        (false, true) => problem.reply(),
        (false, false) => problem.gin(),
    }
}
