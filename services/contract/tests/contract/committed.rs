//! Files of the repository that are generated.

use std::path::{Path, PathBuf};

use serde_json::Value;

/// Whether generated files are to be written rather than compared.
pub(crate) fn updating() -> bool {
    std::env::var_os("UPDATE").is_some_and(|value| value == "1")
}

/// A path below the repository's root.
pub(crate) fn path(relative: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(relative)
}

/// What is committed under this name, if anything is.
pub(crate) fn read(relative: &str) -> Option<Value> {
    let text = std::fs::read_to_string(path(relative)).ok()?;
    Some(serde_json::from_str(&text).unwrap_or_else(|error| panic!("{relative}: {error}")))
}

/// The committed file is the generated one, letter by letter. With `UPDATE=1` it becomes that.
pub(crate) fn check(relative: &str, generated: &Value) {
    let text = serde_json::to_string_pretty(generated).unwrap() + "\n";
    if updating() {
        std::fs::create_dir_all(path(relative).parent().unwrap()).unwrap();
        std::fs::write(path(relative), text).unwrap();
        return;
    }
    let committed = std::fs::read_to_string(path(relative)).unwrap_or_default();
    assert!(
        committed == text,
        "{relative} is not what the code gives; run `UPDATE=1 cargo test -p contract` and look at what changed"
    );
}

/// The names of the files in a folder, without `.json`.
pub(crate) fn names(relative: &str) -> Vec<String> {
    let files = std::fs::read_dir(path(relative)).unwrap();
    let mut names: Vec<_> = files
        .filter_map(|file| file.unwrap().file_name().to_str()?.strip_suffix(".json").map(ToOwned::to_owned))
        .collect();
    names.sort();
    names
}
