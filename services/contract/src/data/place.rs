//! Cells and tracking areas, spelled as in TS 29.571.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A network (TS 29.571 `PlmnId`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PlmnId {
    /// Mobile country code, three digits.
    pub mcc: String,
    /// Mobile network code, two or three digits.
    pub mnc: String,
}

/// An NR cell (TS 29.571 `Ncgi`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Ncgi {
    /// The network.
    pub plmn_id: PlmnId,
    /// NR cell identity: 9 hex digits.
    pub nr_cell_id: String,
    /// The stand-alone non-public network, if it is one: 11 hex digits.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub nid: Option<String>,
}

/// An E-UTRA cell (TS 29.571 `Ecgi`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Ecgi {
    /// The network.
    pub plmn_id: PlmnId,
    /// E-UTRA cell identity: 7 hex digits.
    pub eutra_cell_id: String,
    /// The stand-alone non-public network, if it is one: 11 hex digits.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub nid: Option<String>,
}

/// A tracking area (TS 29.571 `Tai`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Tai {
    /// The network.
    pub plmn_id: PlmnId,
    /// Tracking area code: 4 or 6 hex digits.
    pub tac: String,
    /// The stand-alone non-public network, if it is one: 11 hex digits.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub nid: Option<String>,
}

impl From<model::PlmnId> for PlmnId {
    fn from(plmn: model::PlmnId) -> Self {
        Self { mcc: plmn.mcc(), mnc: plmn.mnc() }
    }
}

impl From<model::Tai> for Tai {
    fn from(tai: model::Tai) -> Self {
        let nid = tai.nid.map(|nid| nid.to_string());
        Self { plmn_id: tai.plmn.into(), tac: tai.tac.to_string(), nid }
    }
}

/// A cell as one or the other.
pub(crate) fn cell(cell: model::CellId) -> (Option<Ncgi>, Option<Ecgi>) {
    match cell {
        model::CellId::Nr { plmn, nci, nid } => {
            let nid = nid.map(|nid| nid.to_string());
            (Some(Ncgi { plmn_id: plmn.into(), nr_cell_id: format!("{nci:09x}"), nid }), None)
        }
        model::CellId::Eutra { plmn, eci, nid } => {
            let nid = nid.map(|nid| nid.to_string());
            (None, Some(Ecgi { plmn_id: plmn.into(), eutra_cell_id: format!("{eci:07x}"), nid }))
        }
    }
}
