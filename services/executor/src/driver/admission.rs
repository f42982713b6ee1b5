//! Whether a saga of which nothing was done yet may begin.

use model::OutcomeKind;

use super::Driver;
use crate::clock;

pub(super) enum Admitted {
    Yes,
    /// Its end is told.
    No,
    ShuttingDown,
}

impl Driver {
    /// Waits until the app is known to be complete and until older orders for the instance have let it go, then
    /// looks whether the order still starts from where the instance is.
    pub(super) async fn admit(&mut self) -> Admitted {
        if !self.saga.is_untouched() {
            return Admitted::Yes;
        }
        let ctx = self.ctx.clone();
        match self.app.gate.known(&ctx.stop).await {
            None => return Admitted::ShuttingDown,
            Some(Ok(())) => {}
            Some(Err(reason)) => {
                tracing::debug!(relocation = %self.order.relocation, reason, "relocation refused");
                self.say(clock::now(), "refused".to_owned(), OutcomeKind::Undone { reason });
                return Admitted::No;
            }
        }
        for mut older in ctx.registry.predecessors(&self.order) {
            // A driver that is gone has let the instance go, and one whose mailbox is full has been told.
            let _ = older.supersede.try_send(self.order.generation);
            tokio::select! {
                () = ctx.stop.cancelled() => return Admitted::ShuttingDown,
                _ = older.released.wait_for(|released| *released) => {}
            }
        }
        let serving = ctx.registry.serving(&self.order.app, &self.order.instance);
        if serving == self.job.source {
            let order = &self.order;
            tracing::info!(
                relocation = %order.relocation, app = %order.app, instance = %order.instance,
                generation = order.generation.0, trigger = order.trigger.as_str(),
                source = order.source.as_ref().map_or("-", |s| s.as_str()),
                target = order.target.as_ref().map_or("-", |s| s.as_str()), "relocation begins"
            );
            return Admitted::Yes;
        }
        let kind = OutcomeKind::Fenced {
            newest: ctx.registry.fact(&self.order.app, &self.order.instance).newest,
            serving: serving.map(|placement| placement.site),
        };
        self.say(clock::now(), "fenced".to_owned(), kind);
        Admitted::No
    }
}
