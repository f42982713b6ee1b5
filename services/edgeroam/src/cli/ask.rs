//! What the verbs that ask for something have in common.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::bail;
use model::{Ask, OperatorCommand, Timestamp};
use uuid::Uuid;

use crate::operate::{self, Desk, Names};
use crate::settings::Settings;

/// Which EdgeRoam, who asks and why.
#[derive(Debug, clap::Args)]
pub(super) struct Asking {
    /// The configuration file of the running EdgeRoam.
    #[arg(long, value_name = "FILE", default_value = "edgeroam.yaml")]
    pub(super) config: PathBuf,
    /// Why, for the record.
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    /// Who asks, for the record; without it, the user that this runs as.
    #[arg(long, value_name = "NAME")]
    by: Option<String>,
}

impl Asking {
    fn by(&self) -> String {
        let user = || std::env::var("USER").ok().filter(|user| !user.is_empty());
        self.by.clone().or_else(user).unwrap_or_else(|| "somebody".into())
    }
}

/// A time from now, or one that is written out.
#[derive(Debug, Clone, Copy)]
pub(super) enum When {
    /// So long from now.
    In(Duration),
    /// Then.
    At(Timestamp),
}

impl When {
    /// Reads `30m` or `2026-11-29T06:00:00Z`.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        if let Ok(span) = text.parse::<jiff::SignedDuration>() {
            let span = Duration::try_from(span).ok().filter(|span| !span.is_zero());
            return span.map(Self::In).ok_or_else(|| "it must be longer than nothing".into());
        }
        let at: jiff::Timestamp =
            text.parse().map_err(|_| "write it like 30m, 2h or 2026-11-29T06:00:00Z".to_owned())?;
        let micros = u64::try_from(at.as_microsecond()).map_err(|_| "that is before 1970".to_owned())?;
        Ok(Self::At(Timestamp::from_micros(micros)))
    }

    /// The time that is meant.
    ///
    /// # Errors
    /// Where it has passed.
    pub(super) fn from(self, now: Timestamp) -> anyhow::Result<Timestamp> {
        match self {
            Self::In(span) => Ok(now.plus(span)),
            Self::At(at) if at <= now => bail!("{at} has passed: it is {now}"),
            Self::At(at) => Ok(at),
        }
    }
}

/// The command that asks for this.
///
/// # Errors
/// A name that the configuration does not have, and texts that are too long or not plain.
pub(super) fn command(asking: &Asking, settings: &Settings, ask: Ask) -> anyhow::Result<OperatorCommand> {
    Names::of(&settings.catalogue).check(&ask)?;
    let (by, reason) = (asking.by(), asking.reason.clone());
    let command = OperatorCommand { id: Uuid::new_v4(), at: operate::now(), by, reason, ask };
    match command.problem() {
        Some(problem) => bail!("{}", problem.replace("`by`", "--by").replace("`reason`", "--reason")),
        None => Ok(command),
    }
}

/// Hands a command in, and says so once the bus has it.
///
/// # Errors
/// What the bus says.
pub(super) async fn hand_in(desk: &Desk, command: &OperatorCommand) -> anyhow::Result<()> {
    desk.ask(command).await?;
    super::print(&super::watch::operations::command(command));
    Ok(())
}

/// Reads the configuration, hands in what is made of it, and ends.
///
/// # Errors
/// What is wrong with the configuration or with what is asked, and what the bus says.
pub(super) fn once(
    asking: &Asking,
    wanted: impl FnOnce(&Settings) -> anyhow::Result<Ask>,
) -> anyhow::Result<ExitCode> {
    let settings = Settings::load(&asking.config)?;
    let command = command(asking, &settings, wanted(&settings)?)?;
    super::runtime()?.block_on(async {
        let desk = Desk::open(&settings).await?;
        let asked = hand_in(&desk, &command).await;
        desk.close().await;
        asked.map(|()| ExitCode::SUCCESS)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_a_span_or_written_out_and_lies_ahead() {
        let now = Timestamp::from_micros(1_800_000_000_000_000);
        let read = |text: &str| When::parse(text).map_err(anyhow::Error::msg)?.from(now);
        assert_eq!(read("30m").expect("a span"), now.plus(Duration::from_secs(1_800)));
        let later = read("2027-01-15T08:00:01Z").expect("a time");
        assert_eq!(later.as_micros(), 1_800_000_001_000_000);
        for (text, reason) in [
            ("2027-01-15T08:00:00Z", "has passed"),
            ("0s", "longer than nothing"),
            ("-5m", "longer than nothing"),
            ("soon", "write it like"),
            ("1960-01-01T00:00:00Z", "before 1970"),
        ] {
            let refused = read(text).expect_err("no time").to_string();
            assert!(refused.contains(reason), "{text}: {refused}");
        }
    }
}
