//! Why is it where it is?

use model::{AppId, Decision, Generation, InstanceId, RelocationId, Supi, Timestamp};
use serde::{Deserialize, Serialize};

use crate::engine::Engine;
use crate::engine::line::way_of;
use crate::guard::Pace;
use crate::index::InstanceIx;
use crate::judge::Case;
use crate::ue::State;

/// How an instance stands: the decision on it, as if it were taken now, and what the decision alone does not show.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Standing {
    /// The decision. While an order is live the instance is judged as if it were not, and no further order is named.
    #[serde(flatten)]
    pub decision: Decision,
    /// The order that is live: nothing else is ordered before its outcome is in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub live: Option<(Generation, RelocationId)>,
    /// Until when what is right waits, because the last order to the same site came to nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paused_until: Option<Timestamp>,
}

impl Engine {
    /// The decision on the instance of `app` for `supi`, or for a group of it, as of `now`, explained, without any consequence; `None`
    /// where the UE is not known or does not use the app.
    ///
    /// While an order is live, the instance is judged as if it were not: what is told is whether the order would
    /// be given again. A pause after an order that came to nothing does not show.
    pub fn why(&self, supi: &Supi, app: &AppId, now: Timestamp) -> Option<Decision> {
        let app = self.app(app)?;
        let ix = self.instances_of(supi)?.into_iter().find(|ix| self.instances.at(*ix).app == app)?;
        Some(self.decision_on(ix, &self.unordered(ix, now)))
    }

    /// How each instance of a UE stands, in the order of the apps; `None` where the UE is not known.
    pub fn standings(&self, supi: &Supi, now: Timestamp) -> Option<Vec<Standing>> {
        let mut all = self.instances_of(supi)?;
        all.sort_by_key(|ix| self.instances.at(*ix).app);
        Some(all.into_iter().map(|ix| self.stands(ix, now)).collect())
    }

    /// How an instance stands, also one whose UE is not known; `None` where there is none, and where it has ended and
    /// its UE has left.
    pub fn standing(&self, app: &AppId, instance: &InstanceId, now: Timestamp) -> Option<Standing> {
        let (app, number) = self.whose(app, instance)?;
        let ix = self.instances.find(app, number)?;
        let instance = self.instances.at(ix);
        (instance.owner.is_some() || instance.exists()).then(|| self.stands(ix, now))
    }

    fn stands(&self, ix: InstanceIx, now: Timestamp) -> Standing {
        let mut decision = self.decision_on(ix, &self.unordered(ix, now));
        let instance = self.instances.at(ix);
        let live = match &instance.state {
            State::Ordered(_) => {
                decision.order = None;
                let generation = instance.generation;
                Some((generation, RelocationId::new(&decision.app, &decision.instance, generation)))
            }
            State::Vacant(_) | State::Serving(_) => None,
        };
        let target = decision.target.as_ref().and_then(|site| self.topology.site(site));
        let moves = decision.order.is_some();
        let paused_until = instance.state.wait().pause(target, now).filter(|_| moves);
        Standing { decision, live, paused_until }
    }

    /// The instances of a UE, and of the groups that it belongs to.
    fn instances_of(&self, supi: &Supi) -> Option<Vec<InstanceIx>> {
        let ue = self.ues.find(supi);
        let first = ue.and_then(|ue| self.ues.at(ue).first);
        let own = std::iter::successors(first, |ix| self.instances.at(*ix).next);
        let groups = self.groups.of(supi).iter().filter_map(|(group, _)| self.gathered(*group));
        let all: Vec<InstanceIx> = own.chain(groups).collect();
        (ue.is_some() || !all.is_empty()).then_some(all)
    }

    /// What a verdict would depend on, were no order live.
    fn unordered(&self, ix: InstanceIx, now: Timestamp) -> Case<'_> {
        let case = self.case(ix, now);
        Case { pace: Pace { own: way_of(&self.instances.at(ix).state), ..case.pace }, ..case }
    }
}
