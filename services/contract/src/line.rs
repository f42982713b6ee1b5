//! Events as lines for people.

mod cell;
mod decided;
mod outcome;
mod site;

pub use decided::guard_in_words;

use serde::de::DeserializeOwned;

use crate::v1::{CmState, Instance, RelocationOrdered, Trigger, UeChange, UeLocation, UeQos};
use crate::{Kind, Time};

/// One event's data as a line for people. Data that is not of the kind's type is told as such.
pub fn line(kind: Kind, data: &[u8]) -> String {
    match kind {
        Kind::UeLocation => parsed(data, location),
        Kind::UeQos => parsed(data, qos),
        Kind::SiteStatus => parsed(data, site::line),
        Kind::Decided => parsed(data, decided::line),
        Kind::Ordered => parsed(data, ordered),
        Kind::Progress => parsed(data, outcome::progress),
        Kind::Completed => parsed(data, outcome::completed),
        Kind::Undone => parsed(data, outcome::undone),
        Kind::Failed => parsed(data, outcome::failed),
        Kind::Fenced => parsed(data, outcome::fenced),
        Kind::Instance => parsed(data, instance),
    }
}

fn parsed<T: DeserializeOwned>(data: &[u8], show: fn(&T) -> String) -> String {
    match serde_json::from_slice(data) {
        Ok(value) => show(&value),
        Err(error) => format!("unreadable event: {error}"),
    }
}

fn location(event: &UeLocation) -> String {
    let what = match &event.change {
        UeChange::Location => {
            let cell = cell::cell(event.ncgi.as_ref(), event.ecgi.as_ref());
            let tai = event.tai.as_ref().map_or_else(String::new, |tai| format!("  tai {}", cell::tai(tai)));
            format!("cell {}{tai}", cell.as_deref().unwrap_or("unknown"))
        }
        UeChange::Connectivity => match &event.cm_state {
            Some(CmState::Idle) => "idle".to_owned(),
            Some(CmState::Connected) => "connected".to_owned(),
            Some(state @ CmState::Other(_)) => state.as_str().to_owned(),
            None => "connectivity changed".to_owned(),
        },
        UeChange::Deregistered => "gone".to_owned(),
        change @ UeChange::Other(_) => change.as_str().to_owned(),
    };
    format!("{}  ue        {}  {what}", at(event.observed_at), who(&event.ue, event.supi.as_deref()))
}

fn qos(event: &UeQos) -> String {
    let quality = &event.quality;
    let mut what: Vec<String> = quality.notif_type.iter().map(|word| word.as_str().to_owned()).collect();
    for (name, delays) in [("ul", &quality.ul_delays), ("dl", &quality.dl_delays), ("rt", &quality.rt_delays)]
    {
        let delays: Vec<_> = delays.iter().map(ToString::to_string).collect();
        if !delays.is_empty() {
            what.push(format!("{name} {} ms", delays.join(" ")));
        }
    }
    what.extend(quality.jitter.map(|jitter| format!("jitter {jitter} ms")));
    what.extend(quality.plr.map(|tenths| format!("loss {}.{} %", tenths / 10, tenths % 10)));
    let rates = [("ul", &quality.ul_data_rate), ("dl", &quality.dl_data_rate)];
    what.extend(rates.into_iter().filter_map(|(name, rate)| Some(format!("{name} {}", rate.as_ref()?))));
    what.extend(event.app.iter().map(|app| format!("of {app}")));
    what.extend(event.site.iter().map(|site| format!("at {site}")));
    what.extend(event.measured_by.iter().map(|source| format!("by {}", source.as_str())));
    let who = who(&event.ue, event.supi.as_deref());
    format!("{}  qos       {who}  {}", at(event.observed_at), what.join("  "))
}

fn ordered(event: &RelocationOrdered) -> String {
    format!(
        "{}  order     {}/{}  {}  {}  {} -> {}",
        at(event.decided_at),
        event.app,
        event.instance,
        release(&event.relocation),
        hyphened(&event.trigger),
        event.source.as_deref().unwrap_or("-"),
        event.target.as_deref().unwrap_or("-"),
    )
}

fn instance(event: &Instance) -> String {
    let place = event.serving.as_ref().map_or_else(
        || "serves nowhere".to_owned(),
        |placement| format!("serves at {} ({})", placement.site, placement.address),
    );
    let at = at(event.at);
    format!("{at}  instance  {}/{}  generation {}  {place}", event.app, event.instance, event.generation)
}

/// With milliseconds, as in every line of EdgeRoam.
fn at(time: Time) -> String {
    model::Timestamp::from_micros(time.as_micros()).to_string()
}

fn who<'a>(ue: &'a str, supi: Option<&'a str>) -> &'a str {
    supi.unwrap_or(ue)
}

/// A trigger as operators know it.
fn hyphened(trigger: &Trigger) -> String {
    trigger.as_str().replace('_', "-")
}

fn spaced(word: &str) -> String {
    word.replace('_', " ")
}

/// The release of a relocation: shorter than its id, and what the orchestrator shows.
fn release(relocation: &str) -> String {
    let id = relocation.parse::<model::RelocationId>();
    id.map_or_else(|_| relocation.to_owned(), |id| id.release().to_string())
}
