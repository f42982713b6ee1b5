//! The clippy.toml files of the two sans-IO cores bite: code that reads a clock, the environment or random
//! numbers, or that walks a hash map, is refused under them.

use std::path::Path;
use std::process::Command;

const OFFENCES: &str = r#"
//! Everything that a sans-IO core must not do.
pub fn wall_clock() -> std::time::SystemTime { std::time::SystemTime::now() }
pub fn monotonic_clock() -> std::time::Instant { std::time::Instant::now() }
pub fn jiff_clock() -> jiff::Timestamp { jiff::Timestamp::now() }
pub fn random() -> uuid::Uuid { uuid::Uuid::new_v4() }
pub fn environment() -> Option<String> { std::env::var("HOME").ok() }
pub fn order_of_hashes(map: &std::collections::HashMap<u32, u32>) -> Vec<u32> { map.keys().copied().collect() }
"#;

/// What clippy must name for each of the offences.
const NAMED: &[&str] = &[
    "std::time::SystemTime::now",
    "std::time::Instant::now",
    "jiff::Timestamp::now",
    "uuid::Uuid::new_v4",
    "std::env::var",
    "std::collections::HashMap::keys",
];

#[test]
fn the_bans_of_both_cores_bite() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    if !Command::new(env!("CARGO")).args(["clippy", "--version"]).output().is_ok_and(|o| o.status.success()) {
        eprintln!("skipped: clippy is not installed (rustup component add clippy)");
        return;
    }
    for core in ["placement", "relocation"] {
        let scratch = tempfile::tempdir().expect("temporary directory");
        let path = |name: &str| scratch.path().join(name);
        std::fs::create_dir(path("src")).expect("created");
        std::fs::write(
            path("Cargo.toml"),
            "[package]\nname = \"offender\"\nversion = \"0.0.0\"\nedition = \"2024\"\n[workspace]\n\
             [dependencies]\nuuid = { version = \"1\", features = [\"v4\"] }\njiff = \"1\"\n",
        )
        .expect("written");
        std::fs::write(path("src/lib.rs"), OFFENCES).expect("written");
        std::fs::copy(root.join("services").join(core).join("clippy.toml"), path("clippy.toml"))
            .expect("each core has a clippy.toml");
        // The workspace's lock file, so that only what is already on the machine is used.
        std::fs::copy(root.join("Cargo.lock"), path("Cargo.lock")).expect("copied");
        let output = Command::new(env!("CARGO"))
            .args(["clippy", "--offline", "--quiet", "--", "-D", "clippy::disallowed_methods"])
            .args(["-D", "clippy::disallowed_types"])
            .current_dir(scratch.path())
            .env("CARGO_TARGET_DIR", root.join("target/purity"))
            .output()
            .expect("clippy runs");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success(), "{core}: clippy accepted the offences");
        for name in NAMED {
            assert!(said.contains(name), "{core}/clippy.toml does not ban {name}:\n{said}");
        }
    }
}
