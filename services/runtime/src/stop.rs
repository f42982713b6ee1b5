//! An orderly stop on SIGINT or SIGTERM.

use tokio_util::sync::CancellationToken;

/// Cancels `stop` at the first SIGINT or SIGTERM; a second one ends the process at once with status 130.
///
/// # Errors
/// The system's answer where signal handlers cannot be installed.
pub fn on_signal(stop: CancellationToken) -> std::io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::spawn(async move {
        let mut next = async || {
            tokio::select! { _ = interrupt.recv() => (), _ = terminate.recv() => () }
        };
        next().await;
        tracing::info!("stopping; a second signal ends the process at once");
        stop.cancel();
        next().await;
        std::process::exit(130);
    });
    Ok(())
}
