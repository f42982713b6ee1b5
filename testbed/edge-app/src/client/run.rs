//! The client's schedule: wait for the name, then one request a period, whatever became of the others.

use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::time::{Instant, MissedTickBehavior, interval_at, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::Config;
use super::connection::{Connection, Sent};
use super::ledger::Ledger;
use super::report::Failure;
use super::resolver::Resolver;

/// How often a name that does not exist yet is asked for.
const WAIT: Duration = Duration::from_millis(100);
/// Requests under way at once; more are counted as failed and not sent.
const MAX_UNDER_WAY: usize = 256;
/// Idle connections that are kept; an answer within a period needs one.
const MAX_IDLE: usize = 2;

/// Runs a client until `stop`.
pub(super) async fn run(config: Config, ledger: Arc<Mutex<Ledger>>, stop: CancellationToken) {
    let name = match crate::dns::domain_name(&config.name) {
        Ok(name) => name,
        Err(error) => return tracing::error!(%error, "client has nothing to ask for"),
    };
    let period = Duration::from_secs(1) / config.rate.max(1);
    let session = Arc::new(Session {
        resolver: Resolver::new(name, config.dns, Arc::clone(&ledger)),
        port: config.port,
        ledger,
        pool: Mutex::new(Pool::default()),
    });
    let waiting = stop.run_until_cancelled(wait_for_name(&session, config.deadline)).await;
    if waiting.is_none() {
        return;
    }
    session.ledger().begin(Instant::now());
    let under_way = TaskTracker::new();
    let slots = Arc::new(Semaphore::new(MAX_UNDER_WAY));
    let mut ticks = interval_at(Instant::now(), period);
    // A tick that comes late is made up for, never left out: its request was due.
    ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
    while let Some(due) = stop.run_until_cancelled(ticks.tick()).await {
        session.ledger().sent(due.elapsed(), period);
        let Ok(slot) = Arc::clone(&slots).try_acquire_owned() else {
            session.ledger().failed(Failure::Overrun);
            continue;
        };
        let (session, deadline) = (Arc::clone(&session), config.deadline);
        under_way.spawn(async move {
            session.request(due, deadline).await;
            drop(slot);
        });
    }
    session.ledger().stop(Instant::now());
    under_way.close();
    under_way.wait().await;
}

async fn wait_for_name(session: &Session, deadline: Duration) {
    while !matches!(timeout(deadline, session.resolver.address()).await, Ok(Ok(_))) {
        session.ledger().waited();
        tokio::time::sleep(WAIT).await;
    }
}

struct Session {
    resolver: Resolver,
    port: u16,
    ledger: Arc<Mutex<Ledger>>,
    pool: Mutex<Pool>,
}

/// Idle connections to where the name points.
#[derive(Default)]
struct Pool {
    address: Option<IpAddr>,
    idle: Vec<Connection>,
}

impl Session {
    fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn request(&self, due: Instant, deadline: Duration) {
        let ended = timeout(deadline, self.try_request()).await;
        let now = Instant::now();
        match ended {
            Ok(Ok((release, address))) => self.ledger().good(now, release, address, now - due),
            Ok(Err(failure)) => self.ledger().failed(failure),
            Err(_) => self.ledger().failed(Failure::Late),
        }
    }

    async fn try_request(&self) -> Result<(String, IpAddr), Failure> {
        let address = self.resolver.address().await.map_err(|error| {
            tracing::debug!(%error, "name does not resolve");
            Failure::Unresolved
        })?;
        while let Some(mut kept) = self.take(address) {
            match kept.send().await {
                // Nothing left this machine, so another connection is no second attempt.
                Sent::Not => self.ledger().closed_idle(),
                Sent::Answered(release) => return Ok(self.answered(release, address, kept)),
                Sent::Failed(failure) => return Err(failure),
            }
        }
        let mut fresh = Connection::open(SocketAddr::new(address, self.port)).await?;
        match fresh.send().await {
            Sent::Answered(release) => Ok(self.answered(release, address, fresh)),
            // A connection that was accepted and closed at once is no better than one that breaks later.
            Sent::Not => Err(Failure::Reset),
            Sent::Failed(failure) => Err(failure),
        }
    }

    fn answered(&self, release: String, address: IpAddr, connection: Connection) -> (String, IpAddr) {
        let mut pool = self.pool.lock().unwrap_or_else(PoisonError::into_inner);
        if pool.address == Some(address) && pool.idle.len() < MAX_IDLE && connection.is_open() {
            pool.idle.push(connection);
        }
        (release, address)
    }

    /// An idle connection to `address`; those to another address are left.
    fn take(&self, address: IpAddr) -> Option<Connection> {
        let mut pool = self.pool.lock().unwrap_or_else(PoisonError::into_inner);
        if pool.address != Some(address) {
            pool.address = Some(address);
            pool.idle.clear();
        }
        while let Some(connection) = pool.idle.pop() {
            if connection.is_open() {
                return Some(connection);
            }
            self.ledger().closed_idle();
        }
        None
    }
}
