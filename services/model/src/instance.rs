//! Instances, releases, generations and relocation ids.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use uuid::Uuid;

use crate::ident::{IdentError, name_type, text_serde};
use crate::{AppId, SiteId, Supi, Timestamp};

name_type!(
    /// What is moved: for a per-UE app 16 hex digits of a keyed hash of (app, SUPI), for a group's of (app, group). Never
    /// a SUPI itself, because it appears in EMCO objects and DNS names. Of a shared app a UE has a *seat*, called as a
    /// per-UE instance, and each site at most one *host*, called by a keyed hash of (app, site).
    InstanceId,
    "instance id"
);

/// The secret behind per-UE instance ids. Whoever holds it can find a UE's instance; nobody else can.
#[derive(Clone)]
pub struct InstanceKey(Arc<[u8]>);

impl InstanceKey {
    /// Takes a key of 16 bytes or more.
    ///
    /// # Errors
    /// [`IdentError`] for a shorter key.
    pub fn new(key: &[u8]) -> Result<Self, IdentError> {
        if key.len() < 16 {
            return Err(IdentError::new("instance key", "…", "at least 16 bytes"));
        }
        Ok(Self(key.into()))
    }

    /// The instance of `app` that serves `supi`: the first 8 bytes, as hex, of HMAC-SHA-256 (RFC 2104) over the
    /// app's id, a zero byte and the SUPI.
    pub fn per_ue(&self, app: &AppId, supi: &Supi) -> InstanceId {
        self.of(app, 0, &supi.to_string())
    }

    /// The instance of `app` that serves a group: as [`per_ue`](Self::per_ue), over the app's id, a byte of one and the
    /// group's name.
    pub fn per_group(&self, app: &AppId, group: &str) -> InstanceId {
        self.of(app, 1, group)
    }

    /// The host of a shared app at a site: as [`per_ue`](Self::per_ue), with a byte of two and the site's id.
    pub fn per_site(&self, app: &AppId, site: &SiteId) -> InstanceId {
        self.of(app, 2, site.as_str())
    }

    fn of(&self, app: &AppId, kind: u8, name: &str) -> InstanceId {
        let mut mac = match Hmac::<Sha256>::new_from_slice(&self.0) {
            Ok(mac) => mac,
            // HMAC takes keys of every length.
            Err(_) => unreachable!("HMAC refused a key"),
        };
        mac.update(app.as_str().as_bytes());
        mac.update(&[kind]);
        mac.update(name.as_bytes());
        let digest = mac.finalize().into_bytes();
        let text: String = digest.iter().take(8).map(|b| format!("{b:02x}")).collect();
        match InstanceId::new(text) {
            Ok(id) => id,
            Err(_) => unreachable!("hex digits are a valid name"),
        }
    }
}

impl fmt::Debug for InstanceKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("InstanceKey(…)")
    }
}

/// Counts the orders for one (app, instance); only grows. An older one is fenced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
pub struct Generation(pub u64);

impl Generation {
    /// The generation of the next order.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

impl fmt::Display for Generation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Id of one order and of the saga that carries it out: UUIDv5 (RFC 9562) of (app, instance, generation), never
/// random, so that an order that is given twice is the same order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct RelocationId(Uuid);

impl RelocationId {
    /// The namespace of relocation ids.
    const NAMESPACE: Uuid = Uuid::from_u128(0x6f1d_5c0a_7f6e_5b8e_9a0e_4544_4745_524f);

    /// The id for this app, instance and generation.
    pub fn new(app: &AppId, instance: &InstanceId, generation: Generation) -> Self {
        Self(Uuid::new_v5(&Self::NAMESPACE, format!("{app}\0{instance}\0{generation}").as_bytes()))
    }

