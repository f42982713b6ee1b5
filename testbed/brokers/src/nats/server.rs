//! A server as a child process.

use std::fs;
use std::io::Read;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use tempfile::TempDir;

use super::Options;

/// A server that has not answered by then hangs.
const HANG: Duration = Duration::from_secs(60);
/// How often a port is chosen anew where another process was faster.
const ATTEMPTS: usize = 5;

/// A nats-server that ends with this value.
#[derive(Debug)]
pub struct Server {
    program: PathBuf,
    dir: TempDir,
    port: u16,
    child: Option<Child>,
}

impl Server {
    /// Starts a server on a free port and an empty folder, and waits until it takes connections.
    ///
    /// # Errors
    /// Where it does not start; its log is part of the message.
    pub fn start(program: &Path, options: &Options) -> anyhow::Result<Self> {
        let mut attempt = 1;
        loop {
            let dir = tempfile::tempdir()?;
            let port = free_port()?;
            fs::write(dir.path().join("server.conf"), options.text(dir.path(), port))?;
            let mut server = Self { program: program.to_owned(), dir, port, child: None };
            match server.run() {
                Ok(()) => return Ok(server),
                Err(error) if attempt == ATTEMPTS => return Err(error),
                Err(_) => attempt += 1,
            }
        }
    }

    /// Where it listens, without user or password.
    pub fn url(&self) -> String {
        format!("nats://127.0.0.1:{}", self.port)
    }

    /// Its port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Its folder.
    pub fn dir(&self) -> &Path {
        self.dir.path()
    }

    /// Ends it at once, as a failing machine would.
    ///
    /// # Errors
    /// Where the child cannot be ended.
    pub fn kill(&mut self) -> anyhow::Result<()> {
        if let Some(mut child) = self.child.take() {
            child.kill()?;
            child.wait()?;
        }
        Ok(())
    }

    /// Ends it in an orderly way.
    ///
    /// # Errors
    /// Where it does not end.
    pub fn stop(&mut self) -> anyhow::Result<()> {
        let Some(mut child) = self.child.take() else { return Ok(()) };
        let asked = Command::new(&self.program)
            .args(["--signal", &format!("stop={}", child.id())])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()?;
        let since = Instant::now();
        while asked.success() && since.elapsed() < HANG {
            if child.try_wait()?.is_some() {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        child.kill()?;
        child.wait()?;
        bail!("nats-server did not stop")
    }

    /// Lets it stand still: connections stay, nothing is answered. [`Server::resume`] lets it go on.
    ///
    /// # Errors
    /// Where it does not run, or cannot be signalled.
    pub fn pause(&self) -> anyhow::Result<()> {
        self.signal("-STOP")
    }

    /// Lets it go on after [`Server::pause`].
    ///
    /// # Errors
    /// Where it does not run, or cannot be signalled.
    pub fn resume(&self) -> anyhow::Result<()> {
        self.signal("-CONT")
    }

    /// Starts it again on the same port and folder; it must have been stopped or killed.
    ///
    /// # Errors
    /// Where it runs, or does not start.
    pub fn restart(&mut self) -> anyhow::Result<()> {
        if self.child.is_some() {
            bail!("nats-server still runs");
        }
        self.run()
    }

    /// What it has logged.
    pub fn log(&self) -> String {
        fs::read_to_string(self.dir.path().join("server.log")).unwrap_or_default()
    }

    fn signal(&self, signal: &str) -> anyhow::Result<()> {
        let Some(child) = &self.child else { bail!("nats-server does not run") };
        let sent = Command::new("kill").args([signal, &child.id().to_string()]).status()?;
        if sent.success() { Ok(()) } else { bail!("kill {signal} failed: {sent}") }
    }

    fn run(&mut self) -> anyhow::Result<()> {
        let log = self.dir.path().join("server.log");
        let out = fs::OpenOptions::new().create(true).append(true).open(&log)?;
        let child = Command::new(&self.program)
            .arg("-c")
            .arg(self.dir.path().join("server.conf"))
            .stdin(Stdio::null())
            .stdout(out.try_clone()?)
            .stderr(out)
            .spawn()
            .with_context(|| format!("starting {}", self.program.display()))?;
        let child = self.child.insert(child);
        let since = Instant::now();
        while !answers(self.port) {
            if let Some(status) = child.try_wait()? {
                self.child = None;
                bail!("nats-server ended with {status}: {}", self.log());
            }
            if since.elapsed() > HANG {
                bail!("nats-server does not answer: {}", self.log());
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It has ended by itself then.
        let _ = self.kill();
    }
}

fn free_port() -> anyhow::Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}

/// Whether the server greets: it does so once JetStream has recovered its streams.
fn answers(port: u16) -> bool {
    let Ok(mut stream) = TcpStream::connect((Ipv4Addr::LOCALHOST, port)) else { return false };
    let mut greeting = [0; 5];
    stream.set_read_timeout(Some(Duration::from_secs(5))).is_ok()
        && stream.read_exact(&mut greeting).is_ok()
        && &greeting == b"INFO "
}
