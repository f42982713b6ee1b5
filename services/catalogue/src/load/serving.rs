//! How an app's instances are reached, probed, drained.

use std::time::Duration;

use serde_saphyr::{Location, Spanned};

use super::Catalogue;
use crate::error::Problems;
use crate::section::{AddressEntry, AppEntry, ProbeEntry, ReleaseEntry, Section, Span, WordOr};
use crate::{AddressFrom, Deadlines, Probe, ReleaseIn};

/// Time to live of DNS names, where nothing is said.
const DNS_TTL: Duration = Duration::from_secs(5);
/// The largest time to live that makes sense for a name that follows a UE.
const MAX_DNS_TTL: Duration = Duration::from_secs(3600);
/// How long one probe may take, where nothing is said.
const PROBE_TIMEOUT: Duration = Duration::from_secs(2);
/// Deadlines, where nothing is said.
const DEADLINES: Deadlines = Deadlines {
    ready: Duration::from_secs(300),
    verify: Duration::from_secs(60),
    retire: Duration::from_secs(300),
};
/// What a template may hold.
const PLACEHOLDERS: [&str; 4] = ["site", "ingress", "release", "instance"];

pub(super) fn address(
    entry: Option<&Spanned<AddressEntry>>,
    path: &str,
    at: Location,
    problems: &mut Problems,
) -> Option<AddressFrom> {
    let one_of =
        "exactly one of `load_balancer: {port: …}`, `node_port: {}`, `pod_ip: {port: …}`, `template: …`";
    let Some(entry) = entry else {
        problems.field(path, at, format!("`address` is missing: say {one_of}"));
        return None;
    };
    let path = format!("{path}.address");
    let AddressEntry { load_balancer, node_port, pod_ip, template } = &entry.value;
    match (load_balancer, node_port, pod_ip, template) {
        (Some(p), None, None, None) => {
            port(p.port, AddressFrom::LoadBalancer { port: p.port }, &path, entry, problems)
        }
        (None, Some(node), None, None) => {
            Some(AddressFrom::NodePort { port_name: node.port_name.as_ref().map(|n| n.value.0.clone()) })
        }
        (None, None, Some(p), None) => {
            port(p.port, AddressFrom::PodIp { port: p.port }, &path, entry, problems)
        }
        (None, None, None, Some(text)) => {
            let path = format!("{path}.template");
            problems.ok(path, text.referenced, template_of(&text.value.0)).map(AddressFrom::Template)
        }
        _ => {
            problems.field(path, entry.referenced, format!("say {one_of}"));
            None
        }
    }
}

fn port(
    port: u16,
    address: AddressFrom,
    path: &str,
    entry: &Spanned<AddressEntry>,
    problems: &mut Problems,
) -> Option<AddressFrom> {
    if port == 0 {
        problems.field(format!("{path}.port"), entry.referenced, "0 is no port: 1 to 65535");
        return None;
    }
    Some(address)
}

fn template_of(text: &str) -> Result<String, String> {
    let mut rest = text;
    while let Some((_, after)) = rest.split_once('{') {
        let (name, tail) =
            after.split_once('}').ok_or_else(|| format!("`{text}`: a `{{` without its `}}`"))?;
        if !PLACEHOLDERS.contains(&name) {
            return Err(format!(
                "`{{{name}}}` is not known: {{site}}, {{ingress}}, {{release}}, {{instance}} are"
            ));
        }
        rest = tail;
    }
    let port = text.rsplit_once(':').map(|(_, port)| port.parse::<u16>());
    match port {
        Some(Ok(1..)) => Ok(text.to_owned()),
        _ => Err(format!("`{text}` does not end in a port: write `host:port`")),
    }
}

/// Apps that are reached through a site's ingress need each site to have one.
pub(super) fn ingress_addresses(section: &Section, catalogue: &Catalogue, problems: &mut Problems) {
    let without: Vec<_> =
        catalogue.sites.iter().filter(|s| s.ingress.is_none()).map(|s| s.id.as_str()).collect();
    if without.is_empty() {
        return;
    }
    let more = if without.len() > 10 { " …" } else { "" };
    for (index, (spec, entry)) in catalogue.apps.iter().zip(&section.apps.0.0).enumerate() {
        let needs = match &spec.address {
            AddressFrom::NodePort { .. } => true,
            AddressFrom::Template(text) => text.contains("{ingress}"),
            AddressFrom::LoadBalancer { .. } | AddressFrom::PodIp { .. } => false,
        };
        if needs {
            let named = without.iter().take(10).copied().collect::<Vec<_>>().join(", ");
            let reason = format!("needs the `ingress` of every site, and these have none: {named}{more}");
            let at = entry.value.address.as_ref().map_or(entry.referenced, |a| a.referenced);
            problems.field(format!("apps[{index}].address"), at, reason);
        }
    }
}

