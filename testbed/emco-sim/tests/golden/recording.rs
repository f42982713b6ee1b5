//! Recorded exchanges.

use serde::Deserialize;
use serde_json::Value;

/// Where the recordings are, if they are.
const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/recorded/emco");

/// One scenario.
#[derive(Debug, Deserialize)]
pub(crate) struct Recording {
    pub(crate) scenario: String,
    pub(crate) exchanges: Vec<Entry>,
}

/// An exchange, or something that the recorder noted.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum Entry {
    Exchange(Box<Exchange>),
    Observation { what: String, data: Value },
}

#[derive(Debug, Deserialize)]
pub(crate) struct Exchange {
    pub(crate) label: String,
    pub(crate) request: RecordedRequest,
    pub(crate) response: RecordedResponse,
}

#[derive(Debug, Deserialize)]
pub(crate) struct RecordedRequest {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) body: Value,
}

#[derive(Debug, Deserialize)]
pub(crate) struct RecordedResponse {
    pub(crate) status: u16,
    pub(crate) headers: serde_json::Map<String, Value>,
    pub(crate) body: Value,
}

impl RecordedResponse {
    pub(crate) fn content_type(&self) -> Option<&str> {
        let found = self.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("content-type"));
        found.and_then(|(_, value)| value.as_str())
    }
}

impl Exchange {
    /// Whether it reads the status of a deployment intent group.
    pub(crate) fn is_group_status(&self) -> bool {
        let path = self.request.path.split('?').next().unwrap_or_default();
        self.request.method == "GET"
            && path.ends_with("/status")
            && path.contains("/deployment-intent-groups/")
    }
}

/// The scenario whose file begins with `number`; `None`, with a word on why, without the recordings.
pub(crate) fn load(number: &str) -> Option<Recording> {
    let Ok(folder) = std::fs::read_dir(FOLDER) else {
        eprintln!("skipped: no recordings of EMCO beside the workspace");
        return None;
    };
    let mut files = folder.filter_map(|file| Some(file.ok()?.path()));
    let file =
        files.find(|path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(number)));
    Some(serde_json::from_slice(&std::fs::read(file?).unwrap()).unwrap())
}
