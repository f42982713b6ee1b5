//! `edgeroam app freeze|thaw`.

use std::process::ExitCode;

use clap::{ArgGroup, Subcommand};
use model::{AppId, Ask};

use super::ask::{Asking, When, once};
use crate::operate;

/// Arguments of `edgeroam app`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Give no more orders for an app, or for all of them: what is under way goes on.
    Freeze {
        #[command(flatten)]
        which: Which,
        /// For how long, or until when: 10m, 2026-11-29T06:00:00Z; without it, until `thaw`.
        #[arg(long = "for", value_name = "TIME", value_parser = When::parse)]
        span: Option<When>,
        #[command(flatten)]
        asking: Asking,
    },
    /// End `freeze` of an app, or of all of them.
    Thaw {
        #[command(flatten)]
        which: Which,
        #[command(flatten)]
        asking: Asking,
    },
}

/// One app, or all: nobody stops everything by leaving a word out.
#[derive(Debug, clap::Args)]
#[command(group = ArgGroup::new("which").required(true))]
struct Which {
    /// The app.
    #[arg(value_name = "APP", group = "which")]
    app: Option<AppId>,
    /// All apps.
    #[arg(long, group = "which")]
    all: bool,
}

pub(super) fn run(args: Args) -> anyhow::Result<ExitCode> {
    match args.verb {
        Verb::Freeze { which, span, asking } => {
            let until = span.map(|span| span.from(operate::now())).transpose()?;
            once(&asking, |_| Ok(Ask::Freeze { app: which.app, until }))
        }
        Verb::Thaw { which, asking } => once(&asking, |_| Ok(Ask::Thaw { app: which.app })),
    }
}
