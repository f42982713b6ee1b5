//! Text in headers.

use std::borrow::Cow;

use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};

/// What CloudEvents' HTTP binding (3.1.3.2) encodes; our own headers follow it. Beyond ASCII everything is encoded.
const HEADER: &AsciiSet = &CONTROLS.add(b' ').add(b'"').add(b'%');

/// Text as a header's value.
pub(super) fn encode(text: &str) -> Cow<'_, str> {
    utf8_percent_encode(text, HEADER).into()
}

/// The text of a header's value; what is no UTF-8 is replaced.
pub(super) fn decode(value: &str) -> Cow<'_, str> {
    percent_decode_str(value).decode_utf8_lossy()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_survives_a_header() {
        for text in ["", "plain", "a b\r\nc", "50%", "\"quoted\"", "Zoë 🚗", " ends "] {
            let encoded = encode(text);
            assert!(encoded.bytes().all(|byte| byte.is_ascii_graphic()), "{encoded}");
            assert_eq!(decode(&encoded), text);
        }
    }
}
