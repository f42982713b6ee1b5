//! Paths of EMCO's objects. Names are checked, so that no name can reach another object.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::Reason;

/// A composite app in one version.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct CompositeApp {
    /// Project.
    pub project: String,
    /// Composite app.
    pub name: String,
    /// Its version.
    pub version: String,
}

/// A deployment intent group.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct GroupRef {
    /// The composite app that it deploys.
    pub composite_app: CompositeApp,
    /// Its name.
    pub name: String,
}

impl fmt::Display for CompositeApp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.project, self.name, self.version)
    }
}

impl fmt::Display for GroupRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.composite_app, self.name)
    }
}

impl CompositeApp {
    /// The group of that name.
    pub fn group(&self, name: impl Into<String>) -> GroupRef {
        GroupRef { composite_app: self.clone(), name: name.into() }
    }

    pub(crate) fn path(&self) -> Result<Path, Reason> {
        Path::root().then("projects", &self.project)?.then("composite-apps", &self.name)?.name(&self.version)
    }
}

impl GroupRef {
    pub(crate) fn path(&self) -> Result<Path, Reason> {
        self.composite_app.path()?.then("deployment-intent-groups", &self.name)
    }
}

/// A path under construction, with its query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Path(String);

impl Path {
    pub(crate) fn root() -> Self {
        Self("/v2".to_owned())
    }

    /// `/{kind}/{name}`.
    pub(crate) fn then(self, kind: &str, name: &str) -> Result<Self, Reason> {
        self.list(kind).name(name)
    }

    /// `/{kind}`.
    pub(crate) fn list(mut self, kind: &str) -> Self {
        self.0.push('/');
        self.0.push_str(kind);
        self
    }

    /// `/{name}`, which must be one of EMCO's names (letters, digits, `-`, `_`, `.`).
    pub(crate) fn name(self, name: &str) -> Result<Self, Reason> {
        let bytes = name.as_bytes();
        let edge = |b: Option<&u8>| b.is_some_and(u8::is_ascii_alphanumeric);
        let inner = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
        if bytes.len() <= 128 && edge(bytes.first()) && edge(bytes.last()) && bytes.iter().all(inner) {
            Ok(self.list(name))
        } else {
            Err(Reason::BadName(name.chars().take(128).collect()))
        }
    }

    /// `?{query}`.
    pub(crate) fn query(mut self, query: &str) -> Self {
        if !query.is_empty() {
            self.0.push('?');
            self.0.push_str(query);
        }
        self
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}
