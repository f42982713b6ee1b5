//! The sockets of the DNS server: datagrams, and TCP with a two-byte length before each message (RFC 7766).

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream, UdpSocket};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::answer::{Responder, Transport};

/// TCP connections served at once; more of them wait to be accepted.
const MAX_CONNECTIONS: usize = 256;
/// How long a TCP connection may take for its next message or to read our answer.
const IDLE: Duration = Duration::from_secs(30);
/// The largest datagram that is read.
const MAX_DATAGRAM: usize = 4096;
/// How often another port is tried where the one that UDP got is taken for TCP.
const PORT_TRIES: usize = 16;

/// Binds both sockets to one port.
pub(super) fn bind(listen: SocketAddr) -> io::Result<(UdpSocket, TcpListener)> {
    let mut tries = 0;
    loop {
        tries += 1;
        let udp = std::net::UdpSocket::bind(listen)?;
        match std::net::TcpListener::bind(udp.local_addr()?) {
            Ok(tcp) => {
                udp.set_nonblocking(true)?;
                tcp.set_nonblocking(true)?;
                return Ok((UdpSocket::from_std(udp)?, TcpListener::from_std(tcp)?));
            }
            Err(e) if e.kind() == io::ErrorKind::AddrInUse && listen.port() == 0 && tries < PORT_TRIES => (),
            Err(e) => return Err(e),
        }
    }
}

/// Answers datagrams until `stop`.
pub(super) async fn udp(socket: UdpSocket, responder: Arc<Responder>, stop: CancellationToken) {
    let mut buffer = vec![0; MAX_DATAGRAM];
    loop {
        let received = tokio::select! {
            () = stop.cancelled() => return,
            received = socket.recv_from(&mut buffer) => received,
        };
        let sent = match received {
            Ok((length, peer)) => match responder.respond(&buffer[..length], Transport::Udp) {
                Some(answer) => socket.send_to(&answer, peer).await.map(|_| ()),
                None => Ok(()),
            },
            Err(error) => Err(error),
        };
        if let Err(error) = sent {
            // An earlier answer that found nobody home is reported here; that asker's loss is no reason to
            // stop.
            tracing::debug!(%error, "DNS datagram");
        }
    }
}

/// Answers TCP connections until `stop`.
pub(super) async fn tcp(
    listener: TcpListener,
    responder: Arc<Responder>,
    stop: CancellationToken,
    tasks: TaskTracker,
) {
    let slots = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    loop {
        let accepted = tokio::select! {
            () = stop.cancelled() => return,
            accepted = async {
                let slot = Arc::clone(&slots).acquire_owned().await;
                (slot, listener.accept().await)
            } => accepted,
        };
        match accepted {
            (Ok(slot), Ok((stream, _))) => {
                let (responder, stop) = (Arc::clone(&responder), stop.clone());
                tasks.spawn(async move {
                    let _slot = slot;
                    tokio::select! {
                        () = stop.cancelled() => (),
                        served = serve(stream, &responder) => {
                            if let Err(error) = served { tracing::trace!(%error, "DNS connection"); }
                        }
                    }
                });
            }
            (_, Err(error)) => {
                tracing::warn!(%error, "DNS server cannot accept");
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            (Err(_), _) => return,
        }
    }
}

async fn serve(mut stream: TcpStream, responder: &Responder) -> io::Result<()> {
    stream.set_nodelay(true)?;
    loop {
        let mut request = Vec::new();
        tokio::time::timeout(IDLE, async {
            let length = stream.read_u16().await?;
            request.resize(length.into(), 0);
            stream.read_exact(&mut request).await
        })
        .await??;
        let Some(answer) = responder.respond(&request, Transport::Tcp) else { return Ok(()) };
        let length = u16::try_from(answer.len()).map_err(io::Error::other)?;
        let mut framed = Vec::with_capacity(answer.len() + 2);
        framed.extend_from_slice(&length.to_be_bytes());
        framed.extend_from_slice(&answer);
        tokio::time::timeout(IDLE, stream.write_all(&framed)).await??;
    }
}
