//! Which subject an event has, and which topic a subject belongs to.

use crate::nats::names::{token, tokens};
use crate::public::{PREFIX, PublicEvent, Topic};

/// The subject of an event.
pub(super) fn of(event: &PublicEvent) -> String {
    let app = event.app.as_deref().map_or_else(|| "_".into(), token);
    format!("{PREFIX}.{}.{app}.{}", token(&event.kind), tokens(&event.key))
}

/// The kinds of a topic, as they stand in subjects.
pub(super) const fn kinds(topic: Topic) -> &'static [&'static str] {
    match topic {
        Topic::UeLocation => &["ue-location"],
        Topic::UeQos => &["ue-qos"],
        Topic::SiteStatus => &["site-status"],
        Topic::Decisions => &["relocation-decided"],
        Topic::Orders => &["relocation-ordered"],
        Topic::Outcomes => &[
            "relocation-progress",
            "relocation-completed",
            "relocation-undone",
            "relocation-failed",
            "relocation-fenced",
        ],
        Topic::Instances => &["instance"],
    }
}

/// What to read for these topics; for all of them where there are none.
pub(super) fn filters(topics: &[Topic]) -> Vec<String> {
    let kinds = topics.iter().flat_map(|topic| kinds(*topic));
    kinds.map(|kind| format!("{PREFIX}.{kind}.>")).collect()
}

/// Topic, kind and app of a subject.
pub(super) fn parse(subject: &str) -> Option<(Topic, &str, Option<&str>)> {
    let rest = subject.strip_prefix(PREFIX)?.strip_prefix('.')?;
    let mut tokens = rest.splitn(3, '.');
    let (kind, app) = (tokens.next()?, tokens.next()?);
    tokens.next()?;
    let topic = Topic::ALL.into_iter().find(|topic| kinds(*topic).contains(&kind))?;
    Some((topic, kind, (app != "_").then_some(app)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subjects_lead_back_to_topics() {
        for topic in Topic::ALL {
            for kind in kinds(topic) {
                let event = PublicEvent {
                    topic,
                    kind: (*kind).into(),
                    app: Some("arena".into()),
                    key: "arena/0a".into(),
                    attributes: vec![],
                    data: bytes::Bytes::new(),
                };
                let subject = of(&event);
                assert_eq!(subject, format!("edgeroam.v1.{kind}.arena.arena.0a"));
                assert_eq!(parse(&subject), Some((topic, *kind, Some("arena"))));
                let nobody = of(&PublicEvent { app: None, ..event });
                assert_eq!(parse(&nobody), Some((topic, *kind, None)));
            }
        }
        assert_eq!(parse("edgeroam.v1.unheard-of._.k"), None);
        assert_eq!(parse("edgeroam.v2.instance._.k"), None);
    }
}
