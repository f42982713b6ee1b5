//! Reports of quality as they are posted.

use std::time::Duration;

use catalogue::{Names, Unknown};
use http::StatusCode;
use model::{Measured, QosReport, QosSource, ReportedAt, Timestamp};
use runtime::problem::Problem;
use serde_json::value::RawValue;

use super::members::{Members, bad};

/// So far may the clock of whoever reports be ahead of ours.
pub(super) const AHEAD: Duration = Duration::from_secs(300);

/// Reads one report, or an array of at most so many, which came now. One that is wrong refuses all.
///
/// # Errors
/// 400 names the member and what is wrong with it, and for a site or an app those that there are.
pub(super) fn read(
    body: &[u8],
    most: usize,
    names: &Names,
    now: Timestamp,
) -> Result<Vec<QosReport>, Problem> {
    let whole = |error: serde_json::Error| bad("", "a report or an array of reports is wanted", &error);
    if body.trim_ascii_start().first() != Some(&b'[') {
        let one: &RawValue = serde_json::from_slice(body).map_err(whole)?;
        return Ok(vec![report(one, String::new(), names, now)?]);
    }
    let all: Vec<&RawValue> = serde_json::from_slice(body).map_err(whole)?;
    if all.is_empty() || all.len() > most {
        let why = format!("{} reports: 1 to {most} are taken at once", all.len());
        return Err(Problem::new(StatusCode::BAD_REQUEST, why).at(""));
    }
    all.into_iter().enumerate().map(|(at, one)| report(one, format!("/{at}"), names, now)).collect()
}

fn report(text: &RawValue, at: String, names: &Names, now: Timestamp) -> Result<QosReport, Problem> {
    let mut members = Members::of(text.get(), at)?;
    let report = QosReport {
        supi: members.need("supi")?,
        app: members.take("app")?,
        site: members.take("site")?,
        observed_at: now,
        reported_at: members.take("reported_at")?,
        source: QosSource::App,
        measured: Measured {
            rtt_us: members.take("rtt_us")?,
            jitter_us: members.take("jitter_us")?,
            loss: members.take("loss")?,
            ul_delay_us: members.take("ul_delay_us")?,
            dl_delay_us: members.take("dl_delay_us")?,
            ..Measured::default()
        },
    };
    members.end()?;
    let unknown =
        |name: &str, unknown: Unknown| members.refuse(name, unknown.to_string()).with_known(unknown.known);
    report.app.as_ref().map_or(Ok(()), |app| names.app(app)).map_err(|error| unknown("app", error))?;
    report.site.as_ref().map_or(Ok(()), |site| names.site(site)).map_err(|error| unknown("site", error))?;
    if report.reported_at.is_some_and(|at| at > ReportedAt::from_micros(now.plus(AHEAD).as_micros())) {
        return Err(members
            .refuse("reported_at", format!("`reported_at` is ahead, here it is {now}: set the clocks")));
    }
    report.problem().map_or(Ok(report), |why| Err(members.refuse_named(why)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_micros(1_000_000_000);

    fn read(text: &str) -> Result<Vec<QosReport>, String> {
        let names = Names {
            sites: vec!["north".parse().expect("valid"), "south".parse().expect("valid")],
            apps: vec!["echo".parse().expect("valid")],
        };
        super::read(text.as_bytes(), 3, &names, NOW).map_err(|problem| problem.response().into_body())
    }

    #[test]
    fn one_report_or_several_are_read_with_what_is_given() {
        let one = r#"{"supi":"imsi-208930000000003","rtt_us":18500}"#;
        let read_one = read(one).expect("a report");
        assert_eq!((read_one.len(), read_one[0].observed_at, read_one[0].source), (1, NOW, QosSource::App));
        let whole = r#"{"supi":"nai-a@b","app":"echo","site":"south","reported_at":7,"rtt_us":1,"jitter_us":2,"loss":0.25,
            "ul_delay_us":3,"dl_delay_us":4}"#;
        let both = read(&format!(" [{one},{whole}]")).expect("two reports");
        assert_eq!((both.len(), both[1].measured.loss), (2, Some(0.25)));
        assert_eq!(both[1].reported_at, Some(ReportedAt::from_micros(7)));
    }

    #[test]
    fn what_is_no_report_is_refused_with_the_member_that_is_wrong() {
        let supi = r#""supi":"imsi-208930000000003""#;
        for (text, pointer, reason) in [
            (String::new(), "#", "wanted"),
            ("[]".into(), "#", "1 to 3"),
            ("7".into(), "#", "object"),
            ("[{},{},{},{}]".into(), "#", "4 reports"),
            ("{}".into(), "#/supi", "missing"),
            (r#"{"supi":"208930000000003"}"#.into(), "#/supi", "imsi-"),
            (format!("{{{supi}}}"), "#", "nothing is measured"),
            (format!(r#"[{{{supi},"rtt_us":1}},{{{supi},"rtt_us":-1}}]"#), "#/1/rtt_us", "expected u32"),
            (format!(r#"{{{supi},"rtt_us":1.5}}"#), "#/rtt_us", "expected u32"),
            (format!(r#"{{{supi},"loss":1.5}}"#), "#/loss", "between 0 and 1"),
            (format!(r#"{{{supi},"rtt_us":90000000}}"#), "#/rtt_us", "a minute"),
            (format!(r#"{{{supi},"rtt_us":1,"app":"eco"}}"#), "#/app", "there are echo"),
            (format!(r#"{{{supi},"rtt_us":1,"site":"nroth"}}"#), "#/site", "there are north, south"),
            (
                format!(r#"{{{supi},"rtt_us":1,"reported_at":9000000000000}}"#),
                "#/reported_at",
                "set the clocks",
            ),
            (format!(r#"{{{supi},"rtt_us":1,"guaranteed":true}}"#), "#/guaranteed", "unknown"),
            (
                format!(r#"{{{supi},"rtt_us":{}1{}}}"#, "[".repeat(5_000), "]".repeat(5_000)),
                "#/rtt_us",
                "expected u32",
            ),
        ] {
            let refused = read(&text).expect_err("no report");
            assert!(refused.contains(&format!("\"{pointer}\"")), "{text}: {refused}");
            assert!(refused.contains(reason), "{text}: {refused}");
        }
    }
}
