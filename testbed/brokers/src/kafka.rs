//! A real Kafka (KRaft, one broker that is its own controller) for tests.
//!
//! The broker runs under a shell that waits on a pipe from this process. When the pipe closes, because the handle
//! was dropped or this process has ended in whatever way, the shell kills the broker and removes its directory: no
//! JVM outlives its test.

mod install;
mod options;
mod ports;

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use ports::Ports;

pub use install::{Install, available};
pub use options::{Options, Security};

/// How long a JVM on a busy machine may take until the broker takes connections.
const START: Duration = Duration::from_secs(180);

/// A broker. Dropping it kills it and removes its directory.
#[derive(Debug)]
pub struct Kafka {
    install: Install,
    dir: PathBuf,
    ports: Ports,
    shell: Option<Child>,
    starts: u32,
}

impl Kafka {
    /// Starts a broker on free ports of the loopback interface, in a directory of its own.
    ///
    /// # Errors
    /// Where it does not come up; the end of its log is in the error.
    pub fn start(install: &Install, options: &Options) -> Result<Self> {
        let dir = tempfile::Builder::new().prefix("kafka-").tempdir()?.keep();
        let ports = Ports::free()?;
        let mut kafka = Self { install: install.clone(), dir, ports, shell: None, starts: 0 };
        kafka.format(options)?;
        kafka.restart()?;
        Ok(kafka)
    }

    /// Where clients find it, in the clear.
    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.ports.plain)
    }

    /// Where clients find its secured listener, if the options asked for one.
    pub fn secured_address(&self) -> String {
        format!("127.0.0.1:{}", self.ports.secured)
    }

    /// Lets it end in order, as a rolling restart does.
    ///
    /// # Errors
    /// Where it cannot be told.
    pub fn stop(&mut self) -> Result<()> {
        self.signal("TERM")
    }

    /// Ends it as a crash does: `kill -9`.
    ///
    /// # Errors
    /// Where it cannot be told.
    pub fn kill(&mut self) -> Result<()> {
        self.signal("KILL")
    }

    /// Stands it still, as a long pause of its machine does; [`Self::thaw`] lets it go on. Returns once every thread of
    /// it stands (known from `/proc`, so on Linux).
    ///
    /// # Errors
    /// Where it cannot be told.
    pub fn freeze(&mut self) -> Result<()> {
        self.word("STOP")?;
        let told = fs::read_to_string(self.log())?;
        let pid =
            told.lines().find_map(|line| line.strip_prefix("broker ")).context("no process id in the log")?;
        let begun = Instant::now();
        while !stands(Path::new(&format!("/proc/{pid}/task")))? {
            if begun.elapsed() > START {
                bail!("the broker does not stand still");
            }
            sleep(Duration::from_millis(5));
        }
        Ok(())
    }

    /// Lets a frozen broker go on.
    ///
    /// # Errors
    /// Where it cannot be told.
    pub fn thaw(&mut self) -> Result<()> {
        self.word("CONT")
    }

    /// Starts it again on the same ports and the same directory, and waits until it takes connections.
    ///
    /// # Errors
    /// Where it does not come up.
    pub fn restart(&mut self) -> Result<()> {
        if self.shell.is_some() {
            bail!("the broker runs; stop it first");
        }
        self.starts += 1;
        let log = self.log();
        let java = self.install.java(&["kafka.Kafka", &self.properties().to_string_lossy()]);
        let mut shell = Command::new("sh")
            .args(["-c", WATCHDOG, "sh"])
            .arg(&self.dir)
            .args(java)
            .stdin(Stdio::piped())
            .stdout(File::options().append(true).create(true).open(&log)?)
            .stderr(File::options().append(true).open(&log)?)
            .spawn()
            .context("starting the broker's shell")?;
        let begun = Instant::now();
        loop {
            let told = fs::read_to_string(&log).unwrap_or_default();
            if told.contains("Kafka Server started") {
                self.shell = Some(shell);
                return Ok(());
            }
            if begun.elapsed() > START || told.contains("ended by itself") {
                drop(shell.stdin.take());
                let _ = shell.wait();
                bail!("Kafka did not come up:\n{}", last_lines(&told));
            }
            sleep(Duration::from_millis(50));
        }
    }

    /// Runs one of Kafka's own tools against it and returns what it printed.
    ///
    /// # Errors
    /// Where the tool fails.
    pub fn tool(&self, class: &str, arguments: &[&str]) -> Result<String> {
        run(&self.install, class, arguments)
    }

    /// Where the log of a topic's first partition lies.
    pub fn log_dir(&self, topic: &str) -> PathBuf {
        self.dir.join("data").join(format!("{topic}-0"))
    }

    fn log(&self) -> PathBuf {
        self.dir.join(format!("broker-{}.log", self.starts))
    }

    fn properties(&self) -> PathBuf {
        self.dir.join("server.properties")
    }

    fn format(&self, options: &Options) -> Result<()> {
        fs::write(self.properties(), options.properties(self.ports, &self.dir.join("data")))?;
        let properties = self.properties().to_string_lossy().into_owned();
        // Any 16 bytes in base64 are a cluster's id.
        let mut arguments: Vec<String> =
            ["format", "-t", "RWRnZVJvYW0tdGVzdHMtMQ", "-c", &properties].map(str::to_owned).to_vec();
        for scram in options.scram() {
            arguments.extend(["--add-scram".to_owned(), scram]);
        }
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        run(&self.install, "kafka.tools.StorageTool", &arguments).map(drop)
    }

    fn word(&mut self, word: &str) -> Result<()> {
        let shell = self.shell.as_mut().context("the broker does not run")?;
        let pipe = shell.stdin.as_mut().context("the broker's pipe is closed")?;
        writeln!(pipe, "{word}")?;
        Ok(())
    }

    fn signal(&mut self, signal: &str) -> Result<()> {
        self.word(signal)?;
        let mut shell = self.shell.take().context("the broker does not run")?;
        shell.wait()?;
        Ok(())
    }
}

