//! JSON lists whose elements are read one by one, so that a broken one is told with its line and costs only itself.

use std::path::Path;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::text::line_at;
use super::{ReadError, Rows};

/// One element of a list in `text`.
pub(super) struct Element<'a> {
    /// Its text.
    pub(super) text: &'a str,
    /// Its first line, from 1.
    pub(super) line: u64,
}

impl Element<'_> {
    /// Its value; otherwise the line and the reason.
    pub(super) fn parse<'de, T: Deserialize<'de>>(&'de self) -> Result<T, (u64, String)> {
        serde_json::from_str(self.text)
            .map_err(|e| (self.line + (e.line() as u64).saturating_sub(1), reason(&e)))
    }
}

/// Calls `each` for every element of the list, which are slices of `text`.
pub(super) fn each(
    text: &str,
    list: &[&RawValue],
    rows: &mut Rows,
    mut each: impl FnMut(&mut Rows, Element<'_>),
) -> Result<(), ReadError> {
    let (mut line, mut offset) = (1, 0);
    for raw in list {
        let start = raw.get().as_ptr() as usize - text.as_ptr() as usize;
        line += line_at(&text.as_bytes()[offset..start]) - 1;
        offset = start;
        rows.seen()?;
        each(rows, Element { text: raw.get(), line });
    }
    Ok(())
}

/// Parses a whole document.
pub(super) fn document<'a, T: Deserialize<'a>>(path: &Path, text: &'a str) -> Result<T, ReadError> {
    serde_json::from_str(text).map_err(|e| {
        let bad = text.lines().nth(e.line().saturating_sub(1)).unwrap_or_default();
        let hint = if bad.contains("NaN") { " (JSON has no NaN)" } else { "" };
        ReadError::Syntax {
            file: path.into(),
            line: e.line() as u64,
            reason: format!("{}{hint}", reason(&e)),
        }
    })
}

fn reason(error: &serde_json::Error) -> String {
    if error.is_eof() {
        return "the JSON ends early: the file is truncated".into();
    }
    // Its own line is replaced by that of the file.
    let text = error.to_string();
    text.split(" at line ").next().unwrap_or(&text).to_owned()
}
