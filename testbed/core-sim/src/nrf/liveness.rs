//! Heart-beat supervision of the compliant NRF (TS 29.510 clause 5.2.2.3.2).

use super::{Event, Nrf};
use crate::world::World;
use jiff::Timestamp;
use serde_json::json;
use std::time::{Duration, Instant};

impl Nrf {
    /// Suspends profiles whose heart-beat is half a period late, takes them out after six periods without one, and
    /// forgets subscriptions that have run out.
    pub(crate) fn supervise(&mut self, world: &World, now: Instant) {
        self.expire_subscriptions(Timestamp::now());
        let late = |beat: Instant, limit: Duration| now.saturating_duration_since(beat) > limit;
        let mut suspended = Vec::new();
        let mut gone = Vec::new();
        for profile in &mut self.profiles {
            let Some(timer) = profile.heart_beat_timer() else { continue };
            if late(profile.beat, timer * 6) {
                gone.push(profile.id.clone());
            } else if !profile.suspended && late(profile.beat, timer * 3 / 2) {
                profile.suspended = true;
                profile.body.insert("nfStatus".to_owned(), json!("SUSPENDED"));
                suspended.push(profile.id.clone());
            }
        }
        for profile in suspended.iter().filter_map(|id| self.find(id)) {
            self.notify(world, Event::Changed, profile);
        }
        for id in gone {
            if let Some(profile) = self.remove(&id) {
                self.notify(world, Event::Deregistered, &profile);
            }
        }
    }

    /// Notes a sign of life of an NF of this process.
    pub(crate) fn beat(&mut self, id: &str, now: Instant) {
        if let Some(profile) = self.find_mut(id) {
            profile.beat = now;
        }
    }

    /// Stores a profile of an NF of this process and, in the compliant personality, tells the subscribers.
    pub(crate) fn admit(&mut self, world: &World, profile: super::Profile) {
        let id = profile.id.clone();
        // Free5GC's NRF stores the profile even when it then answers 500, and a full NRF leaves the NF unregistered.
        if self.put(profile).is_ok()
            && world.compliant()
            && let Some(profile) = self.find(&id)
        {
            self.notify(world, Event::Registered, profile);
        }
    }

    /// Takes out the profile of an NF of this process that stops in an orderly way.
    pub(crate) fn dismiss(&mut self, world: &World, id: &str) {
        if let Some(profile) = self.remove(id).filter(|_| world.compliant()) {
            self.notify(world, Event::Deregistered, &profile);
        }
    }
}
