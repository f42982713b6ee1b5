//! `users`: `all`, SUPIs, and ranges of IMSIs.

use model::{Supi, SupiRange, Users};
use serde_saphyr::{Location, Spanned};

use crate::error::Problems;
use crate::section::UsersEntry;

pub(super) fn load(entry: &Spanned<UsersEntry>, path: &str, problems: &mut Problems) -> Option<Users> {
    let texts = &entry.value.0;
    if let [only] = texts.as_slice()
        && only.value.0 == "all"
    {
        return Some(Users::All);
    }
    if texts.is_empty() {
        let reason = "is empty: list SUPIs (imsi-…) and ranges (imsi-FIRST-LAST), or write `all`";
        problems.field(path, entry.referenced, reason);
        return None;
    }
    let before = problems.0.len();
    let (mut supis, mut ranges) = (Vec::new(), Vec::new());
    for (index, text) in texts.iter().enumerate() {
        match one(&text.value.0) {
            Ok(One::Supi(supi)) => supis.push(supi),
            Ok(One::Range(range)) => ranges.push(range),
            Err(reason) => {
                // A single word has no place of its own.
                let own = text.referenced != Location::UNKNOWN;
                let at = if own { text.referenced } else { entry.referenced };
                problems.field(format!("{path}[{index}]"), at, reason);
            }
        }
    }
    (problems.0.len() == before).then_some(Users::Only { supis, ranges })
}

enum One {
    Supi(Supi),
    Range(SupiRange),
}

/// `imsi-FIRST-LAST` and `imsi-FIRST-imsi-LAST` are ranges; every other text is one SUPI.
fn one(text: &str) -> Result<One, String> {
    if text == "all" {
        return Err("`all` stands alone: write `users: all`".into());
    }
    let Some((first, last)) = text.strip_prefix("imsi-").and_then(|rest| rest.split_once('-')) else {
        return text.parse().map(One::Supi).map_err(|e: model::IdentError| e.to_string());
    };
    let last = last.strip_prefix("imsi-").unwrap_or(last);
    let imsi = |digits: &str| format!("imsi-{digits}").parse::<Supi>().map_err(|e| e.to_string());
    let (first, last) = (imsi(first)?, imsi(last)?);
    match (first.imsi(), last.imsi()) {
        (Some((from, width)), Some((to, other))) if width == other && from <= to => {
            Ok(One::Range(SupiRange { first, last }))
        }
        (Some((_, width)), Some((_, other))) if width != other => {
            Err(format!("the ends of a range need the same count of digits, not {width} and {other}"))
        }
        _ => Err("the first of a range must not be greater than the last".into()),
    }
}
