//! Files with a secret: 32 to 128 hex digits.

use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use anyhow::{Context as _, bail};

/// Reads a key; `what` names it in errors.
pub(super) fn read(what: &str, path: &Path) -> anyhow::Result<Vec<u8>> {
    let text = std::fs::read_to_string(path).with_context(|| format!("{what} {}", path.display()))?;
    let digits = text.trim();
    let hex = digits.bytes().all(|b| b.is_ascii_hexdigit());
    if !hex || !digits.len().is_multiple_of(2) || !(32..=128).contains(&digits.len()) {
        bail!("{what} {}: 32 to 128 hex digits are wanted", path.display());
    }
    let byte = |at: usize| u8::from_str_radix(&digits[at..at + 2], 16);
    Ok((0..digits.len()).step_by(2).map(byte).collect::<Result<_, _>>()?)
}

/// Reads a key, or makes one that only its owner can read.
pub(super) fn read_or_make(what: &str, path: &Path) -> anyhow::Result<Vec<u8>> {
    if !path.exists() {
        make(path).with_context(|| format!("{what} {}", path.display()))?;
    }
    read(what, path)
}

fn make(path: &Path) -> std::io::Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let text = format!("{}{}\n", uuid::Uuid::new_v4().simple(), uuid::Uuid::new_v4().simple());
    // Written aside and renamed: a kill in between leaves no half a key.
    let aside = path.with_extension("new");
    let mut file =
        std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&aside)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    std::fs::rename(&aside, path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_made_once() {
        let folder = tempfile::tempdir().expect("temporary directory");
        let path = folder.path().join("deep/instance.key");
        read_or_make("key", &path).expect("made");
        let first = std::fs::read(&path).expect("there");
        read_or_make("key", &path).expect("read");
        assert_eq!(first, std::fs::read(&path).expect("there"));
    }

    #[test]
    fn what_is_no_key_is_named() {
        let folder = tempfile::tempdir().expect("temporary directory");
        let path = folder.path().join("key");
        for text in ["", "abc", "zz", "0123456789abcdef0123456789abcde"] {
            std::fs::write(&path, text).expect("written");
            assert!(read("key", &path).expect_err("refused").to_string().contains("key"), "{text}");
        }
    }
}
