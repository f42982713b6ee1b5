//! A listening socket that can be closed and opened again on the same port.

use super::connection;
use crate::config::How;
use crate::seen::Nf;
use crate::world::World;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::net::{TcpListener, TcpSocket};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Connections that one NF serves at a time; further ones wait in the backlog.
const MAX_CONNECTIONS: usize = 1024;
/// How long an orderly stop waits for requests in flight.
const DRAIN: Duration = Duration::from_secs(2);

/// The socket of one NF.
pub(crate) struct Server {
    addr: SocketAddr,
    /// Bound but never listening: it keeps the port ours while the NF is down, and connections are refused.
    _reservation: TcpSocket,
    running: Mutex<Option<Running>>,
}

struct Running {
    drain: CancellationToken,
    kill: CancellationToken,
    tasks: TaskTracker,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.kill.cancel();
    }
}

impl Server {
    /// Reserves the address; nothing listens yet.
    pub(crate) fn reserve(wanted: SocketAddr) -> io::Result<Server> {
        let reservation = bind(wanted)?;
        let addr = reservation.local_addr()?;
        Ok(Server { addr, _reservation: reservation, running: Mutex::new(None) })
    }

    /// Where the NF is reached, whether it listens or not.
    pub(crate) fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Starts to listen; does nothing if it does already.
    pub(crate) fn open(&self, world: &Arc<World>, nf: Nf) -> io::Result<()> {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        if running.is_some() {
            return Ok(());
        }
        let listener = bind(self.addr)?.listen(1024)?;
        let now = Running {
            drain: CancellationToken::new(),
            kill: CancellationToken::new(),
            tasks: TaskTracker::new(),
        };
        let (drain, kill) = (now.drain.clone(), now.kill.clone());
        let tasks = now.tasks.clone();
        now.tasks.spawn(accept(listener, Arc::clone(world), nf, tasks, drain, kill));
        *running = Some(now);
        Ok(())
    }

    /// Stops to listen and ends every connection, orderly or at once; returns when the sockets are closed.
    pub(crate) async fn close(&self, how: How) {
        let running = self.running.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(running) = running else { return };
        running.tasks.close();
        if how == How::Sigterm {
            running.drain.cancel();
            // Whoever is not done by then is cut off below.
            let _ = tokio::time::timeout(DRAIN, running.tasks.wait()).await;
        }
        running.kill.cancel();
        running.tasks.wait().await;
    }
}

fn bind(addr: SocketAddr) -> io::Result<TcpSocket> {
    let socket = if addr.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    socket.set_reuseaddr(true)?;
    socket.bind(addr)?;
    Ok(socket)
}

async fn accept(
    listener: TcpListener,
    world: Arc<World>,
    nf: Nf,
    tasks: TaskTracker,
    drain: CancellationToken,
    kill: CancellationToken,
) {
    let places = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    let next = async {
        loop {
            // The semaphore is never closed, so an error cannot come.
            let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
            match listener.accept().await {
                Ok((stream, _)) => {
                    let connection =
                        connection::serve(Arc::clone(&world), nf, stream, drain.clone(), kill.clone());
                    tasks.spawn(async move {
                        connection.await;
                        drop(place);
                    });
                }
                Err(error) => {
                    // Out of descriptors, or a peer that left while queued.
                    tracing::debug!(%error, ?nf, "accept failed");
                    tokio::time::sleep(Duration::from_millis(10)).await;
                }
            }
        }
    };
    tokio::select! {
        () = next => {}
        () = drain.cancelled() => {}
        () = kill.cancelled() => {}
    }
}
