//! Where settings come from: the file, or variables laid over it.

use std::path::{Path, PathBuf};

use catalogue::CatalogueError;
use runtime::config::{Behind, Variables};

use super::{File, InvalidSettings};

/// The file and the variables that settings were read from.
pub(super) struct Source {
    path: PathBuf,
    variables: Variables,
}

impl Source {
    /// Reads the file with the variables of this process's environment laid over it.
    pub(super) fn read(path: &Path) -> Result<(File, Self), InvalidSettings> {
        let read = runtime::config::load(path);
        let (file, variables) = read.map_err(|error| InvalidSettings(vec![error.to_string()]))?;
        Ok((file, Self { path: path.into(), variables }))
    }

    /// What relative paths are relative to.
    pub(super) fn folder(&self) -> &Path {
        self.path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
    }

    /// All that is wrong with the section `core`.
    pub(super) fn of_core(&self, core: &subscriber::Config) -> Vec<String> {
        self.of_section("core", core.problems())
    }

    /// All that is wrong with the section `monitor`.
    pub(super) fn of_monitor(&self, monitor: &monitor::Config) -> Vec<String> {
        self.of_section("monitor", monitor.problems())
    }

    fn of_section(&self, section: &str, problems: Vec<String>) -> Vec<String> {
        let problems = problems.into_iter().map(|problem| format!("{section}.{problem}"));
        problems.map(|text| self.told(text.split(": ").next().unwrap_or(&text), &text, &text)).collect()
    }

    /// What is wrong with the catalogue. The line of a value that a variable holds would be taken for the file's.
    pub(super) fn of_catalogue(&self, error: &CatalogueError) -> String {
        let in_file = error.to_string();
        match error {
            CatalogueError::Field { field, reason, .. } => {
                self.told(field, &format!("{field}: {reason}"), &in_file)
            }
            CatalogueError::File { field, .. } => self.told(field, &in_file, &in_file),
        }
    }

    fn told(&self, setting: &str, without_line: &str, in_file: &str) -> String {
        let path = self.path.display();
        match self.variables.behind(setting) {
            Behind::Variable(name) => format!("environment variable {name}: {without_line}"),
            Behind::Both(names) => format!("{path} with {names} laid over it: {without_line}"),
            Behind::File => format!("{path}: {in_file}"),
        }
    }
}
