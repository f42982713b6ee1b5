//! Problem details (RFC 9457, with the members that TS 29.571 clause 5.2.4.1 adds).

use serde::{Deserialize, Serialize};

/// Content type of [`ProblemDetails`] (RFC 9457 clause 6.1).
pub const CONTENT_TYPE: &str = "application/problem+json";

/// Why a request was refused. Every member is optional; Free5GC often gives `status` and `cause` only.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ProblemDetails {
    /// Identifies the kind of problem; `about:blank` where absent.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// The kind of problem in a few words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// The HTTP status.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// What is wrong with this request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// Identifies this occurrence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instance: Option<String>,
    /// The application error, from the lists of the API or of TS 29.500 clause 5.2.7.2.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cause: Option<String>,
    /// The parameters at fault.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub invalid_params: Option<Vec<InvalidParam>>,
}

/// A parameter at fault (TS 29.571 `InvalidParam`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InvalidParam {
    /// A JSON pointer into the body, or the name of a header or query parameter.
    pub param: String,
    /// What is wrong with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}
