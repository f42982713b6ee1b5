//! A running core and what can be done to it.

mod smf;

use crate::amf;
use crate::config::{Config, How, Location};
use crate::http::Server;
use crate::oauth::Keys;
use crate::push::{PushCounts, Pusher};
use crate::seen::{Nf, Seen};
use crate::smf as session;
use crate::world::{State, World};
use serde_json::{Value, json};
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio_util::sync::{CancellationToken, DropGuard};

/// How often the compliant NFs look after heart-beats, expiries and periodic reports.
const TICK: Duration = Duration::from_millis(100);

/// A running core; clones share it. It ends with [`CoreSim::shutdown`], or when the last clone goes.
#[derive(Clone)]
pub struct CoreSim {
    inner: Arc<Inner>,
}

struct Inner {
    world: Arc<World>,
    nrf: Server,
    amfs: Vec<Server>,
    smf: Server,
    _ticking: DropGuard,
}

impl CoreSim {
    /// Starts the NRF, the SMF and every AMF, which are registered when this returns. Call it inside a tokio runtime.
    ///
    /// # Errors
    /// If an address cannot be bound, or the NRF's key cannot be made.
    pub async fn start(config: Config) -> io::Result<CoreSim> {
        let keys = tokio::task::spawn_blocking(Keys::generate).await.map_err(io::Error::other)??;
        let nrf = Server::reserve(config.nrf_listen)?;
        let amfs: Vec<Server> =
            config.amf_listen.iter().map(|addr| Server::reserve(*addr)).collect::<io::Result<_>>()?;
        let smf = Server::reserve(config.smf_listen)?;
        let pusher = Pusher::new(config.push_attempts, config.push_retry_after);
        let amf_addrs = amfs.iter().map(Server::addr).collect();
        let world = Arc::new(World::new(config, keys, pusher, nrf.addr(), amf_addrs, smf.addr()));
        let stop = CancellationToken::new();
        if world.compliant() {
            tokio::spawn(stop.clone().run_until_cancelled_owned(tick(Arc::clone(&world))));
        }
        let inner = Inner { world, nrf, amfs, smf, _ticking: stop.drop_guard() };
        let sim = CoreSim { inner: Arc::new(inner) };
        sim.start_nrf()?;
        for index in 0..sim.inner.amfs.len() {
            sim.start_amf(index)?;
        }
        sim.start_smf()?;
        Ok(sim)
    }

    /// Base URI of the NRF, without a slash at the end.
    pub fn nrf_url(&self) -> String {
        format!("http://{}", self.inner.nrf.addr())
    }

    /// Base URIs of the AMFs.
    pub fn amf_urls(&self) -> Vec<String> {
        self.inner.amfs.iter().map(|amf| format!("http://{}", amf.addr())).collect()
    }

    /// NF instance id of an AMF, new at each of its starts; empty for one that there is not.
    pub fn amf_instance_id(&self, amf: usize) -> String {
        self.inner.world.lock().amfs.get(amf).map(|amf| amf.nf_id.clone()).unwrap_or_default()
    }

    /// Event subscriptions that an AMF holds, those left behind included.
    pub fn subscriptions(&self, amf: usize) -> usize {
        self.inner.world.lock().amfs.get(amf).map_or(0, amf::Amf::subscriptions)
    }

    /// A UE registers at an AMF and is connected. A context of it in another AMF goes, unless it was left stale.
    /// Nothing happens if that AMF is not running.
    pub fn register_ue(&self, amf: usize, supi: &str, location: Location) {
        self.change("register", |world, state| amf::register(world, state, amf, supi, location));
    }

    /// A UE moves to another cell of the same AMF: a handover if it is connected. The AMF learns of the move of an
    /// idle UE at once if the tracking area changes, and else when it connects again. Nothing happens if no AMF
    /// serves the UE, as after a restart of its AMF: then it has to register again.
    pub fn move_ue(&self, supi: &str, location: Location) {
        self.change("move", |world, state| amf::relocate(world, state, supi, location));
    }

    /// As [`CoreSim::move_ue`], handing the UE over to another AMF, whose context is new and connected.
    pub fn move_ue_to_amf(&self, supi: &str, amf: usize, location: Location) {
        self.change("hand over", |world, state| amf::hand_over(world, state, supi, amf, location));
    }

    /// The AMF learns where in its cell a connected UE is, and tells it until the UE moves to another cell:
    /// `geographicalInformation` of TS 29.571, an ellipsoid point with uncertainty circle as 16 hex digits (TS 23.032
    /// clause 7.3.2), passed on as it is. Free5GC does not tell such a thing.
    pub fn locate_ue(&self, supi: &str, geographical_information: &str) {
        self.change("locate", |world, state| amf::locate(world, state, supi, geographical_information));
    }

    /// Lets a UE fall idle or connect again.
    pub fn set_idle(&self, supi: &str, idle: bool) {
        self.change("connect or release", |world, state| amf::set_idle(world, state, supi, idle));
    }

    /// A UE deregisters.
    pub fn deregister_ue(&self, supi: &str) {
        self.change("deregister", |world, state| amf::deregister(world, state, supi));
    }

    /// A UE goes but its deregistration fails: the AMF shows it idle in its last cell from then on.
    pub fn leave_stale(&self, supi: &str) {
        self.change("leave stale", |world, state| amf::leave_stale(world, state, supi));
    }

    /// The AMF that serves a UE; a context that was left stale does not count.
    pub fn serving_amf(&self, supi: &str) -> Option<usize> {
        amf::home(&self.inner.world.lock(), supi)
    }