pub(super) fn probe(entry: &ProbeEntry, path: &str, problems: &mut Problems) -> Option<Probe> {
    let path = format!("{path}.probe");
    let url_path = match &entry.path {
        None => "/".to_owned(),
        Some(text) if is_url_path(&text.value.0) => text.value.0.clone(),
        Some(text) => {
            let reason = format!("`{}` is no path of a URL: it begins with `/`", text.value.0);
            problems.field(format!("{path}.path"), text.referenced, reason);
            return None;
        }
    };
    let timeout = positive(&entry.timeout, PROBE_TIMEOUT, &format!("{path}.timeout"), problems);
    let release = match &entry.release {
        None => Some(ReleaseIn::Nowhere),
        Some(entry) => problems.ok(format!("{path}.release"), entry.referenced, release(&entry.value)),
    };
    Some(Probe { path: url_path, timeout: timeout?, release: release? })
}

fn is_url_path(text: &str) -> bool {
    text.starts_with('/') && text.bytes().all(|b| b.is_ascii_graphic())
}

fn release(entry: &ReleaseEntry) -> Result<ReleaseIn, String> {
    let choices = "`body`, `nowhere`, `header: NAME` or `json_pointer: /…`";
    match entry {
        WordOr::Word(word) => match word.as_str() {
            "body" => Ok(ReleaseIn::Body),
            "nowhere" => Ok(ReleaseIn::Nowhere),
            other => Err(format!("`{other}`: say {choices}")),
        },
        WordOr::Map(map) => match (&map.header, &map.json_pointer) {
            (Some(name), None) if is_header_name(&name.0) => Ok(ReleaseIn::Header(name.0.clone())),
            (Some(name), None) => Err(format!("`{}` is no name of an HTTP header", name.0)),
            (None, Some(pointer)) if pointer.0.is_empty() || pointer.0.starts_with('/') => {
                Ok(ReleaseIn::JsonPointer(pointer.0.clone()))
            }
            (None, Some(pointer)) => Err(format!("`{}` is no JSON pointer: it begins with `/`", pointer.0)),
            (None, None) | (Some(_), Some(_)) => Err(format!("say one of {choices}")),
        },
    }
}

/// A token of RFC 9110 clause 5.6.2.
fn is_header_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b))
}

/// Time to live, drain and deadlines.
pub(super) fn times(
    app: &AppEntry,
    path: &str,
    problems: &mut Problems,
) -> Option<(Duration, Duration, Deadlines)> {
    let ttl = app.dns.ttl.as_ref().map_or(DNS_TTL, |t| t.value.0);
    let before = problems.0.len();
    if ttl.subsec_nanos() != 0 || ttl.is_zero() || ttl > MAX_DNS_TTL {
        let at = app.dns.ttl.as_ref().map_or(Location::UNKNOWN, |t| t.referenced);
        let reason = "a time to live is whole seconds (RFC 1035 clause 3.2.1), here 1s to 1h";
        problems.field(format!("{path}.dns.ttl"), at, reason);
    }
    let drain = app.drain.as_ref().map_or(2 * ttl, |d| d.value.0);
    if drain < 2 * ttl {
        let at = app.drain.as_ref().map_or(Location::UNKNOWN, |d| d.referenced);
        let reason = format!(
            "{drain:?} is less than twice the time to live ({ttl:?}): clients that still hold the old address would \
             lose it; write {:?} or more, or lower `dns.ttl`",
            2 * ttl
        );
        problems.field(format!("{path}.drain"), at, reason);
    }
    let entry = &app.deadlines;
    let mut deadline =
        |name: &str, given, default| positive(given, default, &format!("{path}.deadlines.{name}"), problems);
    let ready = deadline("ready", &entry.ready, DEADLINES.ready);
    let verify = deadline("verify", &entry.verify, DEADLINES.verify);
    let retire = deadline("retire", &entry.retire, DEADLINES.retire);
    let deadlines = Deadlines { ready: ready?, verify: verify?, retire: retire? };
    (problems.0.len() == before).then_some((ttl, drain, deadlines))
}

fn positive(
    entry: &Option<Spanned<Span>>,
    default: Duration,
    path: &str,
    problems: &mut Problems,
) -> Option<Duration> {
    match entry {
        Some(span) if span.value.0.is_zero() => {
            problems.field(path, span.referenced, "must be longer than nothing");
            None
        }
        Some(span) => Some(span.value.0),
        None => Some(default),
    }
}
