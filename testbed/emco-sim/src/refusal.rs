//! How EMCO says no: a status code and a line of plain text.

/// A refused request.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{status}: {text}")]
pub(crate) struct Refusal {
    pub(crate) status: u16,
    pub(crate) text: String,
}

/// What EMCO says where it has no better word.
pub(crate) const INTERNAL: &str =
    "The server encountered an internal error and was unable to complete your request.";
/// A create below something that does not exist.
pub(crate) const NO_PARENT: &str = "Cannot perform requested operation. Parent resource not found";
/// A delete above something that still exists.
pub(crate) const HAS_CHILDREN: &str = "Cannot delete parent without deleting child references first";
/// A delete of something that is named elsewhere.
pub(crate) const REFERENCED: &str = "Cannot delete without deleting or updating referencing resources first";

impl Refusal {
    pub(crate) fn new(status: u16, text: impl Into<String>) -> Self {
        Self { status, text: text.into() }
    }

    pub(crate) fn bad_request(text: impl Into<String>) -> Self {
        Self::new(400, text)
    }

    pub(crate) fn not_found(text: impl Into<String>) -> Self {
        Self::new(404, text)
    }

    pub(crate) fn conflict(text: impl Into<String>) -> Self {
        Self::new(409, text)
    }

    pub(crate) fn unprocessable(text: impl Into<String>) -> Self {
        Self::new(422, text)
    }

    pub(crate) fn internal(text: impl Into<String>) -> Self {
        Self::new(500, text)
    }
}
