//! The public events of a broker, as every consumer sees them.

use std::process::ExitCode;

use anyhow::{Context as _, bail};
use bus::public::{Interest, PublicEvent, Topic};
use contract::Kind;

use super::Args;

/// Shows events until nobody reads what is printed.
pub(super) async fn watch(broker: &bus::Config, args: &Args) -> anyhow::Result<ExitCode> {
    let wanted = Wanted::new(args)?;
    let interest = Interest { topics: wanted.topics(), from_oldest: args.from_oldest };
    let mut inlet = broker.inlet(&interest).await?;
    loop {
        for event in inlet.next().await? {
            let Some(kind) = wanted.takes(&event) else { continue };
            let line = if args.json {
                contract::structured(&event.attributes, &event.data).to_string()
            } else {
                contract::line(kind, &event.data)
            };
            if !crate::cli::print(&line) {
                return Ok(ExitCode::SUCCESS);
            }
        }
    }
}

/// Which events are shown.
struct Wanted {
    kinds: Vec<Kind>,
    /// The UE as it stands in events.
    ue: Option<String>,
}

impl Wanted {
    fn new(args: &Args) -> anyhow::Result<Self> {
        let kinds = args.types.iter().map(|text| kind(text)).collect::<anyhow::Result<_>>()?;
        let ue = match (&args.ue, &args.key_file) {
            (Some(supi), Some(file)) => {
                let supi =
                    supi.parse().with_context(|| format!("--ue {supi} with --key-file: not a SUPI"))?;
                Some(crate::settings::pseudonym_key(file)?.ue(&supi))
            }
            (Some(ue), None) if ue.starts_with("imsi-") || ue.starts_with("nai-") => {
                bail!("--ue {ue}: public events carry pseudonyms; add --key-file, or give the pseudonym")
            }
            (ue, _) => ue.clone(),
        };
        Ok(Self { kinds, ue })
    }

    fn topics(&self) -> Vec<Topic> {
        let named = |topic: &Topic| self.kinds.iter().any(|kind| kind.topic() == topic.name());
        Topic::ALL.into_iter().filter(named).collect()
    }

    /// The event's kind, if it is to be shown. What a newer EdgeRoam publishes is passed over.
    fn takes(&self, event: &PublicEvent) -> Option<Kind> {
        let kind = Kind::of_type(event.attribute("type")?)?;
        if !self.kinds.is_empty() && !self.kinds.contains(&kind) {
            return None;
        }
        let Some(ue) = &self.ue else { return Some(kind) };
        let data: serde_json::Value = serde_json::from_slice(&event.data).ok()?;
        (data.get("ue").and_then(|own| own.as_str()) == Some(ue)).then_some(kind)
    }
}

/// A kind by its type, whole or without what all types have in common.
fn kind(text: &str) -> anyhow::Result<Kind> {
    let whole = format!("io.edgeroam.{}.v1", text.trim_start_matches("io.edgeroam.").trim_end_matches(".v1"));
    Kind::of_type(&whole).with_context(|| {
        let short = |kind: Kind| {
            kind.event_type().trim_start_matches("io.edgeroam.").trim_end_matches(".v1").to_owned()
        };
        format!("--type {text}: it is none of {}", Kind::ALL.map(short).join(", "))
    })
}
