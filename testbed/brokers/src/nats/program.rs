//! Where nats-server is.

use std::env;
use std::io::Write;
use std::path::PathBuf;

/// The program: what `NATS_SERVER` names, else `nats-server` on the `PATH`, else in Go's folder of programs. Where it
/// is nowhere, one line on standard error says that the test is skipped.
pub fn available() -> Option<PathBuf> {
    let found = find();
    if found.is_none() {
        // Written past the test harness, which would keep the line of a test that passes to itself.
        let _ = writeln!(
            std::io::stderr(),
            "skipped: no nats-server (go install github.com/nats-io/nats-server/v2@latest, or set NATS_SERVER)"
        );
    }
    found
}

fn find() -> Option<PathBuf> {
    if let Some(named) = env::var_os("NATS_SERVER") {
        return Some(named.into());
    }
    let path = env::var_os("PATH").unwrap_or_default();
    let mut places: Vec<PathBuf> = env::split_paths(&path).collect();
    places.extend(env::var_os("GOBIN").map(PathBuf::from));
    places.extend(env::var_os("HOME").map(|home| PathBuf::from(home).join("go/bin")));
    places.into_iter().map(|place| place.join("nats-server")).find(|program| program.is_file())
}
