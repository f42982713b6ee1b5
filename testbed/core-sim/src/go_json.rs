//! The error texts of Go's `encoding/json`: Free5GC hands them to its callers.

use serde_json::{Map, Value};

/// Nesting beyond which the search for the error gives up.
const MAX_DEPTH: usize = 256;

/// Parses JSON; the error is the text that Go would give.
pub(crate) fn parse(input: &[u8]) -> Result<Value, String> {
    serde_json::from_slice(input).map_err(|_| {
        let mut scan = Scan { input, at: 0, depth: 0 };
        match scan.document() {
            Err(text) => text,
            // What only serde_json refuses: numbers out of range, text that is not UTF-8.
            Ok(()) => "unexpected end of JSON input".to_owned(),
        }
    })
}

/// Parses a JSON object into what Go would decode as `model`; null decodes as the empty one.
pub(crate) fn object(input: &[u8], model: &str) -> Result<Map<String, Value>, String> {
    as_object(parse(input)?, &format!("Go value of type {model}"))
}

/// Takes an object apart from what is none; `target` is how Go names the place that it was meant for.
pub(crate) fn as_object(value: Value, target: &str) -> Result<Map<String, Value>, String> {
    let kind = match value {
        Value::Object(object) => return Ok(object),
        Value::Null => return Ok(Map::new()),
        Value::Bool(_) => "bool",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
    };
    Err(format!("json: cannot unmarshal {kind} into {target}"))
}

struct Scan<'a> {
    input: &'a [u8],
    at: usize,
    depth: usize,
}

type Found = Result<(), String>;

fn end<T>() -> Result<T, String> {
    Err("unexpected end of JSON input".to_owned())
}

fn invalid<T>(byte: u8, context: &str) -> Result<T, String> {
    let shown = match byte {
        b'\'' => "'\\''".to_owned(),
        b'"' => "'\"'".to_owned(),
        b'\\' => "'\\\\'".to_owned(),
        b'\n' => "'\\n'".to_owned(),
        b'\r' => "'\\r'".to_owned(),
        b'\t' => "'\\t'".to_owned(),
        0x20..=0x7e => format!("'{}'", char::from(byte)),
        0xa1..=0xac | 0xae..=0xff => format!("'{}'", char::from(byte)),
        other => format!("'\\x{other:02x}'"),
    };
    Err(format!("invalid character {shown} {context}"))
}

