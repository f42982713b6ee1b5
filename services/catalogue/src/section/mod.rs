//! What `edgeroam.yaml` may say about sites, cells, tracking areas and apps, before it is validated.
//!
//! Almost everything is optional here and a text: what is missing or wrong is told by [`load`](crate::load), all at
//! once and with its line. Only unknown fields and wrong shapes are refused while parsing.

mod app;
mod entries;
mod limits;
mod scalar;

pub(crate) use app::{
    AddressEntry, AppEntry, EmcoEntry, GroupEntry, InstanceEntry, OrchestratorChoosesEntry, PolicyEntry,
    PolicyMap, ProbeEntry, QosEntry, RegretEntry, ReleaseEntry, ThresholdEntry, UsersEntry, WeightedEntry,
};
pub(crate) use entries::{Entries, WordOr};
pub(crate) use limits::{BudgetEntry, FreezeWindowEntry};
pub use limits::{BudgetsSection, FreezeWindowsSection};
pub use scalar::meters;
pub(crate) use scalar::{Meters, Share, Span, Text, share};
use serde::Deserialize;
use serde_saphyr::Spanned;

/// The catalogue's part of the configuration file.
///
/// Embed it by its fields, one for each section of the file: `#[serde(flatten)]` makes serde buffer the sections,
/// which loses the lines and turns `000001` and `0x10` into numbers.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Section {
    /// The network of cells and tracking areas that name none.
    pub plmn: PlmnSection,
    /// Edge sites: a list, a file, or both.
    pub sites: SitesSection,
    /// How much load sites bear.
    pub capacity: CapacitySection,
    /// Cells: a list, a file, or both.
    pub cells: CellsSection,
    /// Tracking areas that belong to a site.
    pub tracking_areas: TrackingAreasSection,
    /// Service areas of sites: a file, or several.
    pub service_areas: ServiceAreasSection,
    /// Relocatable applications.
    pub apps: AppsSection,
    /// How many relocations there may be.
    pub budgets: BudgetsSection,
    /// When no policy moves anything.
    pub freeze_windows: FreezeWindowsSection,
}

/// `plmn`: `{mcc, mnc}`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(transparent)]
pub struct PlmnSection(pub(crate) Option<Spanned<PlmnEntry>>);

/// `sites`: `{file}`, or a list of sites and files.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(transparent)]
pub struct SitesSection(pub(crate) Entries<SiteEntry>);

/// `capacity`: `{high, low, per_instance, settle}`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(transparent)]
pub struct CapacitySection(pub(crate) Option<Spanned<CapacityEntry>>);

/// `cells`: `{file}`, or a list of cells and files.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(transparent)]
pub struct CellsSection(pub(crate) Entries<CellEntry>);

/// `tracking_areas`: a list.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(transparent)]
pub struct TrackingAreasSection(pub(crate) Entries<TrackingAreaEntry>);

/// `service_areas`: a file or a list of files.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(transparent)]
pub struct ServiceAreasSection(pub(crate) Entries<Text>);

/// `apps`: a list.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(transparent)]
pub struct AppsSection(pub(crate) Entries<AppEntry>);

/// A text with its place in the file, if it is given.
pub(crate) type OptText = Option<Spanned<Text>>;

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct PlmnEntry {
    pub(crate) mcc: OptText,
    pub(crate) mnc: OptText,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PointEntry {
    pub(crate) lon: f64,
    pub(crate) lat: f64,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct SiteEntry {
    pub(crate) id: OptText,
    pub(crate) name: OptText,
    pub(crate) at: Option<Spanned<PointEntry>>,
    pub(crate) cluster: Option<Spanned<ClusterEntry>>,
    pub(crate) ingress: OptText,
    pub(crate) tier: OptText,
    pub(crate) capacity: Option<Spanned<CapacityEntry>>,
    pub(crate) labels: Vec<Spanned<Text>>,
    pub(crate) max_instances: Option<Spanned<u32>>,
    pub(crate) tenants: Vec<Spanned<Text>>,
    pub(crate) cost: Option<Spanned<f64>>,
    /// Sites of a file, in place of one site.
    pub(crate) file: OptText,
    /// EMCO cluster provider of the file's sites that name no cluster; the site's id is the cluster then.
    pub(crate) provider: OptText,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct CapacityEntry {
    pub(crate) high: Option<Spanned<Share>>,
    pub(crate) low: Option<Spanned<Share>>,
    pub(crate) per_instance: Option<Spanned<Share>>,
    pub(crate) settle: Option<Spanned<Span>>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct ClusterEntry {
    pub(crate) provider: OptText,
    pub(crate) cluster: OptText,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct CellEntry {
    pub(crate) mcc: OptText,
    pub(crate) mnc: OptText,
    pub(crate) nci: OptText,
    pub(crate) eci: OptText,
    pub(crate) nid: OptText,
    pub(crate) tac: OptText,
    pub(crate) at: Option<Spanned<PointEntry>>,
    pub(crate) site: OptText,
    /// Cells of a file, in place of one cell; mcc, mnc and tac are for those that have none of their own.
    pub(crate) file: OptText,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct TrackingAreaEntry {
    pub(crate) mcc: OptText,
    pub(crate) mnc: OptText,
    pub(crate) nid: OptText,
    pub(crate) tac: OptText,
    pub(crate) site: OptText,
}
