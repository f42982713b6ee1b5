//! Training and test traffic.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use evaluation::Input;
use model::{Cell, Site};

use crate::cli::traffic::{self, Kind};

/// Files of one kind, some to tune on and some to test with.
#[derive(Debug, clap::Args)]
pub(super) struct Sources {
    #[command(flatten)]
    training: Training,
    /// Traffic of the same kind that the search does not see. May be repeated; without it a third of the UEs, chosen by
    /// a hash of their names, is kept back.
    #[arg(long = "test", value_name = "PATH")]
    test: Vec<PathBuf>,
}

#[derive(Debug, clap::Args)]
#[group(required = true, multiple = false)]
struct Training {
    /// Cell changes: CSV with the header ue,time,mcc,mnc,nci; time in seconds, an empty cell where the UE is gone. May be
    /// repeated.
    #[arg(long, value_name = "FILE")]
    events: Vec<PathBuf>,
    /// Movement through the radio model: SUMO FCD XML (geo coordinates), GPX, CSV of fixes, or AdvantEDGE assets. May be
    /// repeated.
    #[cfg(feature = "testbed")]
    #[arg(long, value_name = "FILE")]
    trace: Vec<PathBuf>,
    /// What a running EdgeRoam, or one that has run, heard: the folder of its embedded bus. May be repeated.
    #[arg(long, value_name = "DIR")]
    recorded: Vec<PathBuf>,
}

impl Sources {
    /// Whether the UEs of the training files are split, because there is no test file.
    pub(super) const fn are_split(&self) -> bool {
        self.test.is_empty()
    }

    /// Reads training and test traffic, and tells what was skipped.
    ///
    /// # Errors
    /// Names the file, the line and the reason.
    pub(super) fn read(
        &self,
        cells: &[Cell],
        sites: &[Site],
        seed: u64,
    ) -> anyhow::Result<(Vec<Input>, Vec<Input>)> {
        let (kind, training) = self.training.kind(seed);
        each_once(training.iter().chain(&self.test))?;
        let read = |path: &PathBuf| -> anyhow::Result<Input> {
            let events = traffic::events(kind, path, cells, sites)?;
            Ok(Input { name: path.display().to_string(), events })
        };
        let training = training.iter().map(read).collect::<anyhow::Result<Vec<_>>>()?;
        if self.are_split() {
            return split(&training, seed);
        }
        Ok((training, self.test.iter().map(read).collect::<anyhow::Result<_>>()?))
    }
}

impl Training {
    #[cfg_attr(not(feature = "testbed"), expect(unused_variables))]
    fn kind(&self, seed: u64) -> (Kind, &[PathBuf]) {
        #[cfg(feature = "testbed")]
        if !self.trace.is_empty() {
            return (Kind::Trace { seed }, &self.trace);
        }
        if self.recorded.is_empty() { (Kind::Events, &self.events) } else { (Kind::Recorded, &self.recorded) }
    }
}

/// Refuses a path that is there twice, however it is written.
fn each_once<'a>(paths: impl Iterator<Item = &'a PathBuf>) -> anyhow::Result<()> {
    let mut known: Vec<PathBuf> = Vec::new();
    for path in paths {
        // What cannot be found is told when it is read.
        let whole = Path::canonicalize(path).unwrap_or_else(|_| path.clone());
        if known.contains(&whole) {
            bail!(
                "{} is given twice: each file is wanted once, and the test traffic must be other traffic",
                path.display()
            );
        }
        known.push(whole);
    }
    Ok(())
}

fn split(whole: &[Input], seed: u64) -> anyhow::Result<(Vec<Input>, Vec<Input>)> {
    let (mut training, mut test) = (Vec::new(), Vec::new());
    for Input { name, events } in whole {
        let (first, second) = events.split(seed).with_context(|| {
            format!(
                "{name}: its {} UEs cannot be split into training and test traffic: give --test FILE",
                events.ues()
            )
        })?;
        super::super::say(&format!(
            "{name}: no --test, so {} of {} UEs are kept back for the test",
            second.ues(),
            events.ues()
        ));
        training.push(Input { name: format!("{name} (two thirds of the UEs)"), events: first });
        test.push(Input { name: format!("{name} (one third of the UEs)"), events: second });
    }
    Ok((training, test))
}
