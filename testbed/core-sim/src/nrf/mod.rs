//! The NRF: NF profiles, discovery, status subscriptions, access tokens (TS 29.510).

mod access_token;
mod compliant;
mod discovery;
mod free5gc;
mod liveness;
mod profile;
mod subscriptions;
mod validate;

pub(crate) use compliant::Event;

use crate::http::{Call, Reply};
use crate::world::World;
use http::Method;
use profile::Profile;
use std::collections::BTreeMap;
use subscriptions::StatusSubscription;

/// Profiles kept; a registration beyond is refused.
const MAX_PROFILES: usize = 4096;
/// Status subscriptions kept; one beyond is refused.
const MAX_SUBSCRIPTIONS: usize = 4096;

/// The NRF's memory, or its database.
#[derive(Default)]
pub(crate) struct Nrf {
    /// Whether other NFs reach it.
    pub(crate) up: bool,
    /// In the order of their first registration.
    profiles: Vec<Profile>,
    /// Free5GC's second collection: (NF type, NF instance id); an entry survives a deregistration that failed to
    /// notify, and the loss of the profiles at SIGTERM.
    uris: Vec<(String, String)>,
    subscriptions: BTreeMap<String, StatusSubscription>,
}

impl Nrf {
    fn find(&self, id: &str) -> Option<&Profile> {
        self.profiles.iter().find(|profile| profile.id == id)
    }

    fn find_mut(&mut self, id: &str) -> Option<&mut Profile> {
        self.profiles.iter_mut().find(|profile| profile.id == id)
    }

    /// Whether a profile of this id is there.
    pub(crate) fn knows(&self, id: &str) -> bool {
        self.find(id).is_some()
    }

    /// Stores a profile; true if it replaced one. `Err` when the NRF is full.
    pub(crate) fn put(&mut self, profile: Profile) -> Result<bool, ()> {
        if let Some(old) = self.find_mut(&profile.id) {
            *old = profile;
            return Ok(true);
        }
        if self.profiles.len() >= MAX_PROFILES {
            return Err(());
        }
        self.uris.push((profile.nf_type().to_owned(), profile.id.clone()));
        self.profiles.push(profile);
        Ok(false)
    }

    /// Takes a profile out of the NRF, its entry among the URIs included.
    pub(crate) fn remove(&mut self, id: &str) -> Option<Profile> {
        self.uris.retain(|(_, uri)| uri != id);
        self.remove_profile(id)
    }

    fn remove_profile(&mut self, id: &str) -> Option<Profile> {
        let at = self.profiles.iter().position(|profile| profile.id == id)?;
        Some(self.profiles.remove(at))
    }

    /// What an orderly stop of Free5GC's NRF does: the collection of profiles is dropped, the others stay.
    pub(crate) fn drop_profiles(&mut self) {
        self.profiles.clear();
    }

    /// What a compliant NRF without a database loses in a crash.
    pub(crate) fn forget_everything(&mut self) {
        self.profiles.clear();
        self.uris.clear();
        self.subscriptions.clear();
    }
}

pub(crate) use profile::{amf as amf_profile, smf as smf_profile};

/// Answers a request; `None` if there is no such resource.
pub(crate) fn answer(world: &World, call: &Call) -> Option<Reply> {
    let segments = call.segments();
    let reply = match (&call.method, segments.as_slice()) {
        (&Method::POST, ["oauth2", "token"]) => access_token::answer(world, call),
        // The one operation without a token: an NF cannot have one before it is registered.
        (&Method::PUT, ["nnrf-nfm", "v1", "nf-instances", id]) => {
            if world.compliant() {
                compliant::register(world, call, id)
            } else {
                free5gc::register(world, call)
            }
        }
        (&Method::GET, ["nnrf-disc", "v1", "nf-instances"]) => {
            match world.authorize(call, "nnrf-disc", &["NRF", &world.nrf_id]) {
                Ok(()) => discovery::answer(world, call),
                Err(reply) => reply,
            }
        }
        (_, ["nnrf-nfm", "v1", rest @ ..]) => return management(world, call, rest),
        _ => return None,
    };
    Some(reply)
}

fn management(world: &World, call: &Call, rest: &[&str]) -> Option<Reply> {
    let operation: fn(&World, &Call, &str) -> Reply = match (&call.method, rest, world.compliant()) {
        (&Method::GET, ["nf-instances"], false) => free5gc::list,
        (&Method::GET, ["nf-instances"], true) => compliant::list,
        (&Method::GET, ["nf-instances", _], false) => free5gc::get,
        (&Method::GET, ["nf-instances", _], true) => compliant::get,
        (&Method::PATCH, ["nf-instances", _], false) => free5gc::update,
        (&Method::PATCH, ["nf-instances", _], true) => compliant::update,
        (&Method::DELETE, ["nf-instances", _], false) => free5gc::deregister,
        (&Method::DELETE, ["nf-instances", _], true) => compliant::deregister,
        (&Method::POST, ["subscriptions"], false) => subscriptions::create_free5gc,
        (&Method::POST, ["subscriptions"], true) => subscriptions::create,
        (&Method::PATCH, ["subscriptions", _], _) => subscriptions::update,
        (&Method::DELETE, ["subscriptions", _], _) => subscriptions::delete,
        _ => return None,
    };
    let id = rest.get(1).copied().unwrap_or_default();
    Some(match world.authorize(call, "nnrf-nfm", &["NRF", &world.nrf_id]) {
        Ok(()) => operation(world, call, id),
        Err(reply) => reply,
    })
}
