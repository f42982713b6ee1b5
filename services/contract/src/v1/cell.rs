//! Cells and tracking areas as TS 29.571 writes them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A public land mobile network (TS 29.571 `PlmnId`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PlmnId {
    /// Mobile country code, three digits.
    #[schemars(regex(pattern = r"^[0-9]{3}$"))]
    pub mcc: String,
    /// Mobile network code, two or three digits: "01" and "001" are different networks.
    #[schemars(regex(pattern = r"^[0-9]{2,3}$"))]
    pub mnc: String,
}

/// An NR cell (TS 29.571 `Ncgi`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Ncgi {
    /// The network.
    pub plmn_id: PlmnId,
    /// NR cell identity: 36 bit as 9 hex digits in lower case.
    #[schemars(regex(pattern = r"^[0-9a-f]{9}$"))]
    pub nr_cell_id: String,
    /// The stand-alone non-public network, if it is one: 44 bit as 11 hex digits.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[schemars(regex(pattern = r"^[0-9a-f]{11}$"))]
    pub nid: Option<String>,
}

/// An E-UTRA cell (TS 29.571 `Ecgi`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Ecgi {
    /// The network.
    pub plmn_id: PlmnId,
    /// E-UTRA cell identity: 28 bit as 7 hex digits in lower case.
    #[schemars(regex(pattern = r"^[0-9a-f]{7}$"))]
    pub eutra_cell_id: String,
    /// The stand-alone non-public network, if it is one: 44 bit as 11 hex digits.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[schemars(regex(pattern = r"^[0-9a-f]{11}$"))]
    pub nid: Option<String>,
}

/// A tracking area (TS 29.571 `Tai`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Tai {
    /// The network.
    pub plmn_id: PlmnId,
    /// Tracking area code: 4 hex digits (EPS) or 6 (5GS) in lower case.
    #[schemars(regex(pattern = r"^([0-9a-f]{4}|[0-9a-f]{6})$"))]
    pub tac: String,
    /// The stand-alone non-public network, if it is one: 44 bit as 11 hex digits.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[schemars(regex(pattern = r"^[0-9a-f]{11}$"))]
    pub nid: Option<String>,
}
