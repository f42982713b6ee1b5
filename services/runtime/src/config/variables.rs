//! The variables that override the file, as a tree of the places that they are for.

use std::collections::BTreeMap;
use std::ffi::OsString;

use super::ConfigError;

/// Prefix of environment variables that override the file: `EDGEROAM__CORE__NRF` is `core.nrf`.
pub const ENV_PREFIX: &str = "EDGEROAM__";

/// The variables that were laid over the file.
#[derive(Debug, Default)]
pub struct Variables {
    pub(super) root: Node,
}

/// A place in the configuration that variables are for, or that has such places in it.
#[derive(Debug, Default)]
pub(super) struct Node {
    /// What is set as a whole here.
    pub(super) own: Option<Variable>,
    /// What is set further down.
    pub(super) members: BTreeMap<String, Node>,
}

/// One variable.
#[derive(Debug)]
pub(super) struct Variable {
    pub(super) name: String,
    /// The text that it would be in the file.
    pub(super) text: String,
}

impl Variables {
    /// Those of `all` whose names begin with [`ENV_PREFIX`].
    ///
    /// # Errors
    /// [`ConfigError::Variable`] where a name is no path, two names are for one place, or a value is not text.
    pub(super) fn gather(all: impl IntoIterator<Item = (OsString, OsString)>) -> Result<Self, ConfigError> {
        let mut variables = Self::default();
        for (name, value) in all {
            let Some(name) = name.to_str().filter(|name| name.starts_with(ENV_PREFIX)) else { continue };
            variables
                .add(name, value)
                .map_err(|reason| ConfigError::Variable { name: name.into(), reason })?;
        }
        Ok(variables)
    }

    fn add(&mut self, name: &str, value: OsString) -> Result<(), String> {
        let mut place = &mut self.root;
        for part in name[ENV_PREFIX.len()..].split("__") {
            if part.is_empty() {
                return Err("has an empty part; write EDGEROAM__SECTION__KEY".into());
            }
            place = place.members.entry(part.to_ascii_lowercase()).or_default();
        }
        if let Some(other) = &place.own {
            return Err(format!("is the same setting as {}; set one of them", other.name));
        }
        let text = value.into_string().map_err(|_| "is not UTF-8".to_owned())?;
        place.own = Some(Variable { name: name.into(), text });
        Ok(())
    }

    /// Which variables a setting comes from, for example `core.poll.factor` or `sites[0].at`.
    pub fn behind(&self, setting: &str) -> Behind<'_> {
        let mut place = &self.root;
        let mut behind = None;
        for part in setting.split('.') {
            let key = part.split('[').next().unwrap_or(part);
            let Some(member) = place.members.get(key) else {
                return behind.map_or(Behind::File, Behind::Variable);
            };
            behind = member.own.as_ref().map(|variable| variable.name.as_str()).or(behind);
            place = member;
        }
        behind.map_or_else(|| Behind::Both(place.names()), Behind::Variable)
    }
}

/// Where a setting comes from.
#[derive(Debug, PartialEq, Eq)]
pub enum Behind<'a> {
    /// The file.
    File,
    /// The variable of this name.
    Variable(&'a str),
    /// The file, with these variables laid over some of it.
    Both(String),
}

impl Node {
    /// The names of all variables for this place and for places in it.
    pub(super) fn names(&self) -> String {
        let mut names = Vec::new();
        self.collect(&mut names);
        names.join(", ")
    }

    fn collect<'a>(&'a self, names: &mut Vec<&'a str>) {
        names.extend(self.own.iter().map(|variable| variable.name.as_str()));
        self.members.values().for_each(|member| member.collect(names));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gathered(names: &[&str]) -> Result<Variables, ConfigError> {
        Variables::gather(names.iter().map(|name| (name.into(), "1".into())))
    }

    #[test]
    fn a_setting_is_traced_to_the_variable_next_to_it() {
        let variables =
            gathered(&["EDGEROAM__CORE__POLL__FACTOR", "EDGEROAM__SITES", "PATH"]).expect("valid");
        for (setting, behind) in [
            ("core.poll.factor", Behind::Variable("EDGEROAM__CORE__POLL__FACTOR")),
            ("core.poll.timeout", Behind::File),
            ("core", Behind::Both("EDGEROAM__CORE__POLL__FACTOR".into())),
            ("sites[3].at.lon", Behind::Variable("EDGEROAM__SITES")),
            ("path", Behind::File),
        ] {
            assert_eq!(variables.behind(setting), behind, "{setting}");
        }
    }

    #[test]
    fn names_that_lead_nowhere_are_refused() {
        for (names, part) in [
            (&["EDGEROAM__"][..], "empty part"),
            (&["EDGEROAM__CORE____NRF"], "empty part"),
            (&["EDGEROAM__CORE__NRF", "EDGEROAM__core__nrf"], "same setting as EDGEROAM__CORE__NRF"),
        ] {
            let error = gathered(names).expect_err("refused").to_string();
            assert!(error.contains(part) && error.contains(names[names.len() - 1]), "{error}");
        }
    }

    #[test]
    #[cfg(unix)]
    fn a_value_that_is_no_text_is_refused_and_others_variables_do_not_matter() {
        use std::os::unix::ffi::OsStringExt as _;
        let bytes = || OsString::from_vec(vec![0xff]);
        assert!(Variables::gather([("LANG".into(), bytes()), (bytes(), bytes())]).is_ok());
        let error = Variables::gather([("EDGEROAM__A".into(), bytes())]).expect_err("refused").to_string();
        assert!(error.contains("EDGEROAM__A") && error.contains("UTF-8"), "{error}");
    }
}
