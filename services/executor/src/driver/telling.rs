//! What the world is told of a saga, and closing its log once it is told.

use model::{ClusterRef, InstanceState, OutcomeKind, Placement, Step, Timestamp};
use relocation::{Notice, NoticeKind, Saga};

use super::{Driver, STORE_WAIT};
use crate::journal::Answer;
use crate::leftovers::{self, Leftover, Part};
use crate::metrics::EndLabel;
use crate::registry::Registry;

/// What a saga whose pivot is behind it makes of its instance.
pub(crate) fn verified(saga: &Saga) -> Option<InstanceState> {
    let at = saga.succeeded_at(Step::Verify)?;
    let plan = saga.plan();
    Some(InstanceState {
        app: plan.app.clone(),
        instance: plan.instance.clone(),
        generation: plan.generation,
        serving: placement(saga),
        at,
    })
}

/// Where the saga's target serves, by the step that found it out; `None` where there is no target, or it is not known yet.
pub(crate) fn placement(saga: &Saga) -> Option<Placement> {
    let step = if saga.plan().deploys { Step::Ready } else { Step::Steer };
    saga.output(step).and_then(|output| serde_json::from_value(output.clone()).ok())
}

/// Takes what a recovered saga says into the registry, before anybody asks it.
pub(crate) fn absorb(registry: &Registry, saga: &Saga) {
    if let Some(state) = verified(saga) {
        registry.verified(state);
    }
}

impl Driver {
    /// Tells the world one thing.
    pub(super) async fn tell(&mut self, notice: Notice) {
        let (at, mut id) = (notice.at, notice.sequence.to_string());
        let kind = match notice.kind {
            NoticeKind::Progress(step) => {
                id.push_str("/progress");
                OutcomeKind::Progress { step }
            }
            NoticeKind::Completed { took } => {
                self.switched(at).await;
                self.ctx.metrics.relocation.observe(took.as_secs_f64());
                let took_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
                OutcomeKind::Completed { serving: placement(&self.saga), took_ms }
            }
            NoticeKind::Undone { reason } => OutcomeKind::Undone { reason },
            NoticeKind::Failed { reason } => {
                OutcomeKind::Failed { reason: self.leave_target(at, reason).await }
            }
            NoticeKind::Retired => OutcomeKind::Retired,
            NoticeKind::Leftover { reason } => {
                OutcomeKind::Leftover { reason: self.leave_source(at, reason).await }
            }
        };
        let label = match &kind {
            OutcomeKind::Progress { .. } | OutcomeKind::Fenced { .. } => None,
            OutcomeKind::Completed { .. } => Some("completed"),
            OutcomeKind::Undone { reason } => Some(self.warn("undone", reason)),
            OutcomeKind::Failed { reason } => Some(self.warn("failed", reason)),
            OutcomeKind::Retired => Some("retired"),
            OutcomeKind::Leftover { reason } => Some(self.warn("leftover", reason)),
        };
        if let Some(outcome) = label {
            self.ctx.metrics.ends.get_or_create(&EndLabel { outcome }).inc();
        }
        self.say(at, id, kind);
    }

    /// Publishes what became of the order; how it ended is kept too, with the log's end.
    pub(super) fn say(&mut self, at: Timestamp, id: String, kind: OutcomeKind) {
        self.pending.push(self.ctx.tell(&self.order, at, &id, kind.clone()));
        if kind.ends_order() {
            self.ctx.registry.ended(&self.order, Answer { id, at, kind });
        }
    }

    /// Keeps the source as left over; what an operator is told of it.
    async fn leave_source(&self, at: Timestamp, reason: String) -> String {
        let Some(source) = &self.job.source else { return reason };
        let Some(site) = self.ctx.sites.get(&source.site) else {
            let group = self.app.composite.group(&source.deployment_intent_group);
            return format!(
                "{reason}; deployment intent group {group} of site {}, which left the catalogue, stays: terminate and \
                 delete it in EMCO",
                source.site
            );
        };
        let group = source.deployment_intent_group.clone();
        self.leave(Part::Source, group, site.cluster.clone(), at, reason).await
    }

