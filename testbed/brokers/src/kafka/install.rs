//! Where Java and Kafka's jars are.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Java and a folder with Kafka's jars.
#[derive(Debug, Clone)]
pub struct Install {
    libs: PathBuf,
}

/// Finds Java on the path, and the jars in the folder that `KAFKA_LIBS` names or in `target/kafka/libs`.
///
/// # Errors
/// A line that says what is missing and how to get it, for a test that is skipped.
pub fn available() -> Result<Install, String> {
    let java = Command::new("java").arg("-version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    if !java.is_ok_and(|status| status.success()) {
        return Err("skipped: no java on the path; the tests with Kafka need Java 17".to_owned());
    }
    let libs = match std::env::var_os("KAFKA_LIBS") {
        Some(folder) => PathBuf::from(folder),
        None => target().join("kafka/libs"),
    };
    let jar = |name: &str| name.starts_with("kafka_2.13-") && name.ends_with(".jar");
    let found = std::fs::read_dir(&libs).is_ok_and(|mut entries| {
        entries.any(|entry| entry.is_ok_and(|entry| entry.file_name().to_str().is_some_and(jar)))
    });
    if !found {
        return Err(format!("skipped: no Kafka in {}; .ci/kafka fetches it", libs.display()));
    }
    Ok(Install { libs })
}

impl Install {
    /// The command that runs a class with these arguments. A small JVM: tests share their machine.
    pub(crate) fn java(&self, class_and_arguments: &[&str]) -> Vec<String> {
        let mut command: Vec<String> = [
            "java",
            "-Xmx512m",
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-XX:-UsePerfData",
            "-Dorg.slf4j.simpleLogger.defaultLogLevel=info",
            "-cp",
        ]
        .map(str::to_owned)
        .to_vec();
        command.push(self.libs.join("*").to_string_lossy().into_owned());
        command.extend(class_and_arguments.iter().map(|argument| (*argument).to_owned()));
        command
    }
}

/// The workspace's target folder.
fn target() -> PathBuf {
    match std::env::var_os("CARGO_TARGET_DIR") {
        Some(folder) => PathBuf::from(folder),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target"),
    }
}
