//! The load of a site as it is put.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::SignedDuration;
use model::{SiteId, SiteLoad, SiteSource, Timestamp};
use runtime::problem::Problem;

use super::members::Members;
use super::qos::AHEAD;

/// Reads what was put for this site, which came now; valid for `valid_for` where it does not say.
///
/// # Errors
/// 400 names the member and what is wrong with it.
pub(super) fn read(
    body: &[u8],
    site: SiteId,
    valid_for: Duration,
    now: Timestamp,
) -> Result<SiteLoad, Problem> {
    let text = std::str::from_utf8(body).unwrap_or_default();
    let mut members = Members::of(text, String::new())?;
    let at: Timestamp = members.take("at")?.unwrap_or(now);
    let load = members.need("load")?;
    let valid_for = match members.take::<String>("valid_for")? {
        Some(text) => {
            let span = text.parse().ok().and_then(|span: SignedDuration| Duration::try_from(span).ok());
            span.ok_or_else(|| members.refuse("valid_for", "`valid_for` is a time as `30s` or `2m`"))?
        }
        None => valid_for,
    };
    let resources: Option<BTreeMap<String, f64>> = members.take("resources")?;
    members.end()?;
    if at > now.plus(AHEAD) {
        return Err(members.refuse("at", format!("`at` is {at}, and here it is {now}: set the clocks")));
    }
    if valid_for.is_zero() || valid_for > SiteLoad::LONGEST_VALID {
        return Err(members.refuse("valid_for", "`valid_for` must be over zero and 24 hours at most"));
    }
    let (source, resources) = (SiteSource::Metrics, resources.unwrap_or_default());
    let load = SiteLoad { site, source, at, load, valid_until: at.plus(valid_for), resources };
    load.problem().map_or(Ok(load), |why| Err(members.refuse_named(why)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_micros(1_000_000_000);

    fn read(text: &str) -> Result<SiteLoad, String> {
        let site = "north".parse().expect("valid");
        super::read(text.as_bytes(), site, Duration::from_secs(60), NOW)
            .map_err(|problem| problem.response().into_body())
    }

    #[test]
    fn what_is_not_given_is_filled_in() {
        let load = read(r#"{"load":0.7}"#).expect("a load");
        assert_eq!((load.load, load.at, load.valid_until.since(NOW)), (0.7, NOW, Duration::from_secs(60)));
        let load = read(r#"{"load":1,"at":999000000,"valid_for":"30s","resources":{"cpu":1,"memory":0.4}}"#);
        let load = load.expect("a load");
        assert_eq!((load.valid_until.as_micros(), load.resources.len()), (1_029_000_000, 2));
    }

    #[test]
    fn what_is_no_load_is_refused_with_the_member_that_is_wrong() {
        for (text, pointer, reason) in [
            ("", "#", "object"),
            ("{}", "#/load", "missing"),
            (r#"{"load":"70%"}"#, "#/load", "expected f64"),
            (r#"{"load":-1}"#, "#/load", "share"),
            (r#"{"load":1,"valid_for":"soon"}"#, "#/valid_for", "`30s`"),
            (r#"{"load":1,"valid_for":"0s"}"#, "#/valid_for", "over zero"),
            (r#"{"load":1,"valid_for":"48h"}"#, "#/valid_for", "24 hours"),
            (r#"{"load":1,"resources":{"cpu":-1}}"#, "#/resources/cpu", "share"),
            (r#"{"load":1,"at":9000000000000}"#, "#/at", "set the clocks"),
            (r#"{"load":1,"site":"north"}"#, "#/site", "unknown"),
        ] {
            let refused = read(text).expect_err("no load");
            assert!(refused.contains(&format!("\"{pointer}\"")), "{text}: {refused}");
            assert!(refused.contains(reason), "{text}: {refused}");
        }
    }
}
