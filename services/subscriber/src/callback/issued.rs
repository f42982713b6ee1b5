//! Callback addresses that were given out.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use subtle::ConstantTimeEq as _;
use url::Url;
use uuid::Uuid;

use crate::track::AmfSlot;

/// First part of the path of every callback of an AMF.
pub(super) const AMF_PATH: &str = "/namf-evts-callback/v1/";
/// First part of the path of every callback of an SMF.
pub(super) const SMF_PATH: &str = "/nsmf-event-exposure-callback/v1/";

/// Who notifies at an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Notifier {
    /// This AMF, of where UEs are.
    Amf(AmfSlot),
    /// An SMF, of what is measured of UEs.
    Smf,
}

impl Notifier {
    /// First part of the path of its addresses.
    pub(super) const fn path(self) -> &'static str {
        match self {
            Self::Amf(_) => AMF_PATH,
            Self::Smf => SMF_PATH,
        }
    }
}

/// The first part, the correlation id and the secret of an address' path.
pub(super) fn parts(path: &str) -> Option<(&'static str, &str, &str)> {
    [AMF_PATH, SMF_PATH].into_iter().find_map(|prefix| {
        let (correlation, secret) = path.strip_prefix(prefix)?.split_once('/')?;
        Some((prefix, correlation, secret))
    })
}

/// An address for notifications, as it is given to an AMF or SMF.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IssuedCallback {
    /// `eventNotifyUri`, `notifUri`.
    pub uri: Url,
    /// `notifyCorrelationId`, `notifId`.
    pub correlation: String,
}

/// What is known of an address that was given out.
pub(crate) struct Known {
    pub(crate) correlation: String,
    pub(crate) notifier: Notifier,
    secret: String,
    received: AtomicU64,
}

impl Known {
    /// Whether this is the secret; takes as long whichever character is wrong.
    pub(crate) fn has_secret(&self, given: &str) -> bool {
        self.secret.as_bytes().ct_eq(given.as_bytes()).into()
    }

    pub(crate) fn count(&self) {
        self.received.fetch_add(1, Ordering::Relaxed);
    }
}

/// Every address that was given out.
pub(crate) struct Callbacks {
    root: Url,
    known: RwLock<HashMap<String, Arc<Known>>>,
}

impl Callbacks {
    /// Addresses below `root`.
    pub(crate) fn new(root: Url) -> Self {
        Self { root, known: RwLock::default() }
    }

    /// The root under which we are reached.
    pub(crate) fn root(&self) -> &Url {
        &self.root
    }

    /// A new address for what this one notifies.
    pub(crate) fn issue(&self, notifier: Notifier) -> IssuedCallback {
        // Version 4 UUIDs come from the system's random numbers: 122 bits each.
        let correlation = format!("er-{}", Uuid::new_v4().simple());
        let secret = Uuid::new_v4().simple().to_string();
        let mut uri = self.root.clone();
        let root = uri.path().trim_end_matches('/').to_owned();
        uri.set_path(&format!("{root}{}{correlation}/{secret}", notifier.path()));
        let known = Known { correlation: correlation.clone(), notifier, secret, received: AtomicU64::new(0) };
        let mut all = self.known.write().unwrap_or_else(PoisonError::into_inner);
        all.insert(correlation.clone(), Arc::new(known));
        IssuedCallback { uri, correlation }
    }

    /// Takes an address back.
    pub(crate) fn revoke(&self, correlation: &str) {
        self.known.write().unwrap_or_else(PoisonError::into_inner).remove(correlation);
    }

    pub(super) fn known(&self, correlation: &str) -> Option<Arc<Known>> {
        self.known.read().unwrap_or_else(PoisonError::into_inner).get(correlation).cloned()
    }

    /// How many notifications came to an address.
    pub(crate) fn received(&self, correlation: &str) -> u64 {
        self.known(correlation).map_or(0, |known| known.received.load(Ordering::Relaxed))
    }
}
