//! `edgeroam instance move|pin|unpin`.

use std::process::ExitCode;

use anyhow::Context as _;
use clap::Subcommand;
use model::{AppId, Ask, InstanceId, SiteId, Supi};

use super::ask::{Asking, once};
use crate::settings::Settings;

/// Arguments of `edgeroam instance`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Send an instance to a site once, whatever the policy says; afterwards the policy decides again.
    Move {
        #[command(flatten)]
        which: Which,
        /// Where it shall go.
        #[arg(value_name = "SITE")]
        site: SiteId,
        #[command(flatten)]
        asking: Asking,
    },
    /// Send an instance to a site and keep it there.
    Pin {
        #[command(flatten)]
        which: Which,
        /// Where it shall be.
        #[arg(value_name = "SITE")]
        site: SiteId,
        #[command(flatten)]
        asking: Asking,
    },
    /// End `pin`.
    Unpin {
        #[command(flatten)]
        which: Which,
        #[command(flatten)]
        asking: Asking,
    },
}

#[derive(Debug, clap::Args)]
struct Which {
    /// The instance, or the UE that it serves: echo/eecf169a97462a82, echo/imsi-208930000000003. A UE needs the instance
    /// key at hand.
    #[arg(value_name = "APP/INSTANCE")]
    of: String,
}

pub(super) fn run(args: Args) -> anyhow::Result<ExitCode> {
    match args.verb {
        Verb::Move { which, site, asking } => once(&asking, |settings| {
            let (app, instance) = which.instance(settings)?;
            Ok(Ask::Move { app, instance, site })
        }),
        Verb::Pin { which, site, asking } => once(&asking, |settings| {
            let (app, instance) = which.instance(settings)?;
            Ok(Ask::Pin { app, instance, site })
        }),
        Verb::Unpin { which, asking } => once(&asking, |settings| {
            let (app, instance) = which.instance(settings)?;
            Ok(Ask::Unpin { app, instance })
        }),
    }
}

impl Which {
    fn instance(&self, settings: &Settings) -> anyhow::Result<(AppId, InstanceId)> {
        let (app, instance) = self.of.split_once('/').with_context(|| {
            format!(
                "`{}`: write APP/INSTANCE, such as echo/eecf169a97462a82 or echo/imsi-208930000000003",
                self.of
            )
        })?;
        let app = AppId::new(app)?;
        match instance.parse::<Supi>() {
            Ok(supi) => {
                let key = settings
                    .known_instance_key()
                    .context("a UE's instance is found by the instance key alone")?;
                Ok((app.clone(), key.per_ue(&app, &supi)))
            }
            Err(_) => Ok((app, InstanceId::new(instance)?)),
        }
    }
}