    fn change(&self, what: &'static str, act: impl FnOnce(&World, &mut State) -> bool) {
        let world = &*self.inner.world;
        if !act(world, &mut world.lock()) {
            tracing::debug!(what, "no AMF serves the UE, or the AMF is not running");
        }
    }

    /// UE contexts in all AMFs, stale ones included.
    pub fn ue_count(&self) -> usize {
        self.inner.world.lock().amfs.iter().map(|amf| amf.ues.len()).sum()
    }

    /// Closes an AMF's socket and breaks its connections; the process goes on, with its UEs and subscriptions.
    pub async fn stop_amf(&self, amf: usize) {
        if let Some(server) = self.inner.amfs.get(amf) {
            server.close(How::Sigkill).await;
        }
    }

    /// Ends an AMF's process: UEs and subscriptions are lost. SIGTERM takes its profile out of the NRF, SIGKILL
    /// leaves it there.
    pub async fn kill_amf(&self, amf: usize, how: How) {
        let Some(server) = self.inner.amfs.get(amf) else { return };
        server.close(how).await;
        let world = &*self.inner.world;
        amf::kill(world, &mut world.lock(), amf, how == How::Sigterm);
    }

    /// Opens an AMF's socket again on the same port. If its process was ended it starts empty, with a new NF instance
    /// id, and registers at the NRF as soon as that can be reached.
    ///
    /// # Errors
    /// If the port cannot be listened on, or there is no such AMF.
    pub fn start_amf(&self, amf: usize) -> io::Result<()> {
        let server =
            self.inner.amfs.get(amf).ok_or_else(|| io::Error::other(format!("there is no AMF {amf}")))?;
        let world = &self.inner.world;
        amf::boot(world, &mut world.lock(), amf);
        server.open(world, Nf::Amf(amf))
    }

    /// [`CoreSim::kill_amf`] and [`CoreSim::start_amf`].
    ///
    /// # Errors
    /// As [`CoreSim::start_amf`].
    pub async fn restart_amf(&self, amf: usize, how: How) -> io::Result<()> {
        self.kill_amf(amf, how).await;
        self.start_amf(amf)
    }

    /// Closes the NRF's socket and breaks its connections; what is registered stays.
    pub async fn stop_nrf(&self) {
        self.inner.world.lock().nrf.up = false;
        self.inner.nrf.close(How::Sigkill).await;
    }

    /// Ends the NRF's process. Free5GC's drops all profiles at SIGTERM and keeps them at SIGKILL, in its database; the
    /// compliant one has no database, so an orderly stop keeps everything and a crash loses everything.
    pub async fn kill_nrf(&self, how: How) {
        self.stop_nrf_as(how).await;
        let mut state = self.inner.world.lock();
        match (how, self.inner.world.compliant()) {
            (How::Sigterm, false) => state.nrf.drop_profiles(),
            (How::Sigkill, true) => state.nrf.forget_everything(),
            (How::Sigterm, true) | (How::Sigkill, false) => {}
        }
    }

    async fn stop_nrf_as(&self, how: How) {
        self.inner.world.lock().nrf.up = false;
        self.inner.nrf.close(how).await;
    }

    /// Opens the NRF's socket again on the same port. NFs that started meanwhile register now; Free5GC's others never
    /// register again, compliant ones do once their heart-beat finds them unknown.
    ///
    /// # Errors
    /// If the port cannot be listened on.
    pub fn start_nrf(&self) -> io::Result<()> {
        let world = &self.inner.world;
        self.inner.nrf.open(world, Nf::Nrf)?;
        let mut state = world.lock();
        state.nrf.up = true;
        amf::register_waiting(world, &mut state);
        session::register_waiting(world, &mut state);
        Ok(())
    }

    /// [`CoreSim::kill_nrf`] and [`CoreSim::start_nrf`].
    ///
    /// # Errors
    /// As [`CoreSim::start_nrf`].
    pub async fn restart_nrf(&self, how: How) -> io::Result<()> {
        self.kill_nrf(how).await;
        self.start_nrf()
    }

    /// The latest requests, oldest first, 8192 at most.
    pub fn requests(&self) -> Vec<Seen> {
        self.inner.world.seen().all()
    }

    /// Empties the log of requests.
    pub fn forget_requests(&self) {
        self.inner.world.seen().clear();
    }

    /// What became of the notifications sent so far, in the compliant personality.
    pub fn pushes(&self) -> PushCounts {
        self.inner.world.pusher.counts()
    }

    /// A token with the caller's claims and the NRF's signature (RS512), for tests of what NFs check of a token.
    /// `None` if it cannot be signed.
    pub fn forge_token(&self, claims: &Value) -> Option<String> {
        self.inner.world.keys.sign(claims)
    }

    /// As [`CoreSim::forge_token`] with another `alg` in the header; the signature stays RS512.
    pub fn forge_token_with_alg(&self, alg: &str, claims: &Value) -> Option<String> {
        self.inner.world.keys.sign_with(&json!({"alg": alg, "typ": "JWT"}), claims)
    }

    /// Closes every socket.
    pub async fn shutdown(self) {
        for amf in &self.inner.amfs {
            amf.close(How::Sigkill).await;
        }
        self.inner.smf.close(How::Sigkill).await;
        self.inner.nrf.close(How::Sigkill).await;
    }
}

async fn tick(world: Arc<World>) {
    loop {
        tokio::time::sleep(TICK).await;
        let now = Instant::now();
        let mut state = world.lock();
        amf::tick(&world, &mut state, now);
        session::tick(&world, &mut state, now);
        if state.nrf.up {
            state.nrf.supervise(&world, now);
        }
    }
}
