//! The fields of a line of a table (RFC 4180).
//!
//! A row is one line: a quote that is not closed costs its own row, not all that follow.

use std::borrow::Cow;

/// At most so many fields in one line.
const MAX_FIELDS: usize = 256;

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
