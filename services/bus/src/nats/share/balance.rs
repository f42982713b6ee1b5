//! What a replica does about its parts.

use futures_util::future::join_all;
use tokio::time::{Instant, timeout};

use super::lease::Renewal;
use super::member::{Held, Member, Part};
use crate::{BusError, Change};

impl Member {
    /// Renews, gives up what is too much or lost, and takes what is missing.
    pub(super) async fn act(&mut self) {
        if Instant::now() >= self.renew_at {
            self.renew().await;
        }
        let now = Instant::now();
        self.give_up_unrenewed(now);
        self.table.expire(now);
        if !self.is_informed() {
            return;
        }
        let quota = self.table.quota(&self.place.id, self.parts);
        let held: Vec<u16> = self.held().map(|(part, _)| part).collect();
        for part in held.iter().skip(quota) {
            self.stop(*part, Part::Leaving);
        }
        if held.len() < quota {
            self.take(quota - held.len()).await;
        }
    }

    /// Work on a part has stopped: it goes back, if it is still this replica's.
    pub(super) async fn release(&mut self, part: u16) -> Result<(), BusError> {
        match self.own.remove(&part) {
            Some(Part::Held(held)) => {
                self.given_back.insert(part, Instant::now());
                self.place.give_back(part, held.revision).await
            }
            Some(Part::Leaving(held)) => self.place.give_back(part, held.revision).await,
            Some(Part::Gone) | None => Ok(()),
        }
    }

    /// Gives everything back.
    pub(super) async fn leave(&mut self) {
        let own = std::mem::take(&mut self.own);
        let place = &self.place;
        let back = own.into_iter().filter_map(|(part, state)| match state {
            Part::Held(held) | Part::Leaving(held) => Some(place.give_back(part, held.revision)),
            Part::Gone => None,
        });
        // What is not given back expires.
        let _ = timeout(place.lease, async {
            join_all(back).await;
            place.leave().await;
        })
        .await;
    }

    async fn renew(&mut self) {
        let asked = Instant::now();
        self.renew_at = asked + self.place.lease / 3;
        let place = &self.place;
        let all = self.own.iter().filter_map(|(part, state)| match state {
            Part::Held(held) | Part::Leaving(held) => Some((*part, held.revision)),
            Part::Gone => None,
        });
        let renewals = join_all(all.map(async |(part, revision)| {
            // An answer that comes too late is as good as none.
            let renewal = timeout(place.lease / 3, place.renew(part, revision)).await;
            (part, renewal.unwrap_or(Renewal::Unknown))
        }));
        let announced = timeout(place.lease / 3, place.announce());
        let (renewals, announced) = futures_util::join!(renewals, announced);
        if !matches!(announced, Ok(Ok(_))) {
            tracing::warn!(
                work = self.place.work,
                "this replica cannot say that it is there; it is tried again"
            );
        }
        for (part, renewal) in renewals {
            match (renewal, self.own.get_mut(&part)) {
                (Renewal::Renewed(revision), Some(Part::Held(held) | Part::Leaving(held))) => {
                    *held = Held { revision, renewed: asked };
                }
                (Renewal::Taken, _) => self.stop(part, |_| Part::Gone),
                (Renewal::Renewed(_) | Renewal::Unknown, _) => {}
            }
        }
    }

    /// A lease that was not renewed for two thirds of its time is about to run out.
    fn give_up_unrenewed(&mut self, now: Instant) {
        let limit = self.place.lease * 2 / 3;
        let late = |held: &Held| now.duration_since(held.renewed) > limit;
        let late: Vec<u16> = self
            .own
            .iter()
            .filter(|(_, state)| matches!(state, Part::Held(held) | Part::Leaving(held) if late(held)))
            .map(|(part, _)| *part)
            .collect();
        for part in late {
            tracing::warn!(
                work = self.place.work,
                part,
                "a lease could not be renewed: the part is given up"
            );
            self.stop(part, |_| Part::Gone);
        }
    }

    /// Tells that work on a part must stop, unless that was told before.
    fn stop(&mut self, part: u16, next: impl FnOnce(Held) -> Part) {
        match self.own.get(&part) {
            Some(Part::Held(held)) => {
                let next = next(*held);
                self.own.insert(part, next);
                self.tell(Change::Lost(part));
            }
            Some(Part::Leaving(held)) => {
                let next = next(*held);
                self.own.insert(part, next);
            }
            Some(Part::Gone) | None => {}
        }
    }

    async fn take(&mut self, missing: usize) {
        let now = Instant::now();
        self.given_back.retain(|_, since| now.duration_since(*since) < self.place.lease);
        let free: Vec<u16> = (0..self.parts)
            .filter(|part| !self.own.contains_key(part) && !self.given_back.contains_key(part))
            .filter(|part| !self.table.is_held(*part))
            .take(missing)
            .collect();
        let place = &self.place;
        let taken = join_all(free.into_iter().map(async |part| {
            let revision = timeout(place.lease / 3, place.take(part)).await.ok().flatten();
            (part, revision)
        }));
        for (part, revision) in taken.await {
            if let Some(revision) = revision {
                self.own.insert(part, Part::Held(Held { revision, renewed: now }));
                self.tell(Change::Gained(part));
            }
        }
    }

    fn held(&self) -> impl Iterator<Item = (u16, Held)> + '_ {
        self.own.iter().filter_map(|(part, state)| match state {
            Part::Held(held) => Some((*part, *held)),
            Part::Leaving(_) | Part::Gone => None,
        })
    }

    fn tell(&self, change: Change) {
        // There is room for all that can be under way; where nobody listens any more, the task is about to end.
        if self.told.try_send(change).is_err() {
            tracing::debug!(?change, "nobody listens");
        }
    }
}
