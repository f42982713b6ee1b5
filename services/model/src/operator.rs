//! What operators ask for.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{AppId, Generation, InstanceId, SiteId, Timestamp};

/// What an operator asks for, as it stands on stream `commands`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OperatorCommand {
    /// Made once by whoever asks: the same command again is the same id.
    pub id: Uuid,
    /// When it was asked.
    pub at: Timestamp,
    /// Who asked, for the record.
    pub by: String,
    /// Why, for the record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What is asked.
    pub ask: Ask,
}

impl OperatorCommand {
    /// The longest name of whoever asks, in bytes.
    pub const LONGEST_BY: usize = 128;
    /// The longest reason, in bytes.
    pub const LONGEST_REASON: usize = 1024;

    /// What is wrong with the texts for the record, if anything is: they are kept, and shown on terminals.
    pub fn problem(&self) -> Option<String> {
        let text = |name, text: &str, most| {
            if text.len() > most {
                return Some(format!("`{name}` has more than {most} bytes"));
            }
            text.chars().any(char::is_control).then(|| format!("`{name}` has control characters"))
        };
        let reason = || text("reason", self.reason.as_deref()?, Self::LONGEST_REASON);
        text("by", &self.by, Self::LONGEST_BY).or_else(reason)
    }
}

/// What is asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ask {
    /// The site takes no more instances; those that it has stay.
    Cordon {
        /// The site.
        site: SiteId,
    },
    /// The site takes no more instances, and those that it has are moved away.
    Drain {
        /// The site.
        site: SiteId,
        /// By when it should be empty.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        deadline: Option<Timestamp>,
    },
    /// The site takes instances again: ends `cordon` and `drain`.
    Resume {
        /// The site.
        site: SiteId,
    },
    /// The instance goes to this site once, whatever the policy says; afterwards the policy decides again.
    Move {
        /// The app.
        app: AppId,
        /// The instance.
        instance: InstanceId,
        /// Where it shall go.
        site: SiteId,
    },
    /// The instance goes to this site and stays there.
    Pin {
        /// The app.
        app: AppId,
        /// The instance.
        instance: InstanceId,
        /// Where it shall be.
        site: SiteId,
    },
    /// Ends `pin`.
    Unpin {
        /// The app.
        app: AppId,
        /// The instance.
        instance: InstanceId,
    },
    /// No order is given, for one app or for all of them (the kill switch); what is under way goes on.
    Freeze {
        /// The app; all of them where there is none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        app: Option<AppId>,
        /// Until when; until `thaw` where there is none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        until: Option<Timestamp>,
    },
    /// Ends `freeze` of the same app, or of all of them.
    Thaw {
        /// The app; all of them where there is none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        app: Option<AppId>,
    },
    /// Agrees to one relocation: of this instance, by the order of this generation, to this site.
    Confirm {
        /// The app.
        app: AppId,
        /// The instance.
        instance: InstanceId,
        /// The generation of the order that is to follow.
        generation: Generation,
        /// Where it would go.
        site: SiteId,
    },
    /// Does not agree to it.
    Refuse {
        /// The app.
        app: AppId,
        /// The instance.
        instance: InstanceId,
        /// The generation of the order that would follow.
        generation: Generation,
        /// Where it would go.
        site: SiteId,
    },
}

impl Ask {
    /// The word for what is asked, as in JSON.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Cordon { .. } => "cordon",
            Self::Drain { .. } => "drain",
            Self::Resume { .. } => "resume",
            Self::Move { .. } => "move",
            Self::Pin { .. } => "pin",
            Self::Unpin { .. } => "unpin",
            Self::Freeze { .. } => "freeze",
            Self::Thaw { .. } => "thaw",
            Self::Confirm { .. } => "confirm",
            Self::Refuse { .. } => "refuse",
        }
    }

    /// Its key on stream `commands`: the site, app `/` instance, or the app; `*` for all apps.
    pub fn key(&self) -> String {
        match self {
            Self::Cordon { site } | Self::Drain { site, .. } | Self::Resume { site } => site.to_string(),
            Self::Move { app, instance, .. }
            | Self::Pin { app, instance, .. }
            | Self::Unpin { app, instance }
            | Self::Confirm { app, instance, .. }
            | Self::Refuse { app, instance, .. } => format!("{app}/{instance}"),
            Self::Freeze { app, .. } | Self::Thaw { app } => {
                app.as_ref().map_or_else(|| "*".to_owned(), ToString::to_string)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_survives_json_and_its_key_names_what_it_is_about() {
        let site = SiteId::new("edge-a").expect("valid");
        let drain = OperatorCommand {
            id: Uuid::from_u128(7),
            at: Timestamp::from_micros(1_000_000),
            by: "ann".into(),
            reason: None,
            ask: Ask::Drain { site: site.clone(), deadline: Some(Timestamp::from_micros(9_000_000)) },
        };
        let text = serde_json::to_string(&drain).expect("serialises");
        assert_eq!(serde_json::from_str::<OperatorCommand>(&text).expect("reads back"), drain);
        assert_eq!(drain.ask.key(), "edge-a");
        let (app, instance) = (AppId::new("ar").expect("valid"), InstanceId::new("00ff").expect("valid"));
        assert_eq!(Ask::Pin { app: app.clone(), instance, site }.key(), "ar/00ff");
        assert_eq!(Ask::Freeze { app: Some(app), until: None }.key(), "ar");
        assert_eq!(Ask::Thaw { app: None }.key(), "*");
        assert!(serde_json::to_string(&drain.ask).expect("JSON").contains(drain.ask.as_str()));
    }

    #[test]
    fn texts_for_the_record_have_a_longest_length_and_are_plain() {
        let ask = Ask::Thaw { app: None };
        let (id, at) = (Uuid::from_u128(7), Timestamp::default());
        let long = |length| "x".repeat(length);
        let mut command = OperatorCommand { id, at, by: long(128), reason: Some(long(1024)), ask };
        assert_eq!(command.problem(), None);
        command.reason = Some(long(1025));
        assert_eq!(command.problem().as_deref(), Some("`reason` has more than 1024 bytes"));
        command.reason = Some("\u{1b}[2J".into());
        assert_eq!(command.problem().as_deref(), Some("`reason` has control characters"));
        command.by = long(129);
        assert_eq!(command.problem().as_deref(), Some("`by` has more than 128 bytes"));
    }
}
