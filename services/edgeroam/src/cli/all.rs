//! `edgeroam all`: the loop beside an external core, EMCO and DNS server.

use std::path::PathBuf;
use std::process::ExitCode;

use runtime::telemetry;
use tokio_util::sync::CancellationToken;

use crate::services::Services;
use crate::settings::Settings;

/// Arguments of `edgeroam all`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The configuration file (`edgeroam config init` writes one).
    #[arg(long, value_name = "FILE", default_value = "edgeroam.yaml")]
    config: PathBuf,
}

pub(super) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let settings = Settings::load(&args.config)?;
    let level = telemetry::init(&settings.log.level, settings.log.format)?;
    super::runtime()?.block_on(async {
        let stop = CancellationToken::new();
        runtime::stop::on_signal(stop.clone())?;
        let services = Services::start(&settings, level, &stop).await?;
        tracing::info!(
            admin = %services.admin,
            callback = %services.callback,
            sites = settings.catalogue.sites.len(),
            cells = settings.catalogue.cells.len(),
            apps = settings.catalogue.apps.len(),
            "running",
        );
        for spec in settings.catalogue.apps.iter().filter(|s| s.app.mode == model::Mode::Observe) {
            tracing::info!(app = %spec.app.id, "mode observe: decisions are shown, nothing is moved");
        }
        stop.cancelled().await;
        services.join().await;
        Ok(ExitCode::SUCCESS)
    })
}
