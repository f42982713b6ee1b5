//! `edgeroam site list|cordon|drain|resume`.

mod table;
mod wait;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Subcommand;
use model::{Ask, SiteId};

use super::ask::{self, Asking, When, once};
use crate::operate::{self, Desk};
use crate::settings::Settings;

/// Arguments of `edgeroam site`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Show what holds for each site, who says so, and what operators asked last.
    List {
        /// The configuration file of the running EdgeRoam.
        #[arg(long, value_name = "FILE", default_value = "edgeroam.yaml")]
        config: PathBuf,
        /// One JSON object a line, a site each.
        #[arg(long)]
        json: bool,
    },
    /// Let a site take no more instances; those that it has stay.
    Cordon {
        /// The site.
        #[arg(value_name = "SITE")]
        site: SiteId,
        #[command(flatten)]
        asking: Asking,
    },
    /// Let a site take no more instances, and move those that it has away.
    Drain {
        /// The site.
        #[arg(value_name = "SITE")]
        site: SiteId,
        /// By when it should be empty: 30m, 2026-11-29T06:00:00Z.
        #[arg(long, value_name = "TIME", value_parser = When::parse)]
        deadline: Option<When>,
        /// Follow it, a line for each change, until the site is empty (exit status 0) or overdue (1).
        #[arg(long)]
        wait: bool,
        #[command(flatten)]
        asking: Asking,
    },
    /// Let a site take instances again: ends `cordon` and `drain`.
    Resume {
        /// The site.
        #[arg(value_name = "SITE")]
        site: SiteId,
        #[command(flatten)]
        asking: Asking,
    },
}

pub(super) fn run(args: Args) -> anyhow::Result<ExitCode> {
    match args.verb {
        Verb::List { config, json } => list(&Settings::load(&config)?, json),
        Verb::Cordon { site, asking } => once(&asking, |_| Ok(Ask::Cordon { site })),
        Verb::Resume { site, asking } => once(&asking, |_| Ok(Ask::Resume { site })),
        Verb::Drain { site, deadline, wait, asking } => drain(site, deadline, wait, &asking),
    }
}

fn list(settings: &Settings, json: bool) -> anyhow::Result<ExitCode> {
    let sites = super::runtime()?.block_on(async {
        let desk = Desk::open(settings).await?;
        let sites = desk.sites().await;
        desk.close().await;
        sites
    })?;
    if json {
        for site in &sites {
            if !super::print(&serde_json::to_string(site)?) {
                break;
            }
        }
    } else {
        super::print(&table::render(&sites));
    }
    Ok(ExitCode::SUCCESS)
}

fn drain(site: SiteId, deadline: Option<When>, wait: bool, asking: &Asking) -> anyhow::Result<ExitCode> {
    let settings = Settings::load(&asking.config)?;
    let deadline = deadline.map(|deadline| deadline.from(operate::now())).transpose()?;
    let command = ask::command(asking, &settings, Ask::Drain { site: site.clone(), deadline })?;
    super::runtime()?.block_on(async {
        let desk = Desk::open(&settings).await?;
        ask::hand_in(&desk, &command).await?;
        let ended = if wait { wait::until_left(&desk, &site).await? } else { ExitCode::SUCCESS };
        desk.close().await;
        Ok(ended)
    })
}
