//! What each source said last of one site, and what holds.

use model::{SiteCondition, SiteSource, Timestamp};
use serde::{Deserialize, Serialize};

/// The longest reason that is kept, in bytes: reports come from outside.
const LONGEST_REASON: usize = 256;

/// The last word of one source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Word {
    /// When it was so; an older word of the same source is no news.
    pub(crate) at: Timestamp,
    #[serde(with = "super::saved")]
    pub(crate) condition: SiteCondition,
    pub(crate) reason: Option<Box<str>>,
}

/// The last word of every source, in the order of [`SiteSource`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Words([Option<Word>; 4]);

const SOURCES: [SiteSource; 4] =
    [SiteSource::Operator, SiteSource::Emco, SiteSource::Probe, SiteSource::Metrics];

const fn slot(source: SiteSource) -> usize {
    match source {
        SiteSource::Operator => 0,
        SiteSource::Emco => 1,
        SiteSource::Probe => 2,
        SiteSource::Metrics => 3,
    }
}

impl Words {
    /// The last word of a source.
    pub(crate) fn of(&self, source: SiteSource) -> Option<&Word> {
        self.0[slot(source)].as_ref()
    }

    /// Takes note of a word.
    pub(crate) fn say(
        &mut self,
        source: SiteSource,
        at: Timestamp,
        condition: SiteCondition,
        reason: Option<&str>,
    ) {
        self.0[slot(source)] = Some(Word { at, condition, reason: reason.map(cut) });
    }

    /// The gravest word and whose it is: the first source's among equals. `None` where nobody said anything.
    pub(crate) fn gravest(&self) -> Option<(SiteSource, &Word)> {
        let words =
            SOURCES.into_iter().zip(&self.0).filter_map(|(source, word)| Some((source, word.as_ref()?)));
        words.rev().max_by_key(|(_, word)| word.condition)
    }
}

/// At most so many bytes, and no letter cut in two.
fn cut(reason: &str) -> Box<str> {
    let end = (0..=reason.len().min(LONGEST_REASON)).rev().find(|end| reason.is_char_boundary(*end));
    reason[..end.unwrap_or(0)].into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_gravest_word_holds_and_the_first_source_speaks_for_equals() {
        let at = Timestamp::from_micros;
        let mut words = Words::default();
        assert_eq!(words.gravest(), None);
        words.say(SiteSource::Metrics, at(5), SiteCondition::Degraded, Some("hot"));
        words.say(SiteSource::Emco, at(6), SiteCondition::Degraded, None);
        words.say(SiteSource::Operator, at(7), SiteCondition::Cordoned, None);
        let (source, word) = words.gravest().expect("three words");
        assert_eq!((source, word.condition, word.at), (SiteSource::Emco, SiteCondition::Degraded, at(6)));
        words.say(SiteSource::Emco, at(8), SiteCondition::InService, None);
        assert_eq!(words.gravest().map(|(source, _)| source), Some(SiteSource::Metrics));
    }

    #[test]
    fn reasons_are_bounded() {
        let mut words = Words::default();
        let long = "ä".repeat(1_000);
        words.say(SiteSource::Probe, Timestamp::default(), SiteCondition::Failed, Some(&long));
        let kept = words.of(SiteSource::Probe).and_then(|word| word.reason.as_deref()).map(str::len);
        assert_eq!(kept, Some(LONGEST_REASON));
    }
}
