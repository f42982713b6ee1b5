//! Events as lines for people.

use serde::de::DeserializeOwned;

use crate::Kind;
use crate::data::{
    Completed, Decided, Failed, Fenced, Instance, Ordered, Progress, SiteStatus, UeChange, UeLocation, UeQos,
    Undone,
};

/// One event as a line for people; what cannot be read is shown as it is.
pub fn line(kind: Kind, data: &[u8]) -> String {
    let line = match kind {
        Kind::UeLocation => read(data).map(|e| location(&e)),
        Kind::UeQos => read(data).map(|e: UeQos| format!("{}  qos       {}", e.observed_at, e.ue)),
        Kind::SiteStatus => {
            read(data).map(|e: SiteStatus| format!("site      {}  {}", e.site, word(&e.condition)))
        }
        Kind::Decided => read(data).map(|e| decided(&e)),
        Kind::Ordered => read(data).map(|e: Ordered| {
            let (from, to) = (or_dash(e.source.as_ref()), or_dash(e.target.as_ref()));
            let what = format!("{}  {from} -> {to}", word(&e.trigger));
            format!("{}  order     {}/{}  {what}", e.decided_at, e.app, e.instance)
        }),
        Kind::Progress => read(data).map(|e: Progress| {
            let reason = e.reason.map_or_else(String::new, |reason| format!(": {reason}"));
            format!("{}  saga      {}/{}  {}{reason}", e.at, e.app, e.instance, word(&e.state))
        }),
        Kind::Completed => read(data).map(|e: Completed| {
            let what = match &e.serving {
                Some(at) => format!("completed in {} ms: serves at {} ({})", e.took_ms, at.site, at.address),
                None => format!("let go in {} ms", e.took_ms),
            };
            format!("{}  saga      {}/{}  {what}", e.at, e.app, e.instance)
        }),
        Kind::Undone => read(data)
            .map(|e: Undone| format!("{}  saga      {}/{}  undone: {}", e.at, e.app, e.instance, e.reason)),
        Kind::Failed => read(data).map(|e: Failed| {
            let what = format!("FAILED, an operator is needed: {}", e.reason);
            format!("{}  saga      {}/{}  {what}", e.at, e.app, e.instance)
        }),
        Kind::Fenced => read(data).map(|e: Fenced| {
            format!("{}  saga      {}/{}  fenced by generation {}", e.at, e.app, e.instance, e.newest)
        }),
        Kind::Instance => read(data).map(|e: Instance| {
            let at = e.serving.map_or_else(|| "nowhere".into(), |at| format!("{} ({})", at.site, at.address));
            format!("{}  instance  {}/{}  serves {at}", e.at, e.app, e.instance)
        }),
    };
    line.unwrap_or_else(|| String::from_utf8_lossy(data).into_owned())
}

fn read<T: DeserializeOwned>(data: &[u8]) -> Option<T> {
    serde_json::from_slice(data).ok()
}

fn location(event: &UeLocation) -> String {
    let what = match event.change {
        UeChange::Location => {
            let (nr, lte) = (event.ncgi.as_ref(), event.ecgi.as_ref());
            let cell =
                nr.map(|c| format!("cell {}-{}-{}", c.plmn_id.mcc, c.plmn_id.mnc, c.nr_cell_id)).or_else(
                    || lte.map(|c| format!("cell {}-{}-{}", c.plmn_id.mcc, c.plmn_id.mnc, c.eutra_cell_id)),
                );
            cell.unwrap_or_else(|| "no cell".into())
        }
        UeChange::Idle => "idle".into(),
        UeChange::Connected => "connected".into(),
        UeChange::Gone => "gone".into(),
    };
    format!("{}  ue        {}  {what}", event.observed_at, event.supi.as_ref().unwrap_or(&event.ue))
}

fn decided(event: &Decided) -> String {
    let (from, to) = (or_dash(event.source.as_ref()), or_dash(event.target.as_ref()));
    format!(
        "{}  decision  {}/{}  {}  {} {}  {from} -> {to}  {}",
        event.at,
        event.app,
        event.instance,
        event.supi.as_ref().unwrap_or(&event.ue),
        word(&event.trigger),
        word(&event.verdict),
        event.explanation.rule.0,
    )
}

/// A word as it stands in JSON.
fn word(value: &impl serde::Serialize) -> String {
    serde_json::to_value(value).ok().and_then(|v| v.as_str().map(str::to_owned)).unwrap_or_default()
}

fn or_dash(site: Option<&String>) -> &str {
    site.map_or("-", String::as_str)
}
