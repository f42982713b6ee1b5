//! The apps that may move, and what holds all of them back together.

use model::{App, Limits};

/// What an engine moves and within which limits.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Fleet {
    /// The apps.
    pub apps: Vec<App>,
    /// What they share.
    pub limits: Limits,
}

impl From<Vec<App>> for Fleet {
    /// Apps that share no limit.
    fn from(apps: Vec<App>) -> Self {
        Self { apps, limits: Limits::default() }
    }
}
