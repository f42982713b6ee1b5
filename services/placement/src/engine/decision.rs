//! Decisions on instances, with the names of things.

use std::num::NonZeroU64;

use model::{Decision, InstanceId, RelocationId, Supi, Timestamp, Verdict};

use crate::engine::{Engine, number};
use crate::explain::Explained;
use crate::hosts::named;
use crate::index::{InstanceIx, Owner};
use crate::judge::{Case, judge};

impl Engine {
    /// The decision on an instance as things stand now, explained.
    pub(super) fn decision(&self, ix: InstanceIx, now: Timestamp) -> Decision {
        self.decision_on(ix, &self.case(ix, now))
    }

    pub(super) fn decision_on(&self, ix: InstanceIx, case: &Case<'_>) -> Decision {
        let mut explained = Explained::default();
        let finding = judge(case, &mut explained);
        let explanation = explained.tell(case, &finding, |site| self.site_id(site));
        let instance = self.instances.at(ix);
        let supi = self.supi_of(ix);
        let id = self.instance_id(ix, supi.as_ref());
        let generation = instance.generation.next();
        let order = (finding.verdict == Verdict::Move)
            .then(|| (generation, RelocationId::new(&case.app.id, &id, generation)));
        Decision {
            app: case.app.id.clone(),
            instance: id,
            supi,
            group: self.group_seen(ix, case.serving.map(|(site, _)| site), finding.target),
            at: case.now,
            observed_at: case.observed_at,
            trigger: finding.trigger,
            verdict: finding.verdict,
            source: case.serving.map(|(site, _)| self.site_id(site).clone()),
            target: finding.target.map(|site| self.site_id(site).clone()),
            mode: case.app.mode,
            order,
            explanation,
        }
    }

    /// The UE that an instance serves, if it serves one and that is known.
    fn supi_of(&self, ix: InstanceIx) -> Option<Supi> {
        match self.instances.at(ix).owner?.get() {
            Owner::Ue(ue) => Some(self.ues.at(ue).supi.clone()),
            Owner::Group(_) => None,
        }
    }

    fn instance_id(&self, ix: InstanceIx, supi: Option<&Supi>) -> InstanceId {
        let instance = self.instances.at(ix);
        // A number of zero cannot be kept; only the UE tells that id.
        match (instance.id, supi) {
            (None, Some(supi)) => self.key.per_ue(&self.apps[usize::from(instance.app)].app.id, supi),
            (id, _) => named(id),
        }
    }

    /// The number of the instance of an app that serves a UE.
    pub(super) fn number_of(&self, app: u16, supi: &Supi) -> Option<NonZeroU64> {
        number(&self.key.per_ue(&self.apps[usize::from(app)].app.id, supi))
    }
}
