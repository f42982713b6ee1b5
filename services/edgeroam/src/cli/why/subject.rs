//! What is asked about.

use std::fmt;
use std::str::FromStr;

use model::{AppId, Decision, GroupSeen, InstanceId, RelocationId, Supi};

/// What is asked about.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Subject {
    Ue(Supi),
    /// An app, or an instance that is named without its app.
    Name(String),
    Instance(AppId, InstanceId),
    /// The instance of an app that serves a UE.
    UeOf(AppId, Supi),
    Relocation(RelocationId),
    /// The short form of a relocation: `er-` and 12 hex digits.
    Release(String),
}

impl Subject {
    /// Whether a decision is about it.
    pub(super) fn has(&self, decision: &Decision) -> bool {
        let relocation = decision.order.as_ref().map(|(_, relocation)| relocation);
        match self {
            Self::Ue(supi) => serves(decision, supi),
            Self::Name(name) => decision.app.as_str() == name || decision.instance.as_str() == name,
            Self::Instance(app, instance) => decision.app == *app && decision.instance == *instance,
            Self::UeOf(app, supi) => decision.app == *app && serves(decision, supi),
            Self::Relocation(id) => relocation == Some(id),
            Self::Release(release) => relocation.is_some_and(|id| id.release().as_str() == release),
        }
    }
}

/// Whether a decision is on a UE's instance, or on that of a group in which it tells of the UE.
fn serves(decision: &Decision, supi: &Supi) -> bool {
    let told = |group: &GroupSeen| group.farthest.iter().any(|member| member.supi == *supi);
    decision.supi.as_ref() == Some(supi) || decision.group.as_ref().is_some_and(told)
}

impl FromStr for Subject {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let is_ue = |text: &str| ["imsi-", "nai-", "gci-", "gli-"].iter().any(|kind| text.starts_with(kind));
        if let Some((app, instance)) = text.split_once('/') {
            let app = app.parse().map_err(|e: model::IdentError| e.to_string())?;
            if is_ue(instance) {
                return instance
                    .parse()
                    .map(|ue| Self::UeOf(app, ue))
                    .map_err(|e: model::IdentError| e.to_string());
            }
            let instance = instance.parse().map_err(|e: model::IdentError| e.to_string())?;
            return Ok(Self::Instance(app, instance));
        }
        if let Ok(id) = text.parse() {
            return Ok(Self::Relocation(id));
        }
        if is_ue(text) {
            return text.parse().map(Self::Ue).map_err(|e: model::IdentError| e.to_string());
        }
        let digits = text.strip_prefix("er-").filter(|rest| rest.len() == 12);
        if digits.is_some_and(|rest| rest.bytes().all(|b| b.is_ascii_hexdigit())) {
            return Ok(Self::Release(text.to_owned()));
        }
        if model::name_is_valid(text) {
            return Ok(Self::Name(text.to_owned()));
        }
        Err("it is no UE (imsi-…), app, instance (APP/INSTANCE) or relocation (a UUID, er-…)".to_owned())
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ue(supi) => write!(f, "UE {supi}"),
            Self::Name(name) => write!(f, "an app or instance `{name}`"),
            Self::Instance(app, instance) => write!(f, "instance {app}/{instance}"),
            Self::UeOf(app, supi) => write!(f, "the instance of `{app}` for UE {supi}"),
            Self::Relocation(id) => write!(f, "relocation {id}"),
            Self::Release(release) => write!(f, "release {release}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_form_is_told_from_the_others() {
        let read = |text: &str| text.parse::<Subject>();
        assert!(matches!(read("imsi-208930000000003"), Ok(Subject::Ue(_))));
        assert!(matches!(read("echo"), Ok(Subject::Name(_))));
        assert!(matches!(read("eecf169a97462a82"), Ok(Subject::Name(_))));
        assert!(matches!(read("echo/eecf169a97462a82"), Ok(Subject::Instance(..))));
        assert!(matches!(read("echo/imsi-208930000000003"), Ok(Subject::UeOf(..))));
        assert!(matches!(read("6f1d5c0a-7f6e-5b8e-9a0e-45444745524f"), Ok(Subject::Relocation(_))));
        assert!(matches!(read("er-0123456789ab"), Ok(Subject::Release(_))));
        // An app can be called that.
        assert!(matches!(read("er-app"), Ok(Subject::Name(_))));
        for wrong in ["imsi-x", "echo/imsi-x", "echo/", "/x", "two words", ""] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}
