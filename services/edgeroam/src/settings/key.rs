//! The file with the secret behind instance ids: 32 to 128 hex digits.

use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use anyhow::{Context as _, bail};
use model::InstanceKey;

/// Reads a key.
pub(super) fn read(path: &Path) -> anyhow::Result<InstanceKey> {
    let text = std::fs::read_to_string(path).with_context(|| format!("instance key {}", path.display()))?;
    let digits = text.trim();
    let hex = digits.bytes().all(|b| b.is_ascii_hexdigit());
    if !hex || !digits.len().is_multiple_of(2) || !(32..=128).contains(&digits.len()) {
        bail!("instance key {}: 32 to 128 hex digits are wanted", path.display());
    }
    let byte = |at: usize| u8::from_str_radix(&digits[at..at + 2], 16);
    let bytes: Vec<u8> = (0..digits.len()).step_by(2).map(byte).collect::<Result<_, _>>()?;
    Ok(InstanceKey::new(&bytes)?)
}

/// Reads a key, or makes one that only its owner can read.
pub(super) fn read_or_make(path: &Path) -> anyhow::Result<InstanceKey> {
    if !path.exists() {
        make(path).with_context(|| format!("instance key {}", path.display()))?;
    }
    read(path)
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
        read_or_make(&path).expect("made");
        let first = std::fs::read(&path).expect("there");
        read_or_make(&path).expect("read");
        assert_eq!(first, std::fs::read(&path).expect("there"));
    }

    #[test]
    fn what_is_no_key_is_named() {
        let folder = tempfile::tempdir().expect("temporary directory");
        let path = folder.path().join("key");
        for text in ["", "abc", "zz", "0123456789abcdef0123456789abcde"] {
            std::fs::write(&path, text).expect("written");
            assert!(read(&path).expect_err("refused").to_string().contains("key"), "{text}");
        }
    }
}
