//! The keys of stream `sagas`.

use emco::CompositeApp;
use model::{AppId, InstanceId};

const CLAIM: &str = "claim";
const NAMES: &str = "names";
const INSTANCE: &str = "instance";

/// What a record of the stream is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum About {
    /// Who has a part.
    Claim(u16),
    /// A chart.
    Names(CompositeApp),
    /// An instance, as the owner of this epoch has it.
    Instance { app: AppId, instance: InstanceId, epoch: u64 },
}

impl About {
    /// Reads a key; `None` for one that is none of ours.
    pub(super) fn of(key: &str) -> Option<Self> {
        let mut words = key.split('/');
        let about = match (words.next()?, words.next()?, words.next(), words.next()) {
            (CLAIM, part, None, None) => Self::Claim(part.parse().ok()?),
            (NAMES, project, Some(name), Some(version)) => Self::Names(CompositeApp {
                project: project.to_owned(),
                name: name.to_owned(),
                version: version.to_owned(),
            }),
            (INSTANCE, app, Some(instance), Some(epoch)) => Self::Instance {
                app: AppId::new(app).ok()?,
                instance: InstanceId::new(instance).ok()?,
                epoch: epoch.parse().ok()?,
            },
            _ => return None,
        };
        words.next().is_none().then_some(about)
    }
}

pub(super) fn claim(part: u16) -> String {
    format!("{CLAIM}/{part}")
}

pub(super) fn names(app: &CompositeApp) -> String {
    format!("{NAMES}/{app}")
}

pub(super) fn instance(app: &AppId, instance: &InstanceId, epoch: u64) -> String {
    format!("{INSTANCE}/{app}/{instance}/{epoch}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_read_as_they_are_written() {
        let app = CompositeApp { project: "mec".into(), name: "addrapp".into(), version: "v1".into() };
        assert_eq!(About::of(&claim(7)), Some(About::Claim(7)));
        assert_eq!(About::of(&names(&app)), Some(About::Names(app)));
        // An app may be called as a kind of key is.
        let (app, of) = (AppId::new("claim").expect("valid"), InstanceId::new("0a").expect("valid"));
        let about = About::Instance { app: app.clone(), instance: of.clone(), epoch: 12 };
        assert_eq!(About::of(&instance(&app, &of, 12)), Some(about));
        for key in ["", "claim", "claim/x", "claim/1/2", "instance/a/b", "instance/a/b/c", "instance/a/b/1/2"]
        {
            assert_eq!(About::of(key), None, "{key}");
        }
    }
}
