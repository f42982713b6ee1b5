//! Answers of Prometheus' HTTP API, version 1, to instant queries.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::value::RawValue;

/// The longest part of an error or warning that is repeated, in characters.
const SHOWN: usize = 300;

/// What a good answer has.
#[derive(Debug, PartialEq)]
pub(super) struct Answer {
    pub(super) samples: Vec<Sample>,
    /// What did not keep Prometheus from answering, on one line.
    pub(super) warnings: Option<String>,
}

/// One element of an instant vector.
#[derive(Debug, PartialEq)]
pub(super) struct Sample {
    pub(super) labels: BTreeMap<String, String>,
    /// None where it is no finite number: `NaN`, `+Inf`, `-Inf`, a histogram.
    pub(super) value: Option<f64>,
}

/// The envelope of every answer; errors have it too.
#[derive(Deserialize)]
struct Envelope<'a> {
    status: String,
    #[serde(borrow, default)]
    data: Option<&'a RawValue>,
    #[serde(default, rename = "errorType")]
    error_type: Option<String>,
    #[serde(default)]
    error: Option<String>,
    #[serde(default)]
    warnings: Option<Vec<String>>,
}

#[derive(Deserialize)]
struct Data<'a> {
    #[serde(rename = "resultType")]
    result_type: String,
    #[serde(borrow)]
    result: &'a RawValue,
}

#[derive(Deserialize)]
struct Element {
    metric: BTreeMap<String, String>,
    /// Unix time in seconds, and the value as a text: JSON has no `NaN`. Histograms stand in another member.
    #[serde(default)]
    value: Option<(f64, String)>,
}

/// Reads an answer.
///
/// # Errors
/// Prometheus' own words, or why this is no answer of it, for an operator.
pub(super) fn read(status: u16, body: &[u8]) -> Result<Answer, String> {
    let Ok(envelope) = serde_json::from_slice::<Envelope<'_>>(body) else {
        let text = shown(&String::from_utf8_lossy(&body[..body.len().min(4 * SHOWN)]));
        return Err(format!("answers {status} and no JSON of Prometheus' API: {text}"));
    };
    if envelope.status != "success" {
        let kind = envelope.error_type.unwrap_or_else(|| status.to_string());
        return Err(shown(&format!("{kind}: {}", envelope.error.unwrap_or_default())));
    }
    let data = envelope.data.map_or("null", RawValue::get);
    let no_data = |error: serde_json::Error| format!("answers no query result: {error}");
    let data: Data<'_> = serde_json::from_str(data).map_err(no_data)?;
    if data.result_type != "vector" {
        let kind = shown(&data.result_type);
        return Err(format!(
            "the query gives a {kind}: an instant vector is wanted, whose labels name the site"
        ));
    }
    let elements: Vec<Element> = serde_json::from_str(data.result.get()).map_err(no_data)?;
    let sample = |element: Element| {
        let value =
            element.value.and_then(|(_, text)| text.parse().ok()).filter(|value: &f64| value.is_finite());
        Sample { labels: element.metric, value }
    };
    let warnings = envelope.warnings.filter(|warnings| !warnings.is_empty());
    let warnings = warnings.map(|warnings| shown(&warnings.join("; ")));
    Ok(Answer { samples: elements.into_iter().map(sample).collect(), warnings })
}

fn shown(text: &str) -> String {
    text.chars()
        .take(SHOWN)
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect::<String>()
        .trim()
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_vector_is_read_with_its_odd_values_and_warnings() {
        // As Prometheus writes it, with a native histogram at the end.
        let body = br#"{"status":"success","data":{"resultType":"vector","result":[
            {"metric":{"__name__":"load","site":"north"},"value":[1435781451.781,"0.75"]},
            {"metric":{"site":"south"},"value":[1435781451.781,"NaN"]},
            {"metric":{"site":"east"},"value":[1435781451,"+Inf"]},
            {"metric":{},"histogram":[1435781451,{"count":"1","sum":"2","buckets":[]}]}]},
            "warnings":["remote read failed"],"infos":["metric might not be a counter"]}"#;
        let answer = read(200, body).expect("an answer");
        let values: Vec<_> = answer.samples.iter().map(|sample| sample.value).collect();
        assert_eq!(values, [Some(0.75), None, None, None]);
        assert_eq!(answer.samples[0].labels["site"], "north");
        assert_eq!(answer.warnings.as_deref(), Some("remote read failed"));
        let empty = br#"{"status":"success","data":{"resultType":"vector","result":[]}}"#;
        assert_eq!(read(200, empty), Ok(Answer { samples: Vec::new(), warnings: None }));
    }

    #[test]
    fn errors_are_told_in_the_words_of_prometheus() {
        let body = br#"{"status":"error","errorType":"bad_data","error":"invalid parameter \"query\": 1:1: parse error"}"#;
        assert_eq!(
            read(400, body).expect_err("an error"),
            "bad_data: invalid parameter \"query\": 1:1: parse error"
        );
        let refused = read(502, b"<html>Bad\x1b Gateway</html>").expect_err("no JSON");
        assert!(refused.contains("502") && refused.contains("Bad  Gateway"), "{refused}");
        let scalar = br#"{"status":"success","data":{"resultType":"scalar","result":[1435781451.781,"1"]}}"#;
        assert!(read(200, scalar).expect_err("no vector").contains("a scalar: an instant vector is wanted"));
        assert!(read(200, br#"{"status":"success"}"#).is_err());
    }
}
