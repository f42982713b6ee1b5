//! What was replayed and decided, as files from which the figures can be computed again.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use crate::Network;
use crate::events::{Events, Instant};
use crate::steps::{Step, Steps};
use crate::timeline::Timeline;

/// The header of files of decisions.
const STEPS: &str = "ue,time,from,to,trigger";

/// What one policy did, and where the UEs were meanwhile.
#[derive(Debug)]
pub struct Dump<'a> {
    network: &'a Network,
    events: &'a Events,
    timelines: Vec<Option<Timeline>>,
    steps: Steps,
}

impl<'a> Dump<'a> {
    pub(crate) const fn new(
        network: &'a Network,
        events: &'a Events,
        timelines: Vec<Option<Timeline>>,
        steps: Steps,
    ) -> Self {
        Self { network, events, timelines, steps }
    }

    /// Writes `events.csv` and `decisions.csv` into a folder, which is made where it is not there; where a site has a
    /// limit `outside.csv` too.
    ///
    /// # Errors
    /// What the system says.
    pub fn write(&self, folder: &Path) -> io::Result<()> {
        std::fs::create_dir_all(folder)?;
        let create = |name: &str| File::create(folder.join(name)).map(BufWriter::new);
        self.write_events(&mut create("events.csv")?)?;
        self.write_decisions(&mut create("decisions.csv")?)?;
        if self.network.limited_sites() > 0 {
            self.write_outside(&mut create("outside.csv")?)?;
        }
        Ok(())
    }

    /// `ue,time,cell,lon,lat`: a row for each change of the cell that counts, UE by UE. Cell and position are empty
    /// while a UE is gone; its last row has the time of its end and its last cell.
    ///
    /// # Errors
    /// What the writer says.
    pub fn write_events(&self, to: &mut dyn Write) -> io::Result<()> {
        writeln!(to, "ue,time,cell,lon,lat")?;
        for timeline in self.timelines.iter().flatten() {
            let ue = self.ue(timeline.ue);
            for stretch in &timeline.stretches {
                self.write_event(to, &ue, stretch.from, stretch.location)?;
            }
            let last = timeline.stretches.last();
            if last.is_some_and(|last| last.from < timeline.end) {
                self.write_event(to, &ue, timeline.end, last.and_then(|last| last.location))?;
            }
        }
        to.flush()
    }

    fn write_event(
        &self,
        to: &mut dyn Write,
        ue: &str,
        at: Instant,
        location: Option<u32>,
    ) -> io::Result<()> {
        let cell = location.and_then(|slot| self.events.locations.get(slot as usize)?.cell);
        match cell.and_then(|cell| Some((cell, self.network.cells.get(&cell)?))) {
            Some((cell, position)) => {
                writeln!(to, "{ue},{at},{cell},{},{}", position.lon(), position.lat())
            }
            None => writeln!(to, "{ue},{at},,,"),
        }
    }

    /// `ue,time,from,to,trigger`: a row for each placement (`from` is empty), relocation and letting go (`to` is
    /// empty) within the UE's time, UE by UE.
    ///
    /// # Errors
    /// What the writer says.
    pub fn write_decisions(&self, to: &mut dyn Write) -> io::Result<()> {
        writeln!(to, "{STEPS}")?;
        for (number, steps) in (0u32..).zip(&self.steps.of) {
            let ue = self.ue(number);
            steps.iter().try_for_each(|step| self.write_step(to, &ue, step))?;
        }
        to.flush()
    }

    /// The same header: what was decided outside the times of the UEs, in the order of time. It costs nothing, but an
    /// instance takes room until it is let go.
    ///
    /// # Errors
    /// What the writer says.
    pub fn write_outside(&self, to: &mut dyn Write) -> io::Result<()> {
        writeln!(to, "{STEPS}")?;
        for (number, step) in &self.steps.outside {
            self.write_step(to, &self.ue(*number), step)?;
        }
        to.flush()
    }

    fn write_step(&self, to: &mut dyn Write, ue: &str, step: &Step) -> io::Result<()> {
        let site = |site: Option<u32>| {
            site.and_then(|slot| self.network.sites.get(slot as usize)).map_or("", |(id, _)| id.as_str())
        };
        let trigger = step.trigger.as_str();
        writeln!(to, "{ue},{},{},{},{trigger}", step.at, site(step.from), site(step.to))
    }

    /// A UE's id as a field: quoted where it holds a quote (RFC 4180).
    fn ue(&self, number: u32) -> String {
        let id = self.events.ues.get(number as usize).map_or("", |id| &**id);
        if id.contains(['"', ',']) { format!("\"{}\"", id.replace('"', "\"\"")) } else { id.to_owned() }
    }
}
