//! `edgeroam.yaml`: one section for each service, and the catalogue.

mod key;
mod source;

use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use catalogue::Catalogue;
use contract::PseudonymKey;
use model::InstanceKey;
use runtime::access::{Access, Token};
use serde::Deserialize;
use source::Source;

/// The whole file, each section in the type of the crate that uses it.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct File {
    state_dir: Option<PathBuf>,
    instance_key_file: Option<PathBuf>,
    admin: AdminSection,
    log: LogSection,
    core: subscriber::Config,
    bus: bus::Config,
    public: relay::Config,
    decider: decider::Config,
    executor: executor::Config,
    monitor: Option<monitor::Config>,
    emco: Option<emco::Config>,
    dns: Option<steering::dns::Config>,
    // The catalogue's sections stand here one by one: `flatten` would lose their lines.
    plmn: catalogue::PlmnSection,
    sites: catalogue::SitesSection,
    capacity: catalogue::CapacitySection,
    cells: catalogue::CellsSection,
    tracking_areas: catalogue::TrackingAreasSection,
    service_areas: catalogue::ServiceAreasSection,
    apps: catalogue::AppsSection,
    budgets: catalogue::BudgetsSection,
    freeze_windows: catalogue::FreezeWindowsSection,
}

/// Where operators look.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct AdminSection {
    /// Address of `/livez`, `/readyz`, `/metrics`, `/log-level`, and of `/v1/commands`, `/v1/sites` and `/v1/why`
    /// where a decider runs.
    pub(crate) listen: SocketAddr,
    /// File with what whoever posts commands must show; without it only this machine may post.
    token_file: Option<PathBuf>,
}

impl AdminSection {
    /// The setting, for messages.
    const TOKEN_FILE: &str = "admin.token_file";

    /// The token, where one is set.
    ///
    /// # Errors
    /// Names the file and what is wrong with it.
    pub(crate) fn token(&self) -> anyhow::Result<Option<Token>> {
        Ok(self.token_file.as_deref().map(|path| Token::read(Self::TOKEN_FILE, path)).transpose()?)
    }

    /// Who may post commands.
    ///
    /// # Errors
    /// As [`token`](Self::token).
    pub(crate) fn access(&self) -> anyhow::Result<Access> {
        Ok(Access::new(Self::TOKEN_FILE, self.token()?, self.listen))
    }
}

impl Default for AdminSection {
    fn default() -> Self {
        Self { listen: SocketAddr::from(([127, 0, 0, 1], 9090)), token_file: None }
    }
}

/// How log lines look.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct LogSection {
    /// Filter in the syntax of `RUST_LOG`.
    pub(crate) level: String,
    /// For people or for machines.
    pub(crate) format: runtime::telemetry::Format,
}

impl Default for LogSection {
    fn default() -> Self {
        Self { level: "info".into(), format: runtime::telemetry::Format::Text }
    }
}

/// The validated settings that services run on.
pub(crate) struct Settings {
    pub(crate) state_dir: PathBuf,
    pub(crate) admin: AdminSection,
    pub(crate) log: LogSection,
    pub(crate) core: subscriber::Config,
    pub(crate) bus: bus::Config,
    pub(crate) public: relay::Config,
    pub(crate) decider: decider::Config,
    pub(crate) executor: executor::Config,
    pub(crate) monitor: Option<monitor::Config>,
    pub(crate) emco: Option<emco::Config>,
    pub(crate) dns: Option<steering::dns::Config>,
    pub(crate) catalogue: Catalogue,
    instance_key_file: Option<PathBuf>,
}

/// Everything that is wrong with a configuration.
#[derive(Debug)]
pub(crate) struct InvalidSettings(Vec<String>);

impl fmt::Display for InvalidSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.as_slice() {
            [one] => write!(f, "the configuration cannot be used: {one}"),
            all => write!(f, "the configuration cannot be used:\n  - {}", all.join("\n  - ")),
        }
    }
}

impl std::error::Error for InvalidSettings {}

