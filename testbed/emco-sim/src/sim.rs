//! The simulator's state and its public handle.

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::cluster::{Cluster, monitor, pod};
use crate::config::Config;
use crate::database::Store;
use crate::database::state::StateInfo;
use crate::fault::{Effect, Faults};
use crate::history::{History, HistoryEvent};
use crate::http::listen::{Listener, Scope};
use crate::names::ClusterName;
use crate::pace::Pace;
use crate::provision::{self, Provision};
use crate::rsync::{self, AppContext};
use crate::view::{self, GroupView};

/// How long [`EmcoSim::shutdown`] waits for what is under way.
const SHUTDOWN_GRACE: Duration = Duration::from_secs(10);

/// A running simulator. Clones are handles to the same one.
#[derive(Debug, Clone)]
pub struct EmcoSim {
    inner: Arc<Inner>,
    gateway: Arc<Listener>,
    own: Arc<[Listener]>,
}

/// Everything that the simulator's tasks share.
#[derive(Debug)]
pub(crate) struct Inner {
    pub(crate) config: Config,
    pub(crate) pace: Pace,
    pub(crate) faults: Faults,
    pub(crate) history: History,
    pub(crate) tasks: TaskTracker,
    pub(crate) stop: CancellationToken,
    /// Rung when a test changes how the world behaves.
    pub(crate) changed: Notify,
    world: Mutex<World>,
}

/// What changes.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) store: Store,
    /// By path, of deployment intent groups and logical clouds.
    pub(crate) states: BTreeMap<String, StateInfo>,
    /// By id.
    pub(crate) contexts: BTreeMap<String, AppContext>,
    pub(crate) clusters: BTreeMap<ClusterName, Cluster>,
    pub(crate) rsync_up: bool,
    /// How many events rsync was given.
    pub(crate) turns: u64,
    /// Cancelled when rsync goes down.
    pub(crate) rsync_session: CancellationToken,
    /// Apps whose workloads the API servers reject.
    pub(crate) rejected_apps: BTreeSet<String>,
}

