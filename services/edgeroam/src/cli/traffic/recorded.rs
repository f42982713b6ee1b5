//! Cell changes that EdgeRoam itself heard of.

use std::path::Path;

use anyhow::Context as _;
use bus::embedded::Recorded;
use evaluation::{Events, EventsBuilder, Instant};
use model::{Stream, UeChange, UeEvent};

/// How many records that are no events are told.
const TOLD: u64 = 10;

/// The events on stream `ue-events` of an embedded bus. Nothing is written there; another process may be using it.
///
/// # Errors
/// Names the folder and the reason.
pub(super) fn events(folder: &Path) -> anyhow::Result<Events> {
    let shown = folder.display();
    let recorded = Recorded::open(folder, &[Stream::UeEvents])
        .with_context(|| format!("no bus in {shown}: it is in the folder `bus` of EdgeRoam's state_dir"))?;
    let mut events = EventsBuilder::default();
    let (mut records, mut broken) = (0_u64, 0);
    for found in recorded {
        let (_, delivery) = found.with_context(|| format!("reading {shown}"))?;
        records += 1;
        match serde_json::from_slice::<UeEvent>(&delivery.data) {
            Ok(event) => take(&mut events, &event)?,
            Err(error) => {
                broken += 1;
                if broken <= TOLD {
                    crate::cli::say(&format!("{shown}: record {}: {error}", delivery.sequence.0));
                }
            }
        }
    }
    crate::cli::say(&format!("{shown}: {records} records, {broken} broken ones skipped"));
    events.finish().with_context(|| format!("{shown}: stream {}", Stream::UeEvents.name()))
}

fn take(events: &mut EventsBuilder, event: &UeEvent) -> anyhow::Result<()> {
    let location = match event.change {
        UeChange::Location(location) => Some(location),
        UeChange::Gone => None,
        // An idle UE is where it was.
        UeChange::Connectivity { .. } => return Ok(()),
    };
    let micros = i64::try_from(event.observed_at.as_micros()).unwrap_or(i64::MAX);
    Ok(events.seen(&event.supi.to_string(), Instant::from_micros(micros), location)?)
}