impl Settings {
    /// Reads the file, the variables laid over it and the files that it names.
    ///
    /// # Errors
    /// All that is wrong, each with its file and line, or its variable.
    pub(crate) fn load(path: &Path) -> Result<Self, InvalidSettings> {
        let (file, source) = Source::read(path)?;
        let base = source.folder();
        let mut wrong = Vec::new();
        let section = catalogue::Section {
            plmn: file.plmn,
            sites: file.sites,
            capacity: file.capacity,
            cells: file.cells,
            tracking_areas: file.tracking_areas,
            service_areas: file.service_areas,
            apps: file.apps,
            budgets: file.budgets,
            freeze_windows: file.freeze_windows,
        };
        let catalogue = match catalogue::load(&section, base) {
            Ok(catalogue) => Some(catalogue),
            Err(errors) => {
                wrong.extend(errors.iter().map(|error| source.of_catalogue(error)));
                None
            }
        };
        wrong.extend(source.of_core(&file.core));
        wrong.extend(file.monitor.iter().flat_map(|monitor| source.of_monitor(monitor)));
        wrong.extend(file.decider.problems().into_iter().map(|problem| format!("decider.{problem}")));
        wrong.extend(file.public.problems().into_iter().map(|problem| format!("public.{problem}")));
        if file.instance_key_file.is_none() && !matches!(file.bus, bus::Config::Embedded(_)) {
            wrong.push(
                "`instance_key_file` is missing: replicas on one bus must name instances alike, so they share a \
                 key (32 to 128 hex digits)"
                    .into(),
            );
        }
        if let Some(catalogue) = &catalogue {
            wrong.extend(lacking(file.emco.is_some(), file.dns.is_some(), catalogue));
        }
        let Some(catalogue) = catalogue.filter(|_| wrong.is_empty()) else {
            return Err(InvalidSettings(wrong));
        };
        Ok(Self {
            state_dir: base.join(file.state_dir.unwrap_or_else(|| "edgeroam-state".into())),
            instance_key_file: file.instance_key_file.map(|path| base.join(path)),
            admin: AdminSection {
                token_file: file.admin.token_file.map(|path| base.join(path)),
                ..file.admin
            },
            log: file.log,
            core: file.core.relative_to(base),
            bus: file.bus.relative_to(base),
            public: file.public.relative_to(base),
            decider: file.decider.relative_to(base),
            executor: file.executor,
            monitor: file.monitor.map(|monitor| monitor.relative_to(base)),
            emco: file.emco.map(|emco| emco.relative_to(base)),
            dns: file.dns.map(|dns| dns.relative_to(base)),
            catalogue,
        })
    }

    /// The section `core` alone, of a file that need not have any other.
    ///
    /// # Errors
    /// As [`load`](Self::load), of what the whole file may not have and of what is wrong with this section.
    pub(crate) fn load_core(path: &Path) -> Result<subscriber::Config, InvalidSettings> {
        let (file, source) = Source::read(path)?;
        let wrong = source.of_core(&file.core);
        if wrong.is_empty() {
            Ok(file.core.relative_to(source.folder()))
        } else {
            Err(InvalidSettings(wrong))
        }
    }

    /// The key of the pseudonyms of public events: from `public.pseudonym_key_file`, or made once and kept in
    /// `state_dir`.
    ///
    /// # Errors
    /// Names the file and what is wrong with it.
    pub(crate) fn pseudonym_key(&self) -> anyhow::Result<PseudonymKey> {
        match &self.public.pseudonym_key_file {
            Some(path) => pseudonym_key(path),
            None => {
                let bytes = key::read_or_make("pseudonym key", &self.state_dir.join("pseudonym.key"))?;
                Ok(PseudonymKey::new(&bytes)?)
            }
        }
    }

    /// The secret behind instance ids, where there is one already: whoever only asks makes none.
    ///
    /// # Errors
    /// Names the file and what is wrong with it.
    pub(crate) fn known_instance_key(&self) -> anyhow::Result<InstanceKey> {
        let made = || self.state_dir.join("instance.key");
        let path = self.instance_key_file.clone().unwrap_or_else(made);
        Ok(InstanceKey::new(&key::read("instance key", &path)?)?)
    }

    /// Where the admin port of the running process is; a port that the system chose is written down by that process.
    ///
    /// # Errors
    /// Names the file where it should be written.
    pub(crate) fn admin_address(&self) -> anyhow::Result<SocketAddr> {
        if self.admin.listen.port() != 0 {
            return Ok(self.admin.listen);
        }
        let path = self.admin_address_file();
        let text = std::fs::read_to_string(&path).with_context(|| {
            format!(
                "admin.listen has port 0, and the port is not in {}: is EdgeRoam running?",
                path.display()
            )
        })?;
        text.trim().parse().with_context(|| format!("{}: no address", path.display()))
    }

    /// Where the admin port is written down if the system chose it.
    pub(crate) fn admin_address_file(&self) -> PathBuf {
        self.state_dir.join("admin.address")
    }

    /// The secret behind instance ids: from `instance_key_file`, or made once and kept in `state_dir`.
    ///
    /// # Errors
    /// Names the file and what is wrong with it.
    pub(crate) fn instance_key(&self) -> anyhow::Result<InstanceKey> {
        match &self.instance_key_file {
            Some(path) => Ok(InstanceKey::new(&key::read("instance key", path)?)?),
            None => {
                let bytes = key::read_or_make("instance key", &self.state_dir.join("instance.key"))?;
                Ok(InstanceKey::new(&bytes)?)
            }
        }
    }
}

/// Reads a key of pseudonyms.
///
/// # Errors
/// Names the file and what is wrong with it.
pub(crate) fn pseudonym_key(path: &Path) -> anyhow::Result<PseudonymKey> {
    Ok(PseudonymKey::new(&key::read("pseudonym key", path)?)?)
}

/// What an app needs and the file does not have.
fn lacking(emco: bool, dns: bool, catalogue: &Catalogue) -> Vec<String> {
    let mut wrong = Vec::new();
    if catalogue.sites.is_empty() {
        wrong.push("`sites` is empty: name at least one edge site".into());
    }
    if !catalogue.apps.is_empty() && !emco {
        wrong.push("`emco` is missing: apps need EMCO's base URL (emco.gateway)".into());
    }
    if catalogue.apps.iter().any(|spec| spec.app.mode == model::Mode::Act) && !dns {
        wrong
            .push("`dns` is missing: an app in mode `act` needs a DNS server to point its names with".into());
    }
    wrong
}
