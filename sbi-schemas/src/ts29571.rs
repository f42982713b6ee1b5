//! Common data types (TS 29.571): identities and locations.

use serde::{Deserialize, Serialize};

/// A PLMN (clause 5.4.4.3).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlmnId<S = String> {
    /// Mobile country code, three digits.
    pub mcc: S,
    /// Mobile network code, two or three digits; the width is part of the identity.
    pub mnc: S,
}

/// A network slice (clause 5.4.4.2).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(bound(deserialize = "S: Deserialize<'de>"))]
pub struct Snssai<S = String> {
    /// Slice/service type.
    pub sst: u8,
    /// Slice differentiator, 6 hex digits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sd: Option<S>,
}

/// A tracking area identity (clause 5.4.4.4).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Tai<S = String> {
    /// The network.
    pub plmn_id: PlmnId<S>,
    /// Tracking area code, 4 or 6 hex digits.
    pub tac: S,
    /// Stand-alone non-public network, 11 hex digits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nid: Option<S>,
}

/// An NR cell global identity (clause 5.4.4.6).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Ncgi<S = String> {
    /// The network.
    pub plmn_id: PlmnId<S>,
    /// NR cell identity, 9 hex digits.
    pub nr_cell_id: S,
    /// Stand-alone non-public network, 11 hex digits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nid: Option<S>,
}

/// An E-UTRA cell global identity (clause 5.4.4.5).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Ecgi<S = String> {
    /// The network.
    pub plmn_id: PlmnId<S>,
    /// E-UTRA cell identity, 7 hex digits.
    pub eutra_cell_id: S,
    /// Stand-alone non-public network, 11 hex digits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nid: Option<S>,
}

/// Where a UE is (clause 5.4.4.7). Several members may be present; the newest one counts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", bound(deserialize = "S: Deserialize<'de>"))]
pub struct UserLocation<S = String> {
    /// In E-UTRA.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub eutra_location: Option<EutraLocation<S>>,
    /// In NR.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nr_location: Option<NrLocation<S>>,
    /// Over non-3GPP access; it names no cell.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub n3ga_location: Option<N3gaLocation<S>>,
}

/// Where a UE is in E-UTRA (clause 5.4.4.8).
///
/// `ageOfLocationInformation` (whole minutes) is left out on purpose, here and in [`NrLocation`]: the time stamp
/// is finer, and cores exist that put other quantities there.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EutraLocation<S = String> {
    /// Tracking area.
    pub tai: Tai<S>,
    /// Whether `tai` is to be ignored.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ignore_tai: Option<bool>,
    /// Cell.
    pub ecgi: Ecgi<S>,
    /// Whether `ecgi` is to be ignored.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ignore_ecgi: Option<bool>,
    /// When the UE was there (RFC 3339).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ue_location_timestamp: Option<S>,
    /// An ellipsoid point with uncertainty circle, 16 hex digits (TS 23.032 clause 7.3.2;
    /// [`UncertaintyCircle`](crate::ts23032::UncertaintyCircle)). `geodeticInformation`, the same in ITU-T Q.763 form, is
    /// left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub geographical_information: Option<S>,
}

/// Where a UE is in NR (clause 5.4.4.9).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NrLocation<S = String> {
    /// Tracking area.
    pub tai: Tai<S>,
    /// Cell.
    pub ncgi: Ncgi<S>,
    /// Whether `ncgi` is to be ignored.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ignore_ncgi: Option<bool>,
    /// When the UE was there (RFC 3339).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ue_location_timestamp: Option<S>,
    /// An ellipsoid point with uncertainty circle, 16 hex digits (TS 23.032 clause 7.3.2;
    /// [`UncertaintyCircle`](crate::ts23032::UncertaintyCircle)). `geodeticInformation`, the same in ITU-T Q.763 form, is
    /// left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub geographical_information: Option<S>,
}

/// Where a UE is over non-3GPP access (clause 5.4.4.10): read to be told apart, never mapped to a place.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct N3gaLocation<S = String> {
    /// The tracking area that stands for the access network.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub n3gpp_tai: Option<Tai<S>>,
}

/// One operation of a JSON Patch (`PatchItem`, clause 5.2.4; RFC 6902).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PatchItem {
    /// What to do.
    pub op: PatchOperation,
    /// JSON pointer to the place.
    pub path: String,
    /// JSON pointer to the source of a move or copy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// The value to add, replace by, or test for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<serde_json::Value>,
}

crate::open_enum::open_enum!(
    /// What a [`PatchItem`] does (RFC 6902 clause 4).
    PatchOperation {
        /// Add a value.
        Add = "add",
        /// Copy from another place.
        Copy = "copy",
        /// Move from another place.
        Move = "move",
        /// Remove a value.
        Remove = "remove",
        /// Replace a value.
        Replace = "replace",
        /// Test for a value.
        Test = "test",
    }
);

crate::open_enum::open_enum!(
    /// How a UE is attached (clause 5.4.3).
    AccessType {
        /// Through a 3GPP radio.
        ThreeGpp = "3GPP_ACCESS",
        /// Through another access network.
        NonThreeGpp = "NON_3GPP_ACCESS",
    }
);
