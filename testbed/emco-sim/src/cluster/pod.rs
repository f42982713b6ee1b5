//! A Pod's life: scheduled, running, Ready, terminating, gone. While Ready or terminating, an HTTP server answers
//! for it on an address of its own.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use edge_app::server::Server;
use jiff::Timestamp;
use tokio_util::sync::CancellationToken;

use super::monitor::{self, Seen};
use super::{Owner, Workload};
use crate::history::HistoryEvent;
use crate::names::ClusterName;
use crate::pace::template_hash;
use crate::sim::Inner;

/// How often a Pod tries another address when its own is taken by something else on this machine.
const ADDRESS_ATTEMPTS: usize = 16;

/// How far a Pod is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    Pending,
    Running,
    Ready,
    Terminating,
}

/// One Pod.
#[derive(Debug)]
pub(crate) struct Pod {
    pub(crate) name: String,
    /// The name of the Deployment that made it.
    pub(crate) workload: String,
    pub(crate) spec: Workload,
    pub(crate) owner: Owner,
    pub(crate) template_hash: String,
    pub(crate) phase: Phase,
    pub(crate) address: Option<Ipv4Addr>,
    pub(crate) scheduled: Timestamp,
    pub(crate) started: Option<Timestamp>,
    pub(crate) ready: Option<Timestamp>,
    server: Option<Server>,
    deleted: CancellationToken,
}

impl Pod {
    /// Where it answers, if it does and is not on its way out.
    pub(crate) fn answers_at(&self) -> Option<SocketAddr> {
        let address = self.address.filter(|_| self.phase == Phase::Ready)?;
        Some(SocketAddr::from((address, self.spec.port)))
    }
}

/// Starts a Pod of `workload` on `cluster`; when it is Ready it replaces the workload's other Pods.
pub(crate) fn start(inner: &Arc<Inner>, cluster: &ClusterName, owner: Owner, workload: Workload) {
    let inner = Arc::clone(inner);
    let cluster = cluster.clone();
    let tasks = inner.tasks.clone();
    tasks.spawn(async move {
        let stop = inner.stop.clone();
        tokio::select! {
            () = live(&inner, &cluster, owner, workload) => (),
            () = stop.cancelled() => (),
        }
    });
}

async fn live(inner: &Arc<Inner>, cluster: &ClusterName, owner: Owner, workload: Workload) {
    let delays = &inner.config.delays;
    tokio::time::sleep(inner.pace.vary(delays.schedule)).await;
    let Some((name, deleted)) = schedule(inner, cluster, owner, workload) else { return };
    let alive = async {
        tokio::time::sleep(inner.pace.vary(delays.pod_running)).await;
        run(inner, cluster, &name);
        let rest = delays.pod_ready.saturating_sub(delays.pod_running);
        tokio::time::sleep(inner.pace.vary(rest)).await;
        loop {
            let changed = inner.changed.notified();
            let held = inner.world().clusters.get(cluster).is_none_or(|cluster| cluster.never_ready);
            if !held {
                break;
            }
            changed.await;
        }
        if answer(inner, cluster, &name).await {
            replace_others(inner, cluster, &name);
        }
    };
    // Deleting a Pod that never became Ready ends this; whatever else happens to it is up to `retire`.
    tokio::select! {
        () = alive => (),
        () = deleted.cancelled() => (),
    }
}

fn schedule(
    inner: &Arc<Inner>,
    cluster_name: &ClusterName,
    owner: Owner,
    workload: Workload,
) -> Option<(String, CancellationToken)> {
    let mut world = inner.world();
    let cluster = world.clusters.get_mut(cluster_name)?;
    // Deleted, or taken over by another context, before anything was scheduled.
    let object =
        cluster.objects.values().find(|o| o.resource.gvk.workload() && o.resource.name == workload.name)?;
    if object.owner != owner {
        return None;
    }
    let template_hash = template_hash(&[&workload.name, &owner.label()]);
    let name = format!("{}-{template_hash}-{}", workload.name, inner.pace.pod_suffix());
    let deleted = CancellationToken::new();
    let pod = Pod {
        name: name.clone(),
        workload: workload.name.clone(),
        spec: workload,
        owner,
        template_hash,
        phase: Phase::Pending,
        address: None,
        scheduled: Timestamp::now(),
        started: None,
        ready: None,
        server: None,
        deleted: deleted.clone(),
    };
    inner.history.record(HistoryEvent::PodScheduled {
        release: pod.spec.release.clone(),
        cluster: cluster_name.cluster.clone(),
        pod: name.clone(),
    });
    monitor::notice(inner, cluster_name, &pod.owner, Seen::Pod(name.clone()));
    cluster.pods.insert(name.clone(), pod);
    Some((name, deleted))
}

fn run(inner: &Arc<Inner>, cluster_name: &ClusterName, name: &str) {
    let mut world = inner.world();
    let Some(cluster) = world.clusters.get_mut(cluster_name) else { return };
    let address = cluster.next_address();
    let Some(pod) = cluster.pods.get_mut(name).filter(|pod| pod.phase == Phase::Pending) else { return };
    pod.phase = Phase::Running;
    pod.address = Some(address);
    pod.started = Some(Timestamp::now());
    monitor::notice(inner, cluster_name, &pod.owner, Seen::Pod(name.into()));
}

