//! A kept HTTP/1.1 connection, and how its failures are told apart.

use std::io;
use std::net::SocketAddr;

use http::{Request, StatusCode, header};
use http_body_util::{BodyExt as _, Empty, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use serde::Deserialize;
use tokio::net::TcpStream;

use super::report::Failure;
use crate::server::RELEASE_HEADER;

/// The largest body that counts as an answer.
const MAX_BODY_BYTES: usize = 64 << 10;

/// One connection.
pub(super) struct Connection {
    sender: SendRequest<Empty<Bytes>>,
    /// The same socket once more, to see what the peer has done without waiting for the reactor to be told.
    socket: std::net::TcpStream,
    host: String,
}

/// What became of a request.
pub(super) enum Sent {
    /// A good answer: the release that it names.
    Answered(String),
    /// Nothing was sent, because the server had closed the connection.
    Not,
    /// It failed.
    Failed(Failure),
}

#[derive(Deserialize)]
struct Answer {
    release: String,
}

impl Connection {
    /// Connects to `addr`.
    pub(super) async fn open(addr: SocketAddr) -> Result<Self, Failure> {
        Self::connect(addr).await.map_err(|error| {
            tracing::debug!(%addr, %error, "no connection");
            if error.kind() == io::ErrorKind::ConnectionReset { Failure::Reset } else { Failure::Refused }
        })
    }

    async fn connect(addr: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(addr).await?;
        stream.set_nodelay(true)?;
        let std = stream.into_std()?;
        let socket = std.try_clone()?;
        let stream = TcpStream::from_std(std)?;
        let (sender, connection) = handshake(TokioIo::new(stream)).await.map_err(io::Error::other)?;
        // Ends when the sender is dropped or the server closes; what it meets reaches the request under way.
        tokio::spawn(async move { connection.await.inspect_err(|e| tracing::trace!(%e, "connection")) });
        Ok(Self { sender, socket, host: addr.to_string() })
    }

    /// Whether the server has left it open. A close that has reached this machine is always seen.
    pub(super) fn is_open(&self) -> bool {
        // The socket is non-blocking: "would block" says that it is open and nothing is waiting to be read.
        // Bytes that nobody asked for are as bad as the end.
        let nothing = matches!(self.socket.peek(&mut [0]), Err(e) if e.kind() == io::ErrorKind::WouldBlock);
        nothing && !self.sender.is_closed()
    }

    /// Sends one request and reads its answer. Has no time-out of its own; dropped before its end, it leaves
    /// the connection closed.
    pub(super) async fn send(&mut self) -> Sent {
        if self.sender.ready().await.is_err() || !self.is_open() {
            return Sent::Not;
        }
        let request = Request::get("/").header(header::HOST, self.host.as_str()).body(Empty::new());
        let Ok(request) = request else { return Sent::Not };
        let response = match self.sender.try_send_request(request).await {
            Ok(response) => response,
            // hyper hands the request back only where not one byte of it was written.
            Err(mut error) => {
                if error.take_message().is_some() {
                    return Sent::Not;
                }
                tracing::debug!(host = self.host, error = %error.error(), "request failed");
                let malformed = error.error().is_parse();
                return Sent::Failed(if malformed { Failure::WrongBody } else { Failure::Reset });
            }
        };
        match read(response).await {
            Ok(release) => Sent::Answered(release),
            Err(failure) => Sent::Failed(failure),
        }
    }
}

async fn read(response: http::Response<Incoming>) -> Result<String, Failure> {
    let (head, body) = response.into_parts();
    let body = match Limited::new(body, MAX_BODY_BYTES).collect().await {
        Ok(body) => body.to_bytes(),
        Err(error) if error.is::<http_body_util::LengthLimitError>() => return Err(Failure::WrongBody),
        Err(error) => {
            tracing::debug!(%error, "answer broke off");
            return Err(Failure::Reset);
        }
    };
    if head.status != StatusCode::OK {
        return Err(Failure::WrongBody);
    }
    let answer: Answer = serde_json::from_slice(&body).map_err(|_| Failure::WrongBody)?;
    let header_agrees =
        head.headers.get(RELEASE_HEADER).is_none_or(|v| v.as_bytes() == answer.release.as_bytes());
    if answer.release.is_empty() || !header_agrees {
        return Err(Failure::WrongBody);
    }
    Ok(answer.release)
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::sync::mpsc;
    use std::time::Duration;

    use super::*;

    #[tokio::test]
    async fn a_close_is_seen_before_anything_is_sent_even_while_the_reactor_is_busy() {
        let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).expect("listening");
        let addr = listener.local_addr().expect("an address");
        let (close, closing) = mpsc::channel::<()>();
        let server = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().expect("accepted");
            let read = stream.read(&mut [0; 1024]).expect("read");
            let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 18\r\n\r\n{\"release\":\"er-1\"}";
            stream.write_all(answer).expect("written");
            closing.recv().expect("told to close");
            drop(stream);
            read
        });
        let mut connection = Connection::open(addr).await.expect("connected");
        assert!(matches!(connection.send().await, Sent::Answered(release) if release == "er-1"));
        assert!(connection.is_open());
        close.send(()).expect("the server waits");
        assert!(server.join().expect("served") > 0);
        // This thread is the runtime's only one: without a wait of ours nothing tells tokio of the close.
        while connection.is_open() {
            std::thread::sleep(Duration::from_millis(1));
        }
        assert!(matches!(connection.send().await, Sent::Not));
    }
}
