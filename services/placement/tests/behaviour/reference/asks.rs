//! What sources say of sites and what operators ask, as the reference takes note of it.

use model::{AppId, Ask, InstanceId, OperatorCommand, SiteId, SiteReport, Timestamp};

use crate::country::{Asked, At};
use crate::reference::Reference;

impl Reference {
    pub(crate) fn said(&mut self, report: &SiteReport) {
        self.unsettled = true;
        self.country.report(report);
    }

    pub(crate) fn command(&mut self, command: &OperatorCommand, now: Timestamp) {
        self.unsettled = true;
        if !self.country.command(command) {
            return;
        }
        match &command.ask {
            Ask::Move { app, instance, site } => self.ask((app, instance), site, false),
            Ask::Pin { app, instance, site } => self.ask((app, instance), site, true),
            Ask::Unpin { app, instance } => {
                let Some(key) = self.whose(app, instance) else { return };
                if self.country.asks.get(&key).is_some_and(|asked| asked.pinned) {
                    self.country.asks.remove(&key);
                }
            }
            Ask::Confirm { app, instance, generation, site } => {
                self.answered((app, instance), (*generation, site), true, (command.at, now));
            }
            Ask::Refuse { app, instance, generation, site } => {
                self.answered((app, instance), (*generation, site), false, (command.at, now));
            }
            Ask::Cordon { .. }
            | Ask::Drain { .. }
            | Ask::Resume { .. }
            | Ask::Freeze { .. }
            | Ask::Thaw { .. } => (),
        }
    }

    /// An ask of an instance that is known; a move of one that has ended is moot.
    fn ask(&mut self, (app, instance): (&AppId, &InstanceId), site: &SiteId, pinned: bool) {
        let Some(key) = self.whose(app, instance) else { return };
        let (here, ended) = (self.ues.contains_key(&key.1), self.insts[&key].generation > 0);
        if here || ended {
            self.country.asks.insert(key, Asked { site: site.clone(), pinned });
        }
    }

    pub(super) fn whose(&self, app: &AppId, instance: &InstanceId) -> Option<(usize, u64)> {
        let of =
            |(slot, ue): &&(usize, u64)| self.apps[*slot].id == *app && self.id_of(app, *ue) == *instance;
        self.insts.keys().find(of).copied()
    }

    /// A move of an instance that is there already, or whose UE has gone, is forgotten.
    pub(super) fn drop_moot_moves(&mut self) {
        let (insts, ues) = (&self.insts, &self.ues);
        self.country.asks.retain(|key, asked| {
            let inst = &insts[key];
            let there = inst.serving.as_ref().is_some_and(|(site, _)| *site == asked.site);
            let gone = ues.get(&key.1).is_none_or(|(at, _)| *at == At::Gone);
            asked.pinned || inst.live.is_some() || !(there || gone)
        });
    }
}
