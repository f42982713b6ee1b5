//! NRF services (TS 29.510): management (clause 6.1), discovery (6.2), access tokens (6.3).

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize};

use crate::open_enum::open_enum;
use crate::ts29571::PlmnId;

/// An NF instance as it registers itself (clause 6.1.6.2.2).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NfProfile {
    /// UUID, version 4; also in the resource's path.
    pub nf_instance_id: String,
    /// Its type, from a closed list.
    pub nf_type: String,
    /// Its state.
    pub nf_status: NfStatus,
    /// What people call it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nf_instance_name: Option<String>,
    /// Seconds between two heartbeats: proposed by the NF, decided by the NRF.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub heart_beat_timer: Option<u32>,
    /// Networks that it serves; those of the NRF where absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plmn_list: Option<Vec<PlmnId>>,
    /// Its name in DNS.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fqdn: Option<String>,
    /// Its IPv4 addresses.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ipv4_addresses: Option<Vec<String>>,
    /// Its IPv6 addresses.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ipv6_addresses: Option<Vec<String>>,
    /// Its services.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nf_services: Option<Vec<NfService>>,
    /// Vendor's information; Free5GC says `oauth2: true` or `false` here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub custom_info: Option<serde_json::Map<String, serde_json::Value>>,
}

/// A service of an NF instance (clause 6.1.6.2.3).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NfService {
    /// Unique within the instance.
    pub service_instance_id: String,
    /// For example `namf-evts`.
    pub service_name: String,
    /// Versions of the API.
    pub versions: Vec<NfServiceVersion>,
    /// `http` or `https`.
    pub scheme: String,
    /// Its state.
    pub nf_service_status: NfStatus,
    /// Its name in DNS.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fqdn: Option<String>,
    /// Where it listens.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ip_end_points: Option<Vec<IpEndPoint>>,
    /// Where its resources begin; `apiRoot` of TS 29.501 where it is a whole URL.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub api_prefix: Option<String>,
}

/// A version of an API (`NFServiceVersion`, clause 6.1.6.2).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NfServiceVersion {
    /// For example `v1`.
    pub api_version_in_uri: String,
    /// For example `1.0.0`.
    pub api_full_version: String,
}

/// Where a service listens (clause 6.1.6.2.5).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct IpEndPoint {
    /// IPv4 address.
    #[serde(rename = "ipv4Address", skip_serializing_if = "Option::is_none")]
    pub ipv4_address: Option<String>,
    /// IPv6 address.
    #[serde(rename = "ipv6Address", skip_serializing_if = "Option::is_none")]
    pub ipv6_address: Option<String>,
    /// `TCP`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transport: Option<String>,
    /// Port; the scheme's own where absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub port: Option<u16>,
}

/// Answer to a discovery (clause 6.2.6.2.2).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SearchResult {
    /// For how many seconds it may be kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub validity_period: Option<u32>,
    /// What was found; Free5GC says null where that is nothing.
    #[serde(deserialize_with = "null_is_empty")]
    pub nf_instances: Vec<DiscoveredNfProfile>,
}

/// An NF instance as the NRF shows it to others (clause 6.2.6.2.3).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DiscoveredNfProfile {
    /// UUID, version 4.
    pub nf_instance_id: String,
    /// Its type.
    pub nf_type: String,
    /// Its state.
    pub nf_status: NfStatus,
    /// Its name in DNS.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fqdn: Option<String>,
    /// Its IPv4 addresses.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ipv4_addresses: Option<Vec<String>>,
    /// Its IPv6 addresses.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ipv6_addresses: Option<Vec<String>>,
    /// Its services.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nf_services: Option<Vec<NfService>>,
    /// Its services by instance id, which replaces `nfServices` from Release 16 on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nf_service_list: Option<BTreeMap<String, NfService>>,
}

/// Asks for an access token; sent as a form (clause 6.3.5.2.2, RFC 6749 clause 4.4.2).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessTokenReq {
    /// `client_credentials`.
    pub grant_type: String,
    /// Who asks.
    #[serde(rename = "nfInstanceId")]
    pub nf_instance_id: String,
    /// The type of who asks.
    #[serde(rename = "nfType", skip_serializing_if = "Option::is_none")]
    pub nf_type: Option<String>,
    /// The type of the producer.
    #[serde(rename = "targetNfType", skip_serializing_if = "Option::is_none")]
    pub target_nf_type: Option<String>,
    /// Service names, separated by spaces.
    pub scope: String,
}

/// An access token (clause 6.3.5.2.3). `Debug` hides it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessTokenRsp {
    /// The token, a JWS.
    pub access_token: String,
    /// `Bearer`.
    pub token_type: String,
    /// For how many seconds it is valid.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_in: Option<u32>,
    /// What it is valid for; as asked where absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
}

impl std::fmt::Debug for AccessTokenRsp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AccessTokenRsp").field("expires_in", &self.expires_in).finish_non_exhaustive()
    }
}

/// Why no token was given (clause 6.3.5.2.4). Other producers of Free5GC use its `error` member too, with free
/// text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessTokenErr {
    /// For example `invalid_client`.
    pub error: String,
    /// The reason in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_description: Option<String>,
}

open_enum!(
    /// State of an NF or of a service (`NFStatus`, `NFServiceStatus`, clause 6.1.6.3).
    NfStatus {
        /// Can be used.
        Registered = "REGISTERED",
        /// Failed to heartbeat.
        Suspended = "SUSPENDED",
        /// Cannot be discovered.
        Undiscoverable = "UNDISCOVERABLE",
    }
);

fn null_is_empty<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<DiscoveredNfProfile>, D::Error> {
    Option::deserialize(deserializer).map(Option::unwrap_or_default)
}
