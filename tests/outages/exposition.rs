//! What `/metrics` says, held to one rule.

use std::path::Path;

/// A sample line: its name, its labels and its value.
type Sample<'a> = (&'a str, Vec<(&'a str, &'a str)>, &'a str);

/// The metrics of the `edgeroam all` that writes this log.
pub(crate) async fn scrape(folder: &Path) -> String {
    let log = super::log(folder);
    let address = log.split_once("admin=").and_then(|(_, rest)| rest.split_whitespace().next());
    let url = format!("http://{}/metrics", address.expect("the log names the admin port"));
    // A second installation only says that there is a provider already.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    reqwest::get(url).await.unwrap().text().await.unwrap()
}

/// The lines that break the rule: names are `edgeroam_<service>_…`, also of what has not been counted yet; label
/// values are words, and only the limits of buckets are numbers.
pub(crate) fn offences(text: &str) -> Vec<&str> {
    let named = |line: &str| match line.strip_prefix("# TYPE ") {
        Some(rest) => rest.split(' ').next().is_some_and(is_name),
        None => line.starts_with('#') || sample(line).is_some_and(|sample| is_regular(&sample)),
    };
    text.lines().filter(|line| !named(line)).collect()
}

/// Values of all samples of this name.
pub(crate) fn values(text: &str, name: &str) -> Vec<f64> {
    let of_name = samples(text).filter_map(sample).filter(|(of, _, _)| *of == name);
    of_name.filter_map(|(_, _, value)| value.parse().ok()).collect()
}

fn is_name(name: &str) -> bool {
    let services = ["subscriber_", "decider_", "executor_"];
    let rest = name
        .strip_prefix("edgeroam_")
        .and_then(|name| services.iter().find_map(|service| name.strip_prefix(service)));
    rest.is_some_and(model::is_label_value)
}

fn is_regular((name, labels, value): &Sample<'_>) -> bool {
    let is_label = |(key, value): &(&str, &str)| {
        model::is_label_value(key) && (model::is_label_value(value) || (*key == "le" && is_number(value)))
    };
    is_name(name) && labels.iter().all(is_label) && is_number(value)
}

fn samples(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter(|line| !line.starts_with('#'))
}

fn sample(line: &str) -> Option<Sample<'_>> {
    let (series, value) = line.rsplit_once(' ')?;
    let Some((name, labels)) = series.split_once('{') else { return Some((series, Vec::new(), value)) };
    let labels = labels.strip_suffix('}')?.split(',').map(|label| {
        let (key, value) = label.split_once('=')?;
        Some((key, value.strip_prefix('"')?.strip_suffix('"')?))
    });
    Some((name, labels.collect::<Option<_>>()?, value))
}

fn is_number(text: &str) -> bool {
    text == "+Inf" || text.parse::<f64>().is_ok()
}