impl Scan<'_> {
    fn document(&mut self) -> Found {
        self.value()?;
        match self.next_after_space() {
            Some(byte) => invalid(byte, "after top-level value"),
            None => Ok(()),
        }
    }

    fn bump(&mut self) -> Option<u8> {
        let byte = self.input.get(self.at).copied();
        self.at += usize::from(byte.is_some());
        byte
    }

    fn peek(&self) -> Option<u8> {
        self.input.get(self.at).copied()
    }

    fn next_after_space(&mut self) -> Option<u8> {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\r' | b'\n')) {
            self.at += 1;
        }
        self.bump()
    }

    fn value(&mut self) -> Found {
        match self.next_after_space() {
            Some(byte) => self.value_from(byte),
            None => end(),
        }
    }

    fn value_from(&mut self, first: u8) -> Found {
        match first {
            b'{' | b'[' => {
                self.depth += 1;
                if self.depth > MAX_DEPTH {
                    return Err("exceeded max depth".to_owned());
                }
                let found = if first == b'{' { self.object() } else { self.array() };
                self.depth -= 1;
                found
            }
            b'"' => self.string(),
            b't' => self.literal("true"),
            b'f' => self.literal("false"),
            b'n' => self.literal("null"),
            b'-' | b'0'..=b'9' => self.number(first),
            byte => invalid(byte, "looking for beginning of value"),
        }
    }

    fn object(&mut self) -> Found {
        let mut first = true;
        loop {
            match self.next_after_space() {
                Some(b'}') if first => return Ok(()),
                Some(b'"') => self.string()?,
                Some(byte) => return invalid(byte, "looking for beginning of object key string"),
                None => return end(),
            }
            first = false;
            match self.next_after_space() {
                Some(b':') => self.value()?,
                Some(byte) => return invalid(byte, "after object key"),
                None => return end(),
            }
            match self.next_after_space() {
                Some(b',') => {}
                Some(b'}') => return Ok(()),
                Some(byte) => return invalid(byte, "after object key:value pair"),
                None => return end(),
            }
        }
    }

    fn array(&mut self) -> Found {
        let mut first = true;
        loop {
            match self.next_after_space() {
                Some(b']') if first => return Ok(()),
                Some(byte) => self.value_from(byte)?,
                None => return end(),
            }
            first = false;
            match self.next_after_space() {
                Some(b',') => {}
                Some(b']') => return Ok(()),
                Some(byte) => return invalid(byte, "after array element"),
                None => return end(),
            }
        }
    }

    fn string(&mut self) -> Found {
        loop {
            match self.bump() {
                Some(b'"') => return Ok(()),
                Some(b'\\') => match self.bump() {
                    Some(b'b' | b'f' | b'n' | b'r' | b't' | b'\\' | b'/' | b'"') => {}
                    Some(b'u') => {
                        for _ in 0..4 {
                            match self.bump() {
                                Some(byte) if byte.is_ascii_hexdigit() => {}
                                Some(byte) => return invalid(byte, "in \\u hexadecimal character escape"),
                                None => return end(),
                            }
                        }
                    }
                    Some(byte) => return invalid(byte, "in string escape code"),
                    None => return end(),
                },
                Some(byte) if byte < 0x20 => return invalid(byte, "in string literal"),
                Some(_) => {}
                None => return end(),
            }
        }
    }

    fn literal(&mut self, word: &str) -> Found {
        for expected in word.bytes().skip(1) {
            match self.bump() {
                Some(byte) if byte == expected => {}
                Some(byte) => {
                    let context = format!("in literal {word} (expecting '{}')", char::from(expected));
                    return invalid(byte, &context);
                }
                None => return end(),
            }
        }
        Ok(())
    }

    fn digits(&mut self, context: &str) -> Found {
        match self.bump() {
            Some(b'0'..=b'9') => {}
            Some(byte) => return invalid(byte, context),
            None => return end(),
        }
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        Ok(())
    }

    fn number(&mut self, first: u8) -> Found {
        let leading = if first == b'-' { self.peek() } else { Some(first) };
        if first == b'-' {
            if leading == Some(b'0') {
                self.at += 1;
            } else {
                self.digits("in numeric literal")?;
            }
        } else if first != b'0' {
            while matches!(self.peek(), Some(b'0'..=b'9')) {
                self.at += 1;
            }
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digits("after decimal point in numeric literal")?;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            self.digits("in exponent of numeric literal")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::parse;

    fn text(input: &str) -> String {
        parse(input.as_bytes()).expect_err("input is broken")
    }

    #[test]
    fn broken_documents_get_the_texts_of_go() {
        let key = "looking for beginning of object key string";
        assert_eq!(text("{bad json"), format!("invalid character 'b' {key}"));
        assert_eq!(text("{\"a\":1,}"), format!("invalid character '}}' {key}"));
        assert_eq!(text("{\"a\" 1}"), "invalid character '1' after object key");
        assert_eq!(text("{\"a\":1 2}"), "invalid character '2' after object key:value pair");
        assert_eq!(text("[1 2]"), "invalid character '2' after array element");
        assert_eq!(text("[1,]"), "invalid character ']' looking for beginning of value");
        assert_eq!(text("{} x"), "invalid character 'x' after top-level value");
        assert_eq!(text("trve"), "invalid character 'v' in literal true (expecting 'u')");
        assert_eq!(text("\"a\nb\""), "invalid character '\\n' in string literal");
        assert_eq!(text("-x"), "invalid character 'x' in numeric literal");
        assert_eq!(text("1.x"), "invalid character 'x' after decimal point in numeric literal");
        assert_eq!(text("\"\\q\""), "invalid character 'q' in string escape code");
    }

    #[test]
    fn truncated_and_empty_documents_end_unexpectedly() {
        for input in ["", " ", "{", "[", "{\"a\"", "{\"a\":", "\"abc", "tru", "-", "1e", "\"\\u12"] {
            assert_eq!(text(input), "unexpected end of JSON input", "{input:?}");
        }
    }

    #[test]
    fn nesting_without_end_is_refused() {
        assert_eq!(text(&"[".repeat(100_000)), "exceeded max depth");
    }
}
