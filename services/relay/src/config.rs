//! The section `public` of `edgeroam.yaml`.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use bus::public::ContentMode;
use serde::Deserialize;

/// How public events look, and whether there are any.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Whether public events are put on the broker. The embedded bus has no public side.
    pub enabled: bool,
    /// The domain in the attribute `source`: `/edgeroam/<domain>`.
    pub domain: String,
    /// Where the key of the pseudonyms is: 32 to 128 hex digits. Whoever has it can join events with UEs.
    pub pseudonym_key_file: Option<PathBuf>,
    /// The topics whose events also carry the SUPI in clear.
    pub clear: BTreeSet<String>,
    /// How events are put on the wire.
    pub content_mode: Mode,
}

/// How events are put on the wire.
pub type Mode = ContentMode;

impl Default for Config {
    /// On, of domain `default`, pseudonyms everywhere, binary content mode.
    fn default() -> Self {
        Self {
            enabled: true,
            domain: "default".into(),
            pseudonym_key_file: None,
            clear: BTreeSet::new(),
            content_mode: Mode::default(),
        }
    }
}

impl Config {
    /// With relative paths taken from this folder.
    #[must_use]
    pub fn relative_to(self, base: &Path) -> Self {
        Self { pseudonym_key_file: self.pseudonym_key_file.map(|path| base.join(path)), ..self }
    }

    /// What is wrong with it, each with the name of the setting.
    pub fn problems(&self) -> Vec<String> {
        let mut wrong = Vec::new();
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        if self.domain.is_empty() || self.domain.len() > 63 || !self.domain.chars().all(plain) {
            wrong.push(format!("domain: `{}` must be 1 to 63 of a-z, A-Z, 0-9, -, _ and .", self.domain));
        }
        let topics = bus::public::Topic::ALL.map(bus::public::Topic::name);
        for topic in self.clear.iter().filter(|topic| !topics.contains(&topic.as_str())) {
            wrong.push(format!("clear: `{topic}` is none of {}", topics.join(", ")));
        }
        wrong
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn problems_name_the_setting() {
        assert_eq!(Config::default().problems(), Vec::<String>::new());
        let read = |text: &str| serde_json::from_str::<Config>(text);
        let config = read(r#"{"domain":"a b","clear":["ue-location","cells"]}"#).expect("understood");
        let wrong = config.problems();
        assert!(wrong[0].starts_with("domain: `a b`") && wrong[1].starts_with("clear: `cells`"), "{wrong:?}");
        assert!(read(r#"{"key":"x"}"#).is_err());
        assert_eq!(read(r#"{"content_mode":"structured"}"#).expect("valid").content_mode, Mode::Structured);
    }
}