/// Opens the Pod's listener and calls it Ready; `false` where that did not come about.
async fn answer(inner: &Arc<Inner>, cluster_name: &ClusterName, name: &str) -> bool {
    for _ in 0..ADDRESS_ATTEMPTS {
        match try_answer(inner, cluster_name, name) {
            Ok(ready) => return ready,
            Err(error) => tracing::warn!(%error, pod = name, "Pod takes another address"),
        }
        tokio::time::sleep(inner.pace.vary(inner.config.delays.pod_running)).await;
    }
    tracing::error!(pod = name, "Pod found no free address and stays short of Ready");
    false
}

fn try_answer(inner: &Arc<Inner>, cluster_name: &ClusterName, name: &str) -> std::io::Result<bool> {
    let mut world = inner.world();
    let Some(cluster) = world.clusters.get_mut(cluster_name) else { return Ok(false) };
    let next = cluster.next_address();
    let Some(pod) = cluster.pods.get_mut(name).filter(|pod| pod.phase == Phase::Running) else {
        return Ok(false);
    };
    let Some(address) = pod.address else { return Ok(false) };
    let at = SocketAddr::from((address, pod.spec.port));
    let server = match Server::start(at, &pod.spec.release) {
        Ok(server) => server,
        Err(error) => {
            pod.address = Some(next);
            return Err(error);
        }
    };
    pod.server = Some(server);
    pod.phase = Phase::Ready;
    pod.ready = Some(Timestamp::now());
    inner.history.record(HistoryEvent::PodReady {
        release: pod.spec.release.clone(),
        cluster: cluster_name.cluster.clone(),
        pod: name.into(),
        address: at,
    });
    monitor::notice(inner, cluster_name, &pod.owner, Seen::Pod(name.into()));
    monitor::notice(inner, cluster_name, &pod.owner, Seen::Object(pod.spec.id()));
    Ok(true)
}

/// The end of a rolling update: the Pods of the template before go.
fn replace_others(inner: &Arc<Inner>, cluster_name: &ClusterName, name: &str) {
    let others: Vec<String> = {
        let world = inner.world();
        let Some(cluster) = world.clusters.get(cluster_name) else { return };
        let Some(pod) = cluster.pods.get(name) else { return };
        let current =
            |other: &&Pod| other.workload == pod.workload && other.template_hash != pod.template_hash;
        let older = |other: &&Pod| other.scheduled <= pod.scheduled;
        cluster.pods.values().filter(current).filter(older).map(|other| other.name.clone()).collect()
    };
    for other in others {
        terminate(inner, cluster_name, &other);
    }
}

/// Deletes every Pod of a workload that was deleted.
pub(crate) fn retire(inner: &Arc<Inner>, cluster_name: &ClusterName, workload: &str) {
    let pods: Vec<String> = {
        let world = inner.world();
        let Some(cluster) = world.clusters.get(cluster_name) else { return };
        let pods = cluster.pods.values().filter(|pod| pod.workload == workload);
        pods.map(|pod| pod.name.clone()).collect()
    };
    for pod in pods {
        terminate(inner, cluster_name, &pod);
    }
}

/// Deletes a Pod: it answers until its time is up.
fn terminate(inner: &Arc<Inner>, cluster_name: &ClusterName, name: &str) {
    {
        let mut world = inner.world();
        let Some(cluster) = world.clusters.get_mut(cluster_name) else { return };
        let Some(pod) = cluster.pods.get_mut(name).filter(|pod| pod.phase != Phase::Terminating) else {
            return;
        };
        pod.phase = Phase::Terminating;
        pod.deleted.cancel();
        inner.history.record(HistoryEvent::PodTerminating {
            release: pod.spec.release.clone(),
            cluster: cluster_name.cluster.clone(),
            pod: name.into(),
        });
        monitor::notice(inner, cluster_name, &pod.owner, Seen::Pod(name.into()));
        let deployment = Seen::Object(pod.spec.id());
        monitor::notice(inner, cluster_name, &pod.owner, deployment);
    }
    let inner = Arc::clone(inner);
    let cluster_name = cluster_name.clone();
    let name = name.to_owned();
    let tasks = inner.tasks.clone();
    tasks.spawn(async move {
        tokio::select! {
            () = tokio::time::sleep(inner.pace.vary(inner.config.delays.pod_termination)) => (),
            () = inner.stop.cancelled() => (),
        }
        let pod =
            inner.world().clusters.get_mut(&cluster_name).and_then(|cluster| cluster.pods.remove(&name));
        let Some(pod) = pod else { return };
        if let Some(server) = pod.server {
            server.stop().await;
        }
        inner.history.record(HistoryEvent::PodGone {
            release: pod.spec.release,
            cluster: cluster_name.cluster.clone(),
            pod: name,
        });
    });
}

/// Stops whatever still answers, at the end of the simulation.
pub(crate) async fn stop_all(inner: &Arc<Inner>) {
    let servers: Vec<Server> = {
        let mut world = inner.world();
        let pods = world.clusters.values_mut().flat_map(|cluster| cluster.pods.values_mut());
        pods.filter_map(|pod| pod.server.take()).collect()
    };
    for server in servers {
        server.stop().await;
    }
}