impl Inner {
    pub(crate) fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl EmcoSim {
    /// Starts the listeners. Nothing is registered yet, see [`EmcoSim::provision`].
    ///
    /// # Errors
    /// An address that cannot be listened on.
    pub async fn start(config: Config) -> io::Result<Self> {
        let clusters =
            config.clusters.iter().cloned().map(|cluster| {
                (ClusterName::new(&cluster.provider, &cluster.cluster), Cluster::new(cluster))
            });
        let world = World {
            store: Store::default(),
            states: BTreeMap::new(),
            contexts: BTreeMap::new(),
            clusters: clusters.collect(),
            rsync_up: true,
            turns: 0,
            rsync_session: CancellationToken::new(),
            rejected_apps: BTreeSet::new(),
        };
        let inner = Arc::new(Inner {
            pace: Pace::new(config.speed, config.seed),
            faults: Faults::default(),
            history: History::new(),
            tasks: TaskTracker::new(),
            stop: CancellationToken::new(),
            changed: Notify::new(),
            world: Mutex::new(world),
            config,
        });
        let gateway = Listener::open(&inner, inner.config.listen, Scope::Everything).await?;
        let wanted = [
            (inner.config.orchestrator_listen, Scope::Orchestrator),
            (inner.config.clm_listen, Scope::Clm),
            (inner.config.dcm_listen, Scope::Dcm),
        ];
        let mut own = Vec::new();
        for (address, scope) in wanted {
            if let Some(address) = address {
                own.push(Listener::open(&inner, address, scope).await?);
            }
        }
        Ok(Self { inner, gateway: Arc::new(gateway), own: own.into() })
    }

    /// Base URL of the gateway, without a trailing slash.
    pub fn url(&self) -> String {
        self.gateway.url()
    }

    /// Base URL of the orchestrator: its own listener if it has one, else the gateway.
    pub fn orchestrator_url(&self) -> String {
        self.url_of(Scope::Orchestrator)
    }

    /// Base URL of the cluster manager: its own listener if it has one, else the gateway.
    pub fn clm_url(&self) -> String {
        self.url_of(Scope::Clm)
    }

    /// Base URL of the distributed cloud manager: its own listener if it has one, else the gateway.
    pub fn dcm_url(&self) -> String {
        self.url_of(Scope::Dcm)
    }

    /// Creates what an operator would have posted before the first relocation: controller, clusters, project,
    /// logical cloud over every configured cluster (level 0, instantiated), composite app with its apps and
    /// profile. What exists already stays.
    pub async fn provision(&self, what: Provision) {
        provision::provision(&self.inner, &what).await;
    }

    /// Whether EMCO reaches the API server of a cluster (of any provider). Its Pods run on either way.
    pub fn set_cluster_reachable(&self, cluster: &str, reachable: bool) {
        let names = self.change_clusters(cluster, |cluster| cluster.reachable = reachable);
        if reachable {
            names.iter().for_each(|name| monitor::look_again(&self.inner, name));
        }
    }

    /// Whether Pods on a cluster stay short of Ready. Those that are Ready stay so.
    pub fn set_pod_never_ready(&self, cluster: &str, never: bool) {
        self.change_clusters(cluster, |cluster| cluster.never_ready = never);
        self.inner.changed.notify_waiters();
    }

    /// Whether the API servers reject the workloads of an app's chart.
    pub fn set_manifest_rejected(&self, app: &str, rejected: bool) {
        let mut world = self.inner.world();
        if rejected {
            world.rejected_apps.insert(app.into());
        } else {
            world.rejected_apps.remove(app);
        }
    }

    /// Whether rsync runs. Down, actions answer 500 and nothing progresses; up again, it resumes what was queued,
    /// lost deletes included.
    pub fn set_rsync_up(&self, up: bool) {
        let clusters: Vec<ClusterName> = {
            let mut world = self.inner.world();
            if world.rsync_up == up {
                return;
            }
            world.rsync_up = up;
            world.rsync_session.cancel();
            if up {
                world.rsync_session = CancellationToken::new();
            }
            world.clusters.keys().cloned().collect()
        };
        if up {
            rsync::restart(&self.inner);
            clusters.iter().for_each(|cluster| monitor::look_again(&self.inner, cluster));
        }
    }

    /// The next request of this method whose path ends so is carried out, but its answer never arrives: the
    /// connection is dropped. Armed when called; awaiting the result is allowed and changes nothing.
    pub fn lose_next_reply(
        &self,
        method: &str,
        path_suffix: &str,
    ) -> impl Future<Output = ()> + Send + use<> {
        self.inner.faults.arm(method, path_suffix, Effect::LoseReply);
        std::future::ready(())
    }

    /// The next request of this method whose path ends so is not carried out; it answers `status` and `text`.
    pub fn fail_next(&self, method: &str, path_suffix: &str, status: u16, text: &str) {
        self.inner.faults.arm(method, path_suffix, Effect::Fail { status, text: text.into() });
    }

    /// The next request of this method whose path ends so reaches EMCO only after `delay` (not scaled), even
    /// when its sender has given up by then.
    pub fn delay_next(&self, method: &str, path_suffix: &str, delay: Duration) {
        self.inner.faults.arm(method, path_suffix, Effect::Delay(delay));
    }

    /// Every deployment intent group.
    pub fn deployment_groups(&self) -> Vec<GroupView> {
        view::groups(&self.inner.world())
    }

    /// Every release with a Ready Pod: release, cluster, and where it answers.
    pub fn ready_releases(&self) -> Vec<(String, String, SocketAddr)> {
        view::ready(&self.inner.world())
    }

    /// The requests that came in, oldest first: method, and path with query.
    pub fn requests(&self) -> Vec<(String, String)> {
        self.inner.history.requests()
    }

    /// What happened so far, with milliseconds since the start.
    pub fn history(&self) -> Vec<(u64, HistoryEvent)> {
        self.inner.history.entries().into_iter().map(|entry| (entry.millis, entry.event)).collect()
    }

    /// Closes every listener and connection; EMCO itself goes on.
    pub async fn stop_listening(&self) {
        for listener in self.listeners() {
            listener.close().await;
        }
    }

    /// Listens again on the same addresses.
    ///
    /// # Errors
    /// An address that something else has taken meanwhile.
    pub async fn listen_again(&self) -> io::Result<()> {
        for listener in self.listeners() {
            listener.reopen(&self.inner).await?;
        }
        Ok(())
    }

    /// Closes every listener and connection and listens again after `down` (not scaled).
    ///
    /// # Errors
    /// As [`EmcoSim::listen_again`].
    pub async fn restart_listener(&self, down: Duration) -> io::Result<()> {
        self.stop_listening().await;
        tokio::time::sleep(down).await;
        self.listen_again().await
    }

    /// Stops listeners, instances and everything under way.
    pub async fn shutdown(self) {
        self.stop_listening().await;
        self.inner.stop.cancel();
        self.inner.tasks.close();
        if tokio::time::timeout(SHUTDOWN_GRACE, self.inner.tasks.wait()).await.is_err() {
            tracing::warn!("emco-sim: something was still under way after {SHUTDOWN_GRACE:?}");
        }
        pod::stop_all(&self.inner).await;
    }

    fn listeners(&self) -> impl Iterator<Item = &Listener> {
        std::iter::once(self.gateway.as_ref()).chain(self.own.iter())
    }

    fn url_of(&self, scope: Scope) -> String {
        self.own.iter().find(|listener| listener.scope() == scope).map_or_else(|| self.url(), Listener::url)
    }

    fn change_clusters(&self, name: &str, change: impl Fn(&mut Cluster)) -> Vec<ClusterName> {
        let mut world = self.inner.world();
        let named = world.clusters.iter_mut().filter(|(key, _)| key.cluster == name);
        named
            .map(|(key, cluster)| {
                change(cluster);
                key.clone()
            })
            .collect()
    }
}
