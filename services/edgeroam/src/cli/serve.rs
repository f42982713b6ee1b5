//! `edgeroam all | subscriber | decider | executor | relay | monitor`: services beside an external core, EMCO and DNS server.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::bail;
use runtime::telemetry;
use tokio_util::sync::CancellationToken;

use crate::services::{Role, Services};
use crate::settings::Settings;

/// Arguments of the services.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The configuration file (`edgeroam config init` writes one).
    #[arg(long, value_name = "FILE", default_value = "edgeroam.yaml")]
    config: PathBuf,
}

pub(super) fn run(args: &Args, roles: &'static [Role]) -> anyhow::Result<ExitCode> {
    let settings = Settings::load(&args.config)?;
    if roles != Role::ALL && matches!(settings.bus, bus::Config::Embedded(_)) {
        bail!(
            "{}: the embedded bus lives in one process; run `edgeroam all`, or name a broker that services can \
             share in the section `bus` (bus.nats or bus.kafka)",
            args.config.display()
        );
    }
    let level = telemetry::init(&settings.log.level, settings.log.format)?;
    super::runtime()?.block_on(async {
        let stop = CancellationToken::new();
        runtime::stop::on_signal(stop.clone())?;
        let services = Services::start(&settings, roles, level, &stop).await?;
        tracing::info!(
            services = ?roles,
            admin = %services.admin,
            callback = services.callback.map(tracing::field::display),
            reports = services.reports.map(tracing::field::display),
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
