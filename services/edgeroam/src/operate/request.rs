//! A command as it is posted.

use std::time::Duration;

use model::{Ask, OperatorCommand, Timestamp};
use serde::Deserialize;
use uuid::Uuid;

/// Who asks where nobody is named.
const NOBODY: &str = "admin port";
/// So far may the clock of whoever asks be ahead of ours.
const AHEAD: Duration = Duration::from_secs(300);

/// [`OperatorCommand`], of which only `ask` must be given.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Request {
    id: Option<Uuid>,
    at: Option<Timestamp>,
    by: Option<String>,
    reason: Option<String>,
    ask: Ask,
}

impl Request {
    /// Reads it at this time.
    ///
    /// # Errors
    /// Says what is wrong with it.
    pub(super) fn read(body: &[u8], now: Timestamp) -> Result<OperatorCommand, String> {
        let request: Self = serde_json::from_slice(body).map_err(|e| e.to_string())?;
        let command = OperatorCommand {
            id: request.id.unwrap_or_else(Uuid::new_v4),
            at: request.at.unwrap_or(now),
            by: request.by.unwrap_or_else(|| NOBODY.into()),
            reason: request.reason,
            ask: request.ask,
        };
        if command.at > now.plus(AHEAD) {
            return Err(format!("`at` is {}, and here it is {now}: set the clocks", command.at));
        }
        command.problem().map_or(Ok(command), Err)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<OperatorCommand, String> {
        Request::read(text.as_bytes(), Timestamp::from_micros(1_000_000_000))
    }

    #[test]
    fn what_is_not_given_is_filled_in() {
        let drain = r#""ask":{"drain":{"site":"north"}}"#;
        let command = read(&format!("{{{drain}}}")).expect("a command");
        assert_eq!((command.at.as_micros(), &*command.by), (1_000_000_000, NOBODY));
        let other = read(&format!("{{{drain}}}")).expect("a command");
        assert_ne!(command.id, other.id, "each is one of its own");
        let id = "0197a5a0-0000-7000-8000-000000000001";
        let whole = read(&format!(r#"{{"id":"{id}","at":7,"by":"ann","reason":"disks",{drain}}}"#));
        let whole = whole.expect("a command");
        assert_eq!((whole.id.to_string().as_str(), whole.at.as_micros()), (id, 7));
    }

    #[test]
    fn what_is_no_command_is_refused_with_its_reason() {
        for (text, reason) in [
            ("", "EOF"),
            ("{}", "`ask`"),
            (r#"{"ask":{"sink":{"site":"a"}}}"#, "sink"),
            (r#"{"ask":{"drain":{"site":"a b"}}}"#, "a b"),
            (r#"{"ask":{"thaw":{}},"who":"ann"}"#, "`who`"),
            (r#"{"ask":{"thaw":{}},"by":"a\u001bb"}"#, "control characters"),
            (r#"{"ask":{"thaw":{}},"at":9000000000000}"#, "set the clocks"),
        ] {
            let refused = read(text).expect_err("no command");
            assert!(refused.contains(reason), "{text}: {refused}");
        }
    }
}
