//! Nsmf_EventExposure as specified (TS 29.508 clause 4.2.3): subscriptions are created, read, replaced and deleted.

use super::subscription::Subscription;
use super::{MAX_SUBSCRIPTIONS, Smf, request};
use crate::http::{Call, Problem, Reply};
use crate::world::World;
use http::header;

/// POST: 201 with Location.
pub(super) fn create(world: &World, call: &Call, _: &str) -> Reply {
    let accepted = match request::read(&call.body) {
        Ok(accepted) => accepted,
        Err(refusal) => return refusal,
    };
    let mut state = world.lock();
    let measured = if accepted.immediate { state.smf.measured(&state.amfs) } else { Vec::new() };
    let smf = &mut state.smf;
    if smf.live.len() >= MAX_SUBSCRIPTIONS {
        return Problem::cause(500, "INSUFFICIENT_RESOURCES").reply();
    }
    let id = smf.next_subscription;
    smf.next_subscription += 1;
    let longest = world.config.longest_subscription;
    let subscription = Subscription::new(accepted, id, longest, &world.pusher, &smf.scope);
    let location = format!("{}/nsmf-event-exposure/v1/subscriptions/sub-{id}", smf.url());
    let reply = Reply::json(201, &subscription.shown(&measured)).header(header::LOCATION, location);
    smf.live.insert(id, subscription);
    reply
}

/// GET: 200.
pub(super) fn read(world: &World, _: &Call, id: &str) -> Reply {
    match number(id).and_then(|id| world.lock().smf.live.get(&id).map(|found| found.shown(&[]))) {
        Some(shown) => Reply::json(200, &shown),
        None => unknown(),
    }
}

/// PUT: 200; what is new holds from now on.
pub(super) fn replace(world: &World, call: &Call, id: &str) -> Reply {
    let mut state = world.lock();
    let Smf { live, scope, .. } = &mut state.smf;
    let Some((id, subscription)) = number(id).and_then(|id| Some((id, live.get_mut(&id)?))) else {
        return unknown();
    };
    match request::read(&call.body) {
        Ok(accepted) => {
            let longest = world.config.longest_subscription;
            *subscription = Subscription::new(accepted, id, longest, &world.pusher, scope);
            Reply::json(200, &subscription.shown(&[]))
        }
        Err(refusal) => refusal,
    }
}

/// DELETE: 204.
pub(super) fn delete(world: &World, _: &Call, id: &str) -> Reply {
    match number(id).and_then(|id| world.lock().smf.live.remove(&id)) {
        Some(_) => Reply::empty(204),
        None => unknown(),
    }
}

fn number(id: &str) -> Option<u64> {
    id.strip_prefix("sub-")?.parse().ok()
}

fn unknown() -> Reply {
    Problem::cause(404, "SUBSCRIPTION_NOT_FOUND").reply()
}
