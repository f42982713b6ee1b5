//! What was seen, as lines and as a sum.

use std::io::{self, Write as _};

use serde_json::Value;

use crate::event::Event;
use crate::seen::Seen;

/// Duplicates come soon after each other: a broker or a relay that restarts repeats what it is not sure of.
const REMEMBERED: usize = 100_000;

/// Prints events and counts them.
#[derive(Debug)]
pub(crate) struct Ledger {
    seen: Seen,
    wanted: Option<u64>,
    completed: u64,
    duplicates: u64,
}

impl Ledger {
    pub(crate) fn new(wanted: Option<u64>) -> Self {
        Self { seen: Seen::new(REMEMBERED), wanted, completed: 0, duplicates: 0 }
    }

    /// Whether as many relocations were completed as were wanted.
    pub(crate) fn is_full(&self) -> bool {
        self.wanted.is_some_and(|wanted| self.completed >= wanted)
    }

    /// Takes an event of the stream.
    pub(crate) fn event(&mut self, event: &Event) -> io::Result<()> {
        let Some(what) = known(&event.of_type) else { return Ok(()) };
        if !self.seen.first(&event.source, &event.id) {
            self.duplicates += 1;
            return Ok(());
        }
        if what == "relocation.completed" {
            self.completed += 1;
        }
        show(&if what == "instance" { instance(what, event) } else { relocation(what, event) })
    }

    /// Takes the last state of an instance.
    pub(crate) fn state(event: &Event) -> io::Result<()> {
        if known(&event.of_type) == Some("instance") { show(&instance("state", event)) } else { Ok(()) }
    }

    pub(crate) fn sum_up(&self) -> io::Result<()> {
        show(&format!("sum completed={} duplicates={}", self.completed, self.duplicates))
    }
}

/// A type without what all have in common; nothing for types and versions that this consumer was not written for.
fn known(of_type: &str) -> Option<&str> {
    let what = of_type.strip_prefix("io.edgeroam.")?.strip_suffix(".v1")?;
    matches!(
        what,
        "relocation.ordered"
            | "relocation.progress"
            | "relocation.completed"
            | "relocation.undone"
            | "relocation.failed"
            | "relocation.fenced"
            | "instance"
    )
    .then_some(what)
}

fn relocation(what: &str, event: &Event) -> String {
    let site = |member: &str| event.data[member].as_str().unwrap_or("-");
    format!("{what} {} {} -> {} {}", event.key, site("source"), site("target"), event.id)
}

fn instance(what: &str, event: &Event) -> String {
    let site = event.data.pointer("/serving/site").and_then(Value::as_str).unwrap_or("-");
    format!("{what} {} {site} {}", event.key, event.id)
}

fn show(line: &str) -> io::Result<()> {
    writeln!(io::stdout(), "{line}")
}
