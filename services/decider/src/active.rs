//! Which replica decides.

use std::time::Duration;

use bus::{BusError, Change, Share};
use futures_util::FutureExt as _;
use tokio_util::sync::CancellationToken;

use crate::StartError;
use crate::term::{Ground, Term};

/// The name of the work that replicas share. It has one part, so that one of them decides.
const WORK: &str = "decider";
/// Before a broker that failed is asked again.
const PAUSE: Duration = Duration::from_secs(1);

/// One replica: it stands by until it is the active one, and stands by again when it no longer is.
///
/// A replica that still believes to be active is harmless: what it orders has the ids that its successor gives too,
/// the first of two orders with one id counts, and the executor fences what starts from where an instance is not.
pub(crate) struct Replica {
    ground: Ground,
    share: Box<dyn Share>,
    /// Where this replica stands: prepared, or none while it has to begin anew.
    term: Option<Prepared>,
    active: bool,
}

struct Prepared {
    term: Term,
    /// Ends the term.
    over: CancellationToken,
    leads: bool,
}

impl Replica {
    /// Joins the others. Where nobody else can be there, it leads when this returns.
    pub(crate) async fn join(ground: Ground) -> Result<Self, StartError> {
        let mut share = ground.bus.share(WORK, 1).await?;
        let mut prepared = Prepared::begin(&ground).await?;
        let active = match share.change().now_or_never() {
            Some(change) => matches!(change?, Change::Gained(_)),
            None => false,
        };
        if active {
            prepared.lead().await?;
        }
        Ok(Self { ground, share, term: Some(prepared), active })
    }

    /// Works until it is stopped.
    pub(crate) async fn run(mut self) {
        while !self.ground.stop.is_cancelled() {
            if let Err(error) = self.serve().await {
                tracing::warn!(%error, "the decider's replicas cannot agree now; trying again");
                self.active = false;
                rest(&self.ground.stop).await;
                self.rejoin().await;
            }
        }
        if let Some(prepared) = self.term.take() {
            prepared.term.end().await;
        }
    }

    /// One term: stands by, leads, and ends when another replica is to lead.
    async fn serve(&mut self) -> Result<(), StartError> {
        let mut prepared = match self.term.take() {
            Some(prepared) => prepared,
            None => Prepared::begin(&self.ground).await?,
        };
        if !self.active {
            let waited = self.stand_by(&mut prepared.term).await;
            if waited.is_err() || self.ground.stop.is_cancelled() {
                self.term = Some(prepared);
                return Ok(waited?);
            }
        }
        if !prepared.leads
            && let Err(error) = prepared.lead().await
        {
            prepared.over.cancel();
            prepared.term.end().await;
            return Err(error.into());
        }
        self.ground.metrics.active.set(1);
        let deciding = tokio::spawn(prepared.term.decide());
        let lost = self.until_lost().await;
        prepared.over.cancel();
        if let Err(error) = deciding.await {
            tracing::error!(%error, "decider ended abnormally");
        }
        self.active = false;
        self.ground.metrics.active.set(0);
        lost?;
        self.share.release(0).await?;
        Ok(())
    }

    /// Follows the active replica until this one is it, or until it is stopped.
    async fn stand_by(&mut self, term: &mut Term) -> Result<(), BusError> {
        tracing::info!("standing by: another replica decides");
        let mut rounds = tokio::time::interval(self.ground.config.standby_interval());
        rounds.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut snapshots = tokio::time::interval(self.ground.config.snapshot_interval());
        snapshots.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                biased;
                () = self.ground.stop.cancelled() => return Ok(()),
                change = self.share.change() => match change? {
                    Change::Gained(_) => {
                        tracing::info!("this replica decides now");
                        self.active = true;
                        return Ok(());
                    }
                    Change::Lost(part) => self.share.release(part).await?,
                },
                question = self.ground.inbox.next() => question.turn_away(),
                _ = snapshots.tick() => term.keep().await,
                _ = rounds.tick() => term.stand_by().await?,
            }
        }
    }

    /// Waits until this replica is no longer the active one, or is stopped.
    async fn until_lost(&mut self) -> Result<(), BusError> {
        loop {
            tokio::select! {
                () = self.ground.stop.cancelled() => return Ok(()),
                change = self.share.change() => match change? {
                    Change::Gained(_) => {}
                    Change::Lost(_) => {
                        tracing::warn!("another replica is to decide: this one stands by");
                        return Ok(());
                    }
                },
            }
        }
    }

    async fn rejoin(&mut self) {
        while !self.ground.stop.is_cancelled() {
            match self.ground.bus.share(WORK, 1).await {
                Ok(share) => {
                    self.share = share;
                    return;
                }
                Err(error) => tracing::warn!(%error, "cannot join the decider's replicas"),
            }
            rest(&self.ground.stop).await;
        }
    }
}

async fn rest(stop: &CancellationToken) {
    tokio::select! {
        () = stop.cancelled() => {}
        () = tokio::time::sleep(PAUSE) => {}
    }
}

impl Prepared {
    async fn begin(ground: &Ground) -> Result<Self, StartError> {
        let over = ground.stop.child_token();
        Ok(Self { term: Term::begin(ground, over.clone()).await?, over, leads: false })
    }

    async fn lead(&mut self) -> Result<(), BusError> {
        self.leads = true;
        self.term.lead().await
    }
}
