//! JSON bodies as Go reads them.

use serde_json::Value;

use crate::refusal::Refusal;

/// How deep a body may nest, which serde_json enforces by itself at 128; EMCO's own bodies have six levels.
const MAX_DEPTH: usize = 32;

/// Parses a body.
///
/// # Errors
/// 400 for an empty body, 422 for anything that is no JSON, in the words of Go's decoder.
pub(crate) fn parse(body: &[u8]) -> Result<Value, Refusal> {
    if body.iter().all(u8::is_ascii_whitespace) {
        return Err(Refusal::bad_request("Empty body"));
    }
    let mut documents = serde_json::Deserializer::from_slice(body).into_iter::<Value>();
    let value = match documents.next() {
        Some(Ok(value)) => value,
        Some(Err(error)) => return Err(Refusal::unprocessable(complaint(body, &error))),
        None => return Err(Refusal::bad_request("Empty body")),
    };
    if depth(&value) > MAX_DEPTH {
        return Err(Refusal::unprocessable("exceeded max depth"));
    }
    Ok(value)
}

fn depth(value: &Value) -> usize {
    match value {
        Value::Object(members) => 1 + members.values().map(depth).max().unwrap_or(0),
        Value::Array(items) => 1 + items.iter().map(depth).max().unwrap_or(0),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => 0,
    }
}

/// What Go's decoder says of the same fault.
fn complaint(body: &[u8], error: &serde_json::Error) -> String {
    if error.is_eof() {
        return "unexpected EOF".into();
    }
    let found = offending(body, error);
    let text = error.to_string();
    let place = [
        ("key must be a string", "looking for beginning of object key string"),
        ("trailing comma", "looking for beginning of object key string"),
        ("expected `:`", "after object key"),
        ("expected `,` or `}`", "after object key:value pair"),
        ("expected `,` or `]`", "after array element"),
        ("control character", "in string literal"),
        ("invalid escape", "in string escape code"),
    ];
    let place = place.iter().find(|(ours, _)| text.starts_with(ours));
    let place = place.map_or("looking for beginning of value", |(_, theirs)| theirs);
    format!("invalid character '{found}' {place}")
}

fn offending(body: &[u8], error: &serde_json::Error) -> char {
    let line = body.split(|byte| *byte == b'\n').nth(error.line().saturating_sub(1)).unwrap_or_default();
    line.get(error.column().saturating_sub(1)).copied().map_or('?', char::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(body: &str) -> (u16, String) {
        let refusal = parse(body.as_bytes()).unwrap_err();
        (refusal.status, refusal.text)
    }

    #[test]
    fn faults_are_told_as_by_go() {
        assert_eq!(refused(" \n"), (400, "Empty body".into()));
        assert_eq!(
            refused("{bad"),
            (422, "invalid character 'b' looking for beginning of object key string".into())
        );
        assert_eq!(refused("{\"a\""), (422, "unexpected EOF".into()));
        assert_eq!(refused("x"), (422, "invalid character 'x' looking for beginning of value".into()));
        assert_eq!(refused("{\"a\" 1}"), (422, "invalid character '1' after object key".into()));
    }

    #[test]
    fn only_the_first_document_counts() {
        assert_eq!(parse(b"{} trailing").unwrap(), serde_json::json!({}));
    }

    #[test]
    fn depth_is_bounded() {
        let body = format!("{}{}", "[".repeat(100), "]".repeat(100));
        assert_eq!(refused(&body).0, 422);
    }
}