impl Drop for Kafka {
    fn drop(&mut self) {
        if let Some(mut shell) = self.shell.take() {
            drop(shell.stdin.take());
            let _ = shell.wait();
        }
        // Gone already where the shell has done it.
        let _ = fs::remove_dir_all(&self.dir);
    }
}

/// Runs the command behind the directory in the background. A line on the pipe is a signal to be passed on; TERM and
/// KILL end the shell too. The end of the pipe kills the broker and removes the directory.
const WATCHDOG: &str = r#"
dir=$1; shift
"$@" < /dev/null &
pid=$!
echo "broker $pid"
while read -r word; do
  kill -s "$word" "$pid" 2> /dev/null || { echo "the broker has ended by itself"; exit 1; }
  case $word in
    TERM | KILL) wait "$pid"; exit 0 ;;
  esac
done
kill -s KILL "$pid" 2> /dev/null
wait "$pid" 2> /dev/null
rm -rf "$dir"
"#;

fn run(install: &Install, class: &str, arguments: &[&str]) -> Result<String> {
    let mut all = vec![class];
    all.extend(arguments);
    let java = install.java(&all);
    let done = Command::new(&java[0]).args(&java[1..]).stdin(Stdio::null()).output()?;
    let told = String::from_utf8_lossy(&done.stdout).into_owned();
    if !done.status.success() {
        bail!("{class} failed: {told}{}", last_lines(&String::from_utf8_lossy(&done.stderr)));
    }
    Ok(told)
}

/// Whether every thread in this folder of `/proc` is stopped.
fn stands(threads: &Path) -> Result<bool> {
    for thread in fs::read_dir(threads)? {
        // "pid (name) state …"; a name may hold anything but is the last thing in parentheses.
        let stat = fs::read_to_string(thread?.path().join("stat")).unwrap_or_default();
        let state = stat.rsplit_once(") ").and_then(|(_, rest)| rest.chars().next());
        if state != Some('T') {
            return Ok(false);
        }
    }
    Ok(true)
}

fn last_lines(text: &str) -> String {
    let lines: Vec<_> = text.lines().rev().take(30).collect();
    lines.into_iter().rev().collect::<Vec<_>>().join("\n")
}

/// A file of the broker's directory or beside it.
pub(crate) fn shown(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}