    /// The release that this relocation deploys.
    pub fn release(&self) -> Release {
        let hex = self.0.simple().to_string();
        Release(format!("er-{}", &hex[..12]))
    }
}

impl fmt::Display for RelocationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for RelocationId {
    type Err = IdentError;
    fn from_str(text: &str) -> Result<Self, IdentError> {
        Uuid::parse_str(text).map(Self).map_err(|_| IdentError::new("relocation id", text, "a UUID"))
    }
}

/// One deployment of an instance on one site: EMCO's `spec.version`, that is the Helm release name. Made by us it
/// is `er-` and 12 hex digits of the relocation id; an adopted one is whatever runs.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Release(String);

impl Release {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Release {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Release {
    type Err = IdentError;
    fn from_str(text: &str) -> Result<Self, IdentError> {
        if text.is_empty() || text.len() > 128 || text.chars().any(|c| c.is_control() || c.is_whitespace()) {
            return Err(IdentError::new("release", text, "1 to 128 printable characters"));
        }
        Ok(Self(text.to_owned()))
    }
}
text_serde!(Release);

/// Where an instance runs: what the executor verified.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Placement {
    /// The serving site.
    pub site: SiteId,
    /// What is deployed there.
    pub release: Release,
    /// EMCO's deployment intent group.
    pub deployment_intent_group: String,
    /// `address:port` under which it answers.
    pub address: String,
}

/// What the executor knows of an instance; the last one per key is the truth about what runs where.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct InstanceState {
    /// The app.
    pub app: AppId,
    /// The instance.
    pub instance: InstanceId,
    /// The newest generation that took effect.
    pub generation: Generation,
    /// Where it serves; `None` once it has been let go.
    pub serving: Option<Placement>,
    /// When this became so.
    pub at: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_deterministic_and_differ_by_generation() {
        let app = AppId::new("ar").expect("valid");
        let key = InstanceKey::new(&[7; 16]).expect("long enough");
        let supi = "imsi-208930000000003".parse().expect("valid");
        let instance = key.per_ue(&app, &supi);
        assert_eq!(instance, key.per_ue(&app, &supi));
        assert_eq!(instance.as_str().len(), 16);
        let one = RelocationId::new(&app, &instance, Generation(1));
        assert_eq!(one, RelocationId::new(&app, &instance, Generation(1)));
        assert_ne!(one, RelocationId::new(&app, &instance, Generation(2)));
        assert_eq!(one.release().as_str().len(), 15);
        assert!(one.release().as_str().starts_with("er-"));
    }

    #[test]
    fn a_group_is_never_taken_for_a_ue() {
        let app = AppId::new("ar").expect("valid");
        let key = InstanceKey::new(&[7; 16]).expect("long enough");
        let name = "imsi-208930000000003";
        let group = key.per_group(&app, name);
        assert_eq!((group.as_str().len(), &group), (16, &key.per_group(&app, name)));
        assert_ne!(group, key.per_ue(&app, &name.parse().expect("valid")));
        assert_ne!(group, key.per_group(&app, "another"));
    }

    #[test]
    fn another_key_gives_another_instance() {
        let app = AppId::new("ar").expect("valid");
        let supi = "imsi-208930000000003".parse().expect("valid");
        let ids = [[1; 16], [2; 16]].map(|k| InstanceKey::new(&k).expect("long enough").per_ue(&app, &supi));
        assert_ne!(ids[0], ids[1]);
        assert!(InstanceKey::new(&[0; 15]).is_err());
    }

    #[test]
    fn a_host_is_no_seat_even_where_a_site_is_called_like_a_ue() {
        let app = AppId::new("ar").expect("valid");
        let key = InstanceKey::new(&[7; 16]).expect("long enough");
        let supi = "imsi-208930000000003".parse().expect("valid");
        let site = SiteId::new("imsi-208930000000003").expect("valid");
        assert_ne!(key.per_ue(&app, &supi), key.per_site(&app, &site));
        assert_eq!(key.per_site(&app, &site).as_str().len(), 16);
    }
}
