//! What the core says about UEs.

use model::{Supi, Timestamp, UeChange, UeEvent, UeLocation};

use crate::command::Command;
use crate::engine::Engine;
use crate::index::UeIx;
use crate::topology::Spot;
use crate::ue::{Instance, Ue, Whereabouts};

impl Engine {
    pub(super) fn ue_event(&mut self, now: Timestamp, event: &UeEvent, out: &mut Vec<Command>) {
        match event.change {
            UeChange::Location(location) => {
                let ue = self.ues.find(&event.supi).or_else(|| self.meet(&event.supi));
                if let Some(ue) = ue {
                    let whereabouts = self.locate(&location, self.ues.at(ue).whereabouts);
                    self.move_ue(ue, whereabouts, event.observed_at, now, out);
                }
                if !self.groups.of(&event.supi).is_empty() {
                    // A position is kept with a UE of its own; members of groups are where their cells are.
                    let cell = UeLocation { position: None, ..location };
                    let at = match ue {
                        Some(_) => self.foreign.locate(&self.topology, &cell),
                        None => self.locate(&cell, Whereabouts::UNKNOWN),
                    };
                    self.move_member(&event.supi, at, event.observed_at, now, out);
                }
            }
            // An idle UE keeps its instance: it may wake up anywhere near.
            UeChange::Connectivity { .. } => (),
            UeChange::Gone => {
                let ue = match self.ues.find(&event.supi) {
                    None if self.runs_for(&event.supi) => self.meet(&event.supi),
                    known => known,
                };
                if let Some(ue) = ue {
                    self.move_ue(ue, Whereabouts::GONE, event.observed_at, now, out);
                }
                self.move_member(&event.supi, Whereabouts::GONE, event.observed_at, now, out);
            }
        }
    }

    fn locate(&mut self, location: &UeLocation, before: Whereabouts) -> Whereabouts {
        if let Some(at) = self.topology.settle(location, before) {
            return at;
        }
        let at = self.foreign.locate(&self.topology, location);
        if at.number() >= self.topology.places() {
            self.tally.unknown_cells += u64::from(location.cell.is_some());
            match self.foreign.place(&self.topology, at) {
                Some(_) => self.tally.area_fallbacks += 1,
                None => self.tally.nowhere += 1,
            }
        }
        at
    }

    fn move_ue(
        &mut self,
        ix: UeIx,
        whereabouts: Whereabouts,
        observed_at: Timestamp,
        now: Timestamp,
        out: &mut Vec<Command>,
    ) {
        let ue = self.ues.at_mut(ix);
        if ue.whereabouts == whereabouts && ue.observed_at != Timestamp::default() {
            // The same again (reports are repeated, the bus delivers at least once): the first report counts.
            return;
        }
        let before = std::mem::replace(&mut ue.whereabouts, whereabouts);
        ue.observed_at = observed_at;
        let mut next = ue.first;
        if whereabouts == Whereabouts::GONE {
            self.forget_qualities(next);
        }
        let place = |at| self.foreign.place(&self.topology, at).map(Spot::Place);
        let (from, to) = (place(before), place(whereabouts));
        while let Some(instance) = next {
            next = self.instances.at(instance).next;
            self.turn(instance, from, to, observed_at);
            self.look(instance, now, observed_at, out);
        }
        if before != whereabouts {
            self.topology.release(before);
        }
    }

    /// Takes up a UE with an instance of every app that it uses; `None` where it uses none.
    fn meet(&mut self, supi: &Supi) -> Option<UeIx> {
        let mut met = None;
        for app in (0..self.apps.len()).rev() {
            if !self.apps[app].serves(supi) {
                continue;
            }
            let app = app as u16;
            let ue = *met.get_or_insert_with(|| {
                self.ues.insert(Ue {
                    supi: supi.clone(),
                    observed_at: Timestamp::default(),
                    whereabouts: Whereabouts::UNKNOWN,
                    first: None,
                })
            });
            self.give_instance(ue, app);
        }
        met
    }

    /// Hangs an instance of an app on a UE: the one that is known already, if its UE was not, or a new one.
    pub(super) fn give_instance(&mut self, ue: UeIx, app: u16) {
        // It is found by its id from now on: orders and states of it may come that this engine did not cause.
        let id = self.number_of(app, &self.ues.at(ue).supi);
        let known = id.and_then(|id| self.instances.find(app, id));
        let next = self.ues.at(ue).first;
        let ix = match known {
            Some(ix) => {
                self.instances.attach(ix, Some(ue.into()), next);
                ix
            }
            None => {
                self.instances.insert(Instance { id, owner: Some(ue.into()), next, ..Instance::new(app) })
            }
        };
        self.ues.at_mut(ue).first = Some(ix);
    }

    /// Whether anything runs or is ordered for a UE that is not known.
    fn runs_for(&self, supi: &Supi) -> bool {
        self.instances.census().existing_detached > 0
            && (0..self.apps.len()).any(|app| {
                let app = app as u16;
                self.apps[usize::from(app)].serves(supi)
                    && self
                        .number_of(app, supi)
                        .and_then(|id| self.instances.find(app, id))
                        .is_some_and(|ix| self.instances.at(ix).exists())
            })
    }
}
