//! One request and its answer over TCP, each behind a two-byte length (RFC 1035, section 4.2.2; RFC 7766).

use std::io;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout_at};

use crate::SteeringError;

/// Sends `request` to `server` (`host:port`) and reads the answer, all within `timeout`.
///
/// `Unreachable` means that nothing was sent, `NoAnswer` that something was.
pub(super) async fn over_tcp(
    server: &str,
    request: &[u8],
    timeout: Duration,
) -> Result<Vec<u8>, SteeringError> {
    let until = Instant::now() + timeout;
    let connected = timeout_at(until, TcpStream::connect(server)).await;
    let mut stream = connected
        .unwrap_or_else(|_| Err(io::Error::new(io::ErrorKind::TimedOut, format!("not within {timeout:?}"))))
        .map_err(|source| SteeringError::Unreachable { server: server.to_owned(), source })?;
    let answered = timeout_at(until, converse(&mut stream, request)).await;
    let no_answer = |reason: String| SteeringError::NoAnswer { server: server.to_owned(), reason };
    match answered {
        Ok(Ok(answer)) => Ok(answer),
        Ok(Err(error)) if error.kind() == io::ErrorKind::UnexpectedEof => {
            Err(no_answer("it closed the connection".to_owned()))
        }
        Ok(Err(error)) => Err(no_answer(error.to_string())),
        Err(_) => Err(no_answer(format!("none within {timeout:?}"))),
    }
}

async fn converse(stream: &mut TcpStream, request: &[u8]) -> io::Result<Vec<u8>> {
    stream.set_nodelay(true)?;
    let length = u16::try_from(request.len()).map_err(io::Error::other)?;
    let mut framed = Vec::with_capacity(request.len() + 2);
    framed.extend_from_slice(&length.to_be_bytes());
    framed.extend_from_slice(request);
    stream.write_all(&framed).await?;
    let length = stream.read_u16().await?;
    let mut answer = vec![0; length.into()];
    stream.read_exact(&mut answer).await?;
    Ok(answer)
}