    /// Keeps the target as left over, unless its name may still lead clients there.
    async fn leave_target(&self, at: Timestamp, reason: String) -> String {
        let Some(target) = &self.job.target else { return reason };
        if let Some(host) = &self.job.host {
            return format!(
                "{reason}; the name {} may still lead to host {host} at site {}",
                self.job.name, target.site
            );
        }
        let release = target.release.to_string();
        let clusters = target.clusters_once(placement(&self.saga).as_ref());
        for cluster in &clusters {
            self.ctx.occupancy.enter(&self.app.composite, cluster, &release);
        }
        let cluster = clusters.first().unwrap_or(&target.cluster);
        if self.saga.may_exist(Step::Steer) {
            let group = self.app.composite.group(release);
            return format!(
                "{reason}; the name {} may still lead to deployment intent group {group} on cluster {}/{}: point it \
                 elsewhere, then terminate and delete the group in EMCO",
                self.job.name, cluster.provider, cluster.cluster
            );
        }
        self.leave(Part::Target, release, cluster.clone(), at, reason).await
    }

    async fn leave(
        &self,
        part: Part,
        group: String,
        cluster: ClusterRef,
        since: Timestamp,
        reason: String,
    ) -> String {
        let leftover = Leftover {
            order: self.order.clone(),
            job: self.job.clone(),
            part,
            composite_app: self.app.composite.clone(),
            group,
            cluster,
            since,
            reason,
        };
        let text = leftover.text();
        leftovers::keep(&self.ctx, leftover).await;
        text
    }

    fn warn(&self, outcome: &'static str, reason: &str) -> &'static str {
        tracing::warn!(
            relocation = %self.order.relocation, app = %self.order.app, instance = %self.order.instance,
            outcome, reason, "relocation did not go all the way"
        );
        outcome
    }

    /// The switch is verified: the registry, the store and the stream `instances` learn of it, in this order. A newer
    /// order may have been verified since, where this is told again after a crash; then its word stays.
    async fn switched(&mut self, at: Timestamp) {
        let Some(state) = verified(&self.saga) else { return };
        debug_assert_eq!(state.at, at);
        if !self.ctx.registry.verified(state.clone()) {
            return;
        }
        if let (Some(placement), Some(site)) =
            (&state.serving, state.serving.as_ref().and_then(|placement| self.ctx.sites.get(&placement.site)))
            && self.job.host.is_none()
        {
            let group = &placement.deployment_intent_group;
            self.ctx.occupancy.enter(&self.app.composite, &site.cluster, group);
        }
        self.keep().await;
        let id = self.order.relocation.to_string();
        self.pending.push(self.ctx.announce(&state, &id));
    }

    /// Keeps what the registry knows of the instance; repeats while the store cannot.
    async fn keep(&self) {
        let (app, instance) = (&self.order.app, &self.order.instance);
        while let Err(error) = self.ctx.journal.keep_instance(self.ctx.registry.fact(app, instance)).await {
            self.ctx.complain(&error, "cannot keep what runs where");
            tokio::select! {
                () = self.ctx.stop.cancelled() => return,
                () = tokio::time::sleep(STORE_WAIT) => {}
            }
        }
    }

    /// Waits until everything is on the bus; `false` if we stop before.
    pub(super) async fn is_told(&mut self) -> bool {
        for out in self.pending.drain(..) {
            let told = tokio::select! {
                told = out => told.is_ok(),
                () = self.ctx.stop.cancelled() => false,
            };
            if !told {
                return false;
            }
        }
        true
    }

    /// Moves the log to history. What must outlive it is kept first.
    pub(super) async fn close(&self) {
        self.keep().await;
        if let Err(error) = self.ctx.journal.close(&self.order).await {
            // It stays open and is told again after the next start, which changes nothing.
            self.ctx.complain(&error, "cannot close a saga log");
        }
    }
}
