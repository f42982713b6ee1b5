//! What an entry of `apps` may say.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;
use serde_saphyr::Spanned;

use super::{BudgetEntry, Entries, FreezeWindowEntry, Meters, OptText, Share, Span, Text, WordOr};

/// A duration with its place in the file, if it is given.
type OptSpan = Option<Spanned<Span>>;

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct AppEntry {
    pub(crate) id: OptText,
    pub(crate) users: Option<Spanned<UsersEntry>>,
    pub(crate) mode: OptText,
    pub(crate) scope: OptText,
    pub(crate) policy: Option<Spanned<PolicyEntry>>,
    pub(crate) max_concurrent_relocations: Option<Spanned<u32>>,
    pub(crate) budget: Option<Spanned<BudgetEntry>>,
    pub(crate) cooldown: OptSpan,
    pub(crate) no_return: OptSpan,
    pub(crate) freeze_windows: Entries<FreezeWindowEntry>,
    pub(crate) mobility_level: OptText,
    pub(crate) confirmation_timeout: OptSpan,
    pub(crate) linger: OptSpan,
    pub(crate) requires: Vec<Spanned<Text>>,
    pub(crate) qos: Option<Spanned<QosEntry>>,
    pub(crate) tenant: OptText,
    /// A file of polygons.
    pub(crate) residency: OptText,
    pub(crate) emco: Option<Spanned<EmcoEntry>>,
    pub(crate) address: Option<Spanned<AddressEntry>>,
    pub(crate) probe: ProbeEntry,
    pub(crate) dns: DnsEntry,
    pub(crate) drain: OptSpan,
    pub(crate) deadlines: DeadlinesEntry,
    pub(crate) instances: Entries<InstanceEntry>,
    /// By name.
    pub(crate) groups: Option<Spanned<BTreeMap<String, Spanned<UsersEntry>>>>,
}

/// The word `all`, or SUPIs and ranges.
pub(crate) type UsersEntry = Entries<Text>;

/// `nearest`, `threshold`, `regret`, `weighted`, `group`, `orchestrator-chooses`, or one with its knobs, like `threshold: {…}`.
pub(crate) type PolicyEntry = WordOr<PolicyMap>;

/// Exactly one of them.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct PolicyMap {
    pub(crate) threshold: Option<ThresholdEntry>,
    pub(crate) regret: Option<RegretEntry>,
    pub(crate) weighted: Option<WeightedEntry>,
    #[serde(rename = "orchestrator-chooses")]
    pub(crate) orchestrator_chooses: Option<OrchestratorChoosesEntry>,
    pub(crate) group: Option<GroupEntry>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct ThresholdEntry {
    pub(crate) margin: Option<Spanned<Meters>>,
    pub(crate) time_to_trigger: OptSpan,
    pub(crate) minimum_stay: OptSpan,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct OrchestratorChoosesEntry {
    pub(crate) candidates: Option<Spanned<u8>>,
    pub(crate) time_to_trigger: OptSpan,
    pub(crate) minimum_stay: OptSpan,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct RegretEntry {
    /// Metre-seconds.
    pub(crate) relocation_cost: Option<Spanned<f64>>,
    pub(crate) look_ahead: OptSpan,
    pub(crate) smoothing: OptSpan,
    pub(crate) no_return: OptSpan,
    pub(crate) tick: OptSpan,
}

/// The aim, and the knobs of `regret`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct GroupEntry {
    pub(crate) aim: OptText,
    /// Metre-seconds.
    pub(crate) relocation_cost: Option<Spanned<f64>>,
    pub(crate) look_ahead: OptSpan,
    pub(crate) smoothing: OptSpan,
    pub(crate) no_return: OptSpan,
    pub(crate) tick: OptSpan,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct WeightedEntry {
    /// Weights.
    pub(crate) distance: Option<Spanned<f64>>,
    pub(crate) load: Option<Spanned<f64>>,
    pub(crate) cost: Option<Spanned<f64>>,
    pub(crate) tier: Option<Spanned<f64>>,
    pub(crate) relocation: Option<Spanned<f64>>,
    pub(crate) normalisation: OptText,
    pub(crate) gain: Option<Spanned<f64>>,
    pub(crate) minimum_stay: OptSpan,
    pub(crate) distance_scale: Option<Spanned<Meters>>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct QosEntry {
    pub(crate) rtt: OptSpan,
    pub(crate) jitter: OptSpan,
    pub(crate) loss: Option<Spanned<Share>>,
    pub(crate) violated_for: OptSpan,
    pub(crate) valid_for: OptSpan,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct EmcoEntry {
    pub(crate) project: OptText,
    pub(crate) composite_app: OptText,
    pub(crate) composite_app_version: OptText,
    pub(crate) composite_profile: OptText,
    pub(crate) logical_cloud: OptText,
    pub(crate) override_values: Vec<Spanned<Value>>,
}

/// Exactly one of them.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct AddressEntry {
    pub(crate) load_balancer: Option<PortEntry>,
    pub(crate) node_port: Option<NodePortEntry>,
    pub(crate) pod_ip: Option<PortEntry>,
    pub(crate) template: OptText,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PortEntry {
    pub(crate) port: u16,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct NodePortEntry {
    pub(crate) port_name: OptText,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct ProbeEntry {
    pub(crate) path: OptText,
    pub(crate) timeout: OptSpan,
    pub(crate) release: Option<Spanned<ReleaseEntry>>,
}

/// `body`, `nowhere`, `header: NAME` or `json_pointer: POINTER`.
pub(crate) type ReleaseEntry = WordOr<ReleaseMap>;

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct ReleaseMap {
    pub(crate) header: Option<Text>,
    pub(crate) json_pointer: Option<Text>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct DnsEntry {
    pub(crate) ttl: OptSpan,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct DeadlinesEntry {
    pub(crate) ready: OptSpan,
    pub(crate) verify: OptSpan,
    pub(crate) retire: OptSpan,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct InstanceEntry {
    pub(crate) ue: OptText,
    pub(crate) instance: OptText,
    pub(crate) group: OptText,
    pub(crate) deployment_intent_group: OptText,
}
