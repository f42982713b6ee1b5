//! Where the command line hands in commands: a broker, or the process that owns the embedded bus.

use std::sync::Arc;

use anyhow::Context as _;
use bus::Bus;
use model::{OperatorCommand, Site};

use super::{Admin, SiteView, publish, view};
use crate::settings::Settings;

/// Where commands are handed in.
pub(crate) enum Desk {
    /// A broker.
    Bus { bus: Arc<dyn Bus>, sites: Vec<Site> },
    /// The process that owns the bus.
    Admin(Admin),
}

impl Desk {
    /// The one that fits the configuration.
    ///
    /// # Errors
    /// A broker that cannot be reached, a token that cannot be read, an admin port that nobody can know.
    pub(crate) async fn open(settings: &Settings) -> anyhow::Result<Self> {
        match &settings.bus {
            bus::Config::Nats(_) | bus::Config::Kafka(_) => {
                let bus = settings.bus.open(&settings.state_dir.join("bus")).await?;
                Ok(Self::Bus { bus, sites: settings.catalogue.sites.clone() })
            }
            bus::Config::Embedded(_) => Ok(Self::Admin(Admin::of(settings, None)?)),
        }
    }

    /// Hands a command in; returns once the bus has it.
    ///
    /// # Errors
    /// What the broker or the admin port says.
    pub(crate) async fn ask(&self, command: &OperatorCommand) -> anyhow::Result<()> {
        match self {
            Self::Bus { bus, .. } => {
                publish::put(bus.as_ref(), command).await?;
            }
            Self::Admin(admin) => {
                admin.post("/v1/commands", command).await?;
            }
        }
        Ok(())
    }

    /// What is known of each site of the catalogue.
    ///
    /// # Errors
    /// What the broker or the admin port says.
    pub(crate) async fn sites(&self) -> anyhow::Result<Vec<SiteView>> {
        match self {
            Self::Bus { bus, sites } => Ok(view::sites(bus.as_ref(), sites).await?),
            Self::Admin(admin) => {
                let answer = admin.get("/v1/sites", &[]).await?;
                serde_json::from_slice(&answer).context("the admin port's answer at /v1/sites")
            }
        }
    }

    /// Hands over what was handed in, and lets the broker go.
    pub(crate) async fn close(self) {
        match self {
            Self::Bus { bus, .. } => bus.close().await,
            Self::Admin(_) => {}
        }
    }
}
