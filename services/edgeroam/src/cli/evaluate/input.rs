//! Where cell changes come from.

use std::path::PathBuf;

use evaluation::Events;

/// Exactly one of them.
#[derive(Debug, clap::Args)]
#[group(required = true, multiple = false)]
pub(super) struct Source {
    /// Cell changes: CSV with the header ue,time,mcc,mnc,nci; time in seconds, an empty cell where the UE is gone.
    #[arg(long, value_name = "FILE")]
    events: Option<PathBuf>,
}

impl Source {
    /// Reads them, and tells what was skipped.
    ///
    /// # Errors
    /// Names the file, the line and the reason.
    pub(super) fn events(&self, _args: &super::Args) -> anyhow::Result<Events> {
        let Some(file) = &self.events else { anyhow::bail!("--events FILE is missing") };
        let (events, notes) = Events::read(file)?;
        super::super::say(&notes.to_string());
        Ok(events)
    }
}
