//! Tables of text: their lines, and the fields of a line (RFC 4180).
//!
//! A row is one line: a quote that is not closed costs its own row, not all that follow.

use std::borrow::Cow;
use std::path::Path;

use super::ReadError;

/// At most so many fields in one line.
const MAX_FIELDS: usize = 256;

/// The lines that say something, with their numbers: not empty, no comments.
pub(super) fn lines<'a>(
    path: &Path,
    text: &'a str,
) -> Result<impl Iterator<Item = (u64, &'a str)>, ReadError> {
    if text.contains('\r') && !text.contains('\n') {
        let reason = "lines end with CR only: save the file with LF or CRLF".to_owned();
        return Err(ReadError::Syntax { file: path.into(), line: 1, reason });
    }
    // `lines` takes CRLF as one line end.
    Ok((1u64..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty() && !line.starts_with('#')))
}

/// Why a line of these names is no header, if it is none: `example` is one.
pub(super) fn no_header(line: &str, names: &[String], example: &str) -> Option<String> {
    let shown = super::cut(line);
    if names.len() == 1 && (line.contains(';') || line.contains('\t')) {
        return Some(format!("`{shown}`: separate the fields by commas"));
    }
    let number = names.iter().any(|name| name.parse::<f64>().is_ok());
    number.then(|| format!("`{shown}` is no header; the first line names the columns: {example}"))
}

/// The fields of a line: separated by commas, white space around them dropped, quoted where they hold commas.
pub(super) fn fields(line: &str) -> Result<Vec<Cow<'_, str>>, String> {
    let (mut fields, mut rest) = (Vec::new(), Some(line));
    while let Some(text) = rest {
        if fields.len() == MAX_FIELDS {
            return Err(format!("more than {MAX_FIELDS} fields"));
        }
        let (field, after) = first(text)?;
        fields.push(field);
        rest = after;
    }
    Ok(fields)
}

/// The first field, and what follows its comma.
fn first(text: &str) -> Result<(Cow<'_, str>, Option<&str>), String> {
    let Some(quoted) = text.trim_start().strip_prefix('"') else {
        let (field, rest) = text.split_once(',').map_or((text, None), |(field, rest)| (field, Some(rest)));
        return Ok((field.trim().into(), rest));
    };
    let mut from = 0;
    let (field, rest) = loop {
        let (_, after) = quoted[from..].split_once('"').ok_or("a quote is not closed in its line")?;
        if !after.starts_with('"') {
            break (&quoted[..quoted.len() - after.len() - 1], after.trim_start());
        }
        from = quoted.len() - after.len() + 1;
    };
    let field = if field.contains('"') { field.replace("\"\"", "\"").into() } else { field.into() };
    match rest.strip_prefix(',') {
        Some(rest) => Ok((field, Some(rest))),
        None if rest.is_empty() => Ok((field, None)),
        None => Err("text between a closing quote and the next comma".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_hold_commas_and_quotes() {
        assert_eq!(
            fields("a, b ,,\"c, d\" , \"e \"\"f\"\"\",\"\"").expect("valid"),
            ["a", "b", "", "c, d", "e \"f\"", ""]
        );
        assert_eq!(fields("").expect("valid"), [""]);
        assert_eq!(fields("5\" pipe,").expect("valid"), ["5\" pipe", ""]);
        assert_eq!(fields("\"\"\"\"").expect("valid"), ["\""]);
    }

    #[test]
    fn what_is_broken_is_named() {
        for open in ["\"a,b", "a,\"", "\"a\"\"", "\""] {
            assert!(fields(open).expect_err(open).contains("not closed"), "{open}");
        }
        assert!(fields("\"a\" b,c").expect_err("text").contains("closing quote"));
        assert!(fields(&",".repeat(1 << 20)).expect_err("many").contains("256"));
    }
}
