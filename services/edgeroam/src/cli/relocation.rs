//! `edgeroam relocation list|confirm|refuse`: the moves that somebody has to agree to.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use clap::Subcommand;
use comfy_table::Table;
use comfy_table::presets::UTF8_FULL_CONDENSED;
use model::RelocationId;
use placement::Question;
use url::Url;

use super::ask::{self, Asking};
use crate::operate::{Admin, Desk};
use crate::settings::Settings;

/// Arguments of `edgeroam relocation`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Show the moves that wait for nothing but somebody's word, of apps with `mobility_level: with-confirmation`.
    List {
        /// The configuration file of the running EdgeRoam.
        #[arg(long, value_name = "FILE", default_value = "edgeroam.yaml")]
        config: PathBuf,
        #[command(flatten)]
        which: Which,
        /// One JSON object a line, a move each.
        #[arg(long)]
        json: bool,
    },
    /// Agree to a move: it is ordered at once, or when budgets let it.
    Confirm {
        #[command(flatten)]
        about: About,
    },
    /// Do not agree to a move: it is not asked for again for ten times the app's `confirmation_timeout`.
    Refuse {
        #[command(flatten)]
        about: About,
    },
}

/// Which admin port.
#[derive(Debug, clap::Args)]
struct Which {
    /// The admin port that is asked, where it is not the one of the configuration: http://HOST:PORT.
    #[arg(long, value_name = "URL")]
    admin: Option<Url>,
}

#[derive(Debug, clap::Args)]
struct About {
    /// The move, as `edgeroam relocation list` calls it.
    #[arg(value_name = "RELOCATION")]
    relocation: RelocationId,
    #[command(flatten)]
    which: Which,
    #[command(flatten)]
    asking: Asking,
}

pub(super) fn run(args: Args) -> anyhow::Result<ExitCode> {
    match args.verb {
        Verb::List { config, which, json } => {
            let settings = Settings::load(&config)?;
            let open = super::runtime()?.block_on(open(&settings, &which))?;
            list(&open, json)
        }
        Verb::Confirm { about } => answer(&about, true),
        Verb::Refuse { about } => answer(&about, false),
    }
}

/// The moves that wait for a word, as the running decider knows them.
async fn open(settings: &Settings, which: &Which) -> anyhow::Result<Vec<Question>> {
    let admin = Admin::of(settings, which.admin.as_ref())?;
    let answer = admin.get("/v1/relocations", &[]).await?;
    serde_json::from_slice(&answer).context("the admin port's answer at /v1/relocations")
}

fn list(open: &[Question], json: bool) -> anyhow::Result<ExitCode> {
    if !json {
        super::print(&render(open));
        return Ok(ExitCode::SUCCESS);
    }
    for question in open {
        if !super::print(&serde_json::to_string(question)?) {
            break;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn render(open: &[Question]) -> String {
    if open.is_empty() {
        return "No move waits for anybody's word.".to_owned();
    }
    let mut table = Table::new();
    table.load_style(UTF8_FULL_CONDENSED);
    table.set_header(["relocation", "instance", "UE", "from", "to", "why", "since", "expires"]);
    for question in open {
        table.add_row([
            question.relocation.to_string(),
            format!("{}/{}", question.app, question.instance),
            question.supi.as_ref().map_or_else(|| "-".to_owned(), ToString::to_string),
            question.from.to_string(),
            question.to.to_string(),
            question.trigger.as_str().to_owned(),
            question.since.to_string(),
            question.expires.to_string(),
        ]);
    }
    table.to_string()
}

fn answer(about: &About, agrees: bool) -> anyhow::Result<ExitCode> {
    let settings = Settings::load(&about.asking.config)?;
    super::runtime()?.block_on(async {
        let question = named(open(&settings, &about.which).await?, about.relocation)?;
        let command = ask::command(&about.asking, &settings, question.answered(agrees))?;
        let desk = Desk::open(&settings).await?;
        let handed = ask::hand_in(&desk, &command).await;
        desk.close().await;
        handed.map(|()| ExitCode::SUCCESS)
    })
}

/// The question about this relocation.
fn named(open: Vec<Question>, relocation: RelocationId) -> anyhow::Result<Question> {
    let count = open.len();
    match open.into_iter().find(|question| question.relocation == relocation) {
        Some(question) => Ok(question),
        None => bail!(
            "nobody is asked about relocation {relocation}, or not any longer; {count} other moves wait for a word: \
             see `edgeroam relocation list`"
        ),
    }
}

#[cfg(test)]
mod tests {
    use model::{Ask, Generation, Timestamp, Trigger};

    use super::*;

    fn question() -> Question {
        let (app, instance) = ("echo".parse().expect("valid"), "00ff".parse().expect("valid"));
        Question {
            relocation: RelocationId::new(&app, &instance, Generation(4)),
            app,
            instance,
            generation: Generation(4),
            supi: None,
            from: "north".parse().expect("valid"),
            to: "south".parse().expect("valid"),
            trigger: Trigger::Maintenance,
            since: Timestamp::from_micros(1_000_000),
            expires: Timestamp::from_micros(61_000_000),
        }
    }

    #[test]
    fn a_word_names_generation_and_site_and_only_of_what_is_open() {
        let own = question();
        let found = named(vec![own.clone()], own.relocation).expect("it is open");
        let Ask::Confirm { generation, site, .. } = found.answered(true) else { panic!("a confirmation") };
        assert_eq!((generation, site.as_str()), (Generation(4), "south"));
        assert!(matches!(own.clone().answered(false), Ask::Refuse { .. }));
        let other = RelocationId::new(&own.app, &own.instance, Generation(3));
        let refused = named(vec![own], other).expect_err("not open").to_string();
        assert!(refused.contains("not any longer; 1 other moves"), "{refused}");
    }

    #[test]
    fn each_move_is_a_row() {
        let shown = render(&[question()]);
        for part in ["echo/00ff", "north", "south", "maintenance", "1970-01-01T00:01:01.000Z"] {
            assert!(shown.contains(part), "{part} is not in {shown}");
        }
        assert_eq!(render(&[]), "No move waits for anybody's word.");
    }
}
