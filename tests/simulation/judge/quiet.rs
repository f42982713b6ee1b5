//! What is reached once nothing goes wrong any more.

use std::collections::BTreeMap;

use model::{InstanceId, InstanceState, Stream};
use relocation::{Saga, Stage};

use super::Judge;
use crate::broker::Body;
use crate::decider::site_of;
use crate::executor::kept;
use crate::scene::Scene;

impl Judge {
    /// What is still missing; none where everything is where it should be.
    pub(crate) fn missing(&self, scene: &Scene) -> Option<String> {
        self.unanswered().filter(|_| !self.lost.get()).or_else(|| self.open(scene)).or_else(|| {
            let users = self.users.borrow();
            users.iter().find_map(|(ue, cell)| self.misplaced(scene, *ue, *cell))
        })
    }

    /// An order of which nobody has said how it ended.
    fn unanswered(&self) -> Option<String> {
        let (orders, endings) = (self.orders.borrow(), self.endings.borrow());
        let open = orders.values().find(|order| !endings.contains_key(&order.relocation))?;
        Some(format!("{} #{} has no outcome", open.instance, open.generation))
    }

    /// A saga that has not ended. A log that could not be closed is told again after the next start.
    fn open(&self, scene: &Scene) -> Option<String> {
        let mut values: BTreeMap<_, _> = scene.disks.journal.borrow().clone();
        let mut newest = BTreeMap::new();
        for entry in scene.bus.log(Stream::Sagas).last_of_each() {
            if let Some((instance, epoch, value)) = kept(&entry.record)
                && newest.get(&instance).is_none_or(|newest| *newest < epoch)
            {
                newest.insert(instance.clone(), epoch);
                values.insert(instance, (**value).clone());
            }
        }
        values.iter().find_map(|(instance, value)| {
            let open = value.sagas.iter().find(|log| {
                let saga = Saga::recover((*log.plan).clone(), log.entries.iter().cloned());
                let never_begun = log.entries.is_empty() && value.newest >= log.order.generation;
                !never_begun && !saga.is_ok_and(|saga| matches!(saga.stage(), Stage::Ended(_)))
            });
            open.map(|log| format!("{instance} #{} is under way", log.order.generation))
        })
    }

    fn misplaced(&self, scene: &Scene, ue: usize, cell: Option<usize>) -> Option<String> {
        let instance = scene.instance(ue);
        let state = published(scene, &instance);
        let serving = state.and_then(|state| state.serving);
        let wanted = cell.map(site_of);
        if serving.as_ref().map(|placement| &placement.site) != wanted.as_ref() {
            return Some(format!("{instance} serves at {serving:?} and should at {wanted:?}"));
        }
        let leads = scene.edge.names.borrow().get(&instance).cloned();
        if leads != serving.as_ref().map(|placement| placement.address.clone()) {
            return Some(format!("the name of {instance} leads to {leads:?}, and {serving:?} serves"));
        }
        let groups = scene.edge.groups.borrow();
        let failed = self.endings.borrow();
        let left = groups.iter().find(|(name, group)| {
            let serves =
                serving.as_ref().is_some_and(|placement| placement.deployment_intent_group == **name);
            // An operator was told of what a failed relocation has left.
            group.instance == instance && !serves && failed.get(&group.relocation) != Some(&"failed")
        });
        left.map(|(name, group)| format!("{name} of {instance} is left over: {:?}", group.standing))
    }
}

fn published(scene: &Scene, instance: &InstanceId) -> Option<InstanceState> {
    let latest = scene.bus.log(Stream::Instances).last_of_each();
    latest.iter().find_map(|entry| match &entry.record.body {
        Body::Instance(state) if state.instance == *instance => Some((**state).clone()),
        Body::Instance(_)
        | Body::Ue(_)
        | Body::Order(_)
        | Body::Outcome(_)
        | Body::Claim(_)
        | Body::Value(_)
        | Body::Emptied => None,
    })
}
