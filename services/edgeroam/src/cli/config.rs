//! `edgeroam config init|check`.

mod limits;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::bail;
use clap::Subcommand;
use model::{Mode, Pin, Policy, Regret, Users};

use super::why;
use crate::settings::Settings;

/// What `config init` writes: two laboratory gNBs, one app in mode `observe`.
const TEMPLATE: &str = include_str!("config/edgeroam.yaml");

/// Arguments of `edgeroam config`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Write a configuration to start from: to a file that does not exist yet, or to standard output.
    Init {
        /// The file to write.
        #[arg(value_name = "FILE")]
        file: Option<PathBuf>,
    },
    /// Read a configuration and the files that it names; tell all that is wrong, or what it says.
    Check {
        /// The file to check.
        #[arg(value_name = "FILE", default_value = "edgeroam.yaml")]
        file: PathBuf,
    },
}

pub(super) fn run(args: Args) -> anyhow::Result<ExitCode> {
    match args.verb {
        Verb::Init { file: None } => {
            super::print(TEMPLATE.trim_end());
        }
        Verb::Init { file: Some(file) } => init(&file)?,
        Verb::Check { file } => check(&file)?,
    }
    Ok(ExitCode::SUCCESS)
}

fn init(file: &Path) -> anyhow::Result<()> {
    if file.exists() {
        bail!("{}: it exists already; nothing was written", file.display());
    }
    std::fs::write(file, TEMPLATE)?;
    super::say(&format!("wrote {}; edit it, then: edgeroam config check {}", file.display(), file.display()));
    Ok(())
}

fn check(file: &Path) -> anyhow::Result<()> {
    let settings = Settings::load(file)?;
    let catalogue = &settings.catalogue;
    catalogue.files.iter().for_each(|notes| super::say(&notes.to_string()));
    catalogue.warnings.iter().for_each(|warning| super::say(&format!("warning: {warning}")));
    let pinned = catalogue.cells.iter().filter(|cell| matches!(cell.pin, Pin::Site(_))).count();
    super::print(&format!(
        "{}: {} sites, {} cells ({pinned} pinned), {} tracking areas, {} apps; state in {}",
        file.display(),
        catalogue.sites.len(),
        catalogue.cells.len(),
        catalogue.tai_pins.len(),
        catalogue.apps.len(),
        settings.state_dir.display(),
    ));
    if let Some(monitor) = &settings.monitor {
        super::print(&format!("  monitor: {}", measured(monitor)));
    }
    for spec in &catalogue.apps {
        let app = &spec.app;
        let mode = match app.mode {
            Mode::Observe => "observe (decides and shows, moves nothing)",
            Mode::Act => "act",
        };
        let users = match &app.users {
            _ if !app.groups.is_empty() => format!("{} groups", app.groups.len()),
            Users::All => "all UEs".to_owned(),
            Users::Only { supis, ranges } => format!("{} UEs and {} ranges", supis.len(), ranges.len()),
        };
        let policy = match app.policy {
            Policy::Nearest => "nearest".to_owned(),
            Policy::Threshold(knobs) => format!(
                "threshold ({} m, {:?}, stays {:?})",
                knobs.margin_meters, knobs.time_to_trigger, knobs.minimum_stay
            ),
            Policy::Regret(knobs) => format!("regret ({})", costs(&knobs)),
            Policy::Group(knobs) => {
                format!("group ({} distance; {})", knobs.aim.as_str(), costs(&knobs.cost))
            }
            Policy::Weighted(knobs) => format!(
                "weighted ({}, {}, a gain of {}, stays {:?})",
                why::weights(&knobs.weights),
                knobs.normalisation.as_str(),
                knobs.gain,
                knobs.minimum_stay
            ),
            Policy::OrchestratorChooses(knobs) => format!(
                "orchestrator-chooses (among {} sites; {:?}, stays {:?})",
                knobs.candidates, knobs.time_to_trigger, knobs.minimum_stay
            ),
        };
        super::print(&format!("  app {}: {mode}, {users}, {policy}", app.id));
        for line in limits::of_app(app) {
            super::print(&format!("    {line}"));
        }
    }
    for line in limits::shared(&catalogue.limits) {
        super::print(&format!("  {line}"));
    }
    Ok(())
}

/// What a relocation costs, in words.
fn costs(knobs: &Regret) -> String {
    format!(
        "a relocation costs {} m·s; looks {:?} ahead, no return within {:?}",
        knobs.relocation_cost, knobs.look_ahead, knobs.no_return
    )
}

/// What is measured, in words.
fn measured(monitor: &monitor::Config) -> String {
    let reports = monitor.reports.as_ref().map(|reports| format!("reports at {}", reports.listen));
    let probes = monitor.probes.as_ref().map(|probes| {
        format!("port {} of each site's ingress is probed every {:?}", probes.port, probes.interval)
    });
    let prometheus = monitor.prometheus.as_ref().map(|prometheus| {
        format!("{} queries to {} every {:?}", prometheus.queries.len(), prometheus.url, prometheus.interval)
    });
    let all: Vec<_> = [reports, probes, prometheus].into_iter().flatten().collect();
    if all.is_empty() { "nothing is measured".into() } else { all.join("; ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_template_is_a_valid_configuration_that_moves_nothing() {
        let folder = tempfile::tempdir().expect("temporary directory");
        let file = folder.path().join("edgeroam.yaml");
        init(&file).expect("written");
        let settings = Settings::load(&file).expect("valid");
        assert_eq!(settings.catalogue.cells.len(), 2);
        assert!(settings.catalogue.apps.iter().all(|spec| spec.app.mode == Mode::Observe));
        check(&file).expect("shown");
        assert!(init(&file).is_err(), "an existing file is not overwritten");
    }

    #[test]
    fn what_the_template_has_as_a_comment_for_measurements_is_valid_too() {
        let folder = tempfile::tempdir().expect("temporary directory");
        let file = folder.path().join("edgeroam.yaml");
        let at = TEMPLATE.find("# monitor:").expect("the section");
        let (before, rest) = TEMPLATE.split_at(at);
        let (section, after) = rest.split_once("\n\n").expect("its end");
        let section = section.lines().map(|line| line.strip_prefix("# ").unwrap_or(line));
        let section = section.collect::<Vec<_>>().join("\n");
        std::fs::write(&file, format!("{before}{section}\n\n{after}")).expect("written");
        let monitor = Settings::load(&file).expect("valid").monitor.expect("the section");
        let said = measured(&monitor);
        for part in ["reports at 127.0.0.1:9092", "port 443", "2 queries to http://127.0.0.1:9090"] {
            assert!(said.contains(part), "{part} is not in: {said}");
        }
        let open = format!("{before}monitor: {{ reports: {{}} }}\n\n{after}");
        std::fs::write(&file, open).expect("written");
        let refused = Settings::load(&file).err().expect("refused").to_string();
        assert!(refused.contains("monitor.reports.token_file: is missing"), "{refused}");
    }

    #[test]
    fn every_error_is_told_at_once() {
        let folder = tempfile::tempdir().expect("temporary directory");
        let file = folder.path().join("edgeroam.yaml");
        let broken = TEMPLATE
            .replace("scope: per-ue", "scope: per-site")
            .replace("site: north", "site: nowhere")
            .replace("mode: observe", "mode: perhaps");
        std::fs::write(&file, broken).expect("written");
        let error = Settings::load(&file).err().expect("refused").to_string();
        for part in ["per-site", "nowhere", "perhaps"] {
            assert!(error.contains(part), "{part} is not in:\n{error}");
        }
    }
}
