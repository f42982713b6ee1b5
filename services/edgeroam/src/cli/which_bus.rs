//! Which bus a verb reads: that of the running EdgeRoam, or one that is named.

use std::path::{Path, PathBuf};

use crate::settings::Settings;

/// A bus to be read beside those who use it.
pub(super) enum WhichBus {
    /// The folder of an embedded one.
    Folder(PathBuf),
    /// A broker.
    Broker(Box<bus::Config>),
}

impl WhichBus {
    /// The one that is named, as a URL or a folder; else that of the configuration file.
    ///
    /// # Errors
    /// A URL or a configuration that cannot be used.
    pub(super) fn of(named: Option<&str>, config: &Path) -> anyhow::Result<Self> {
        let (bus, state_dir) = match named {
            Some(url) if url.contains("://") => (bus::Config::of_url(url)?, PathBuf::new()),
            Some(folder) => return Ok(Self::Folder(folder.into())),
            None => {
                let settings = Settings::load(config)?;
                (settings.bus, settings.state_dir)
            }
        };
        Ok(match bus {
            bus::Config::Embedded(_) => Self::Folder(state_dir.join("bus")),
            broker @ (bus::Config::Nats(_) | bus::Config::Kafka(_)) => Self::Broker(Box::new(broker)),
        })
    }
}
