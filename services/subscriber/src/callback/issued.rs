//! Callback addresses that were given out.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use subtle::ConstantTimeEq as _;
use url::Url;
use uuid::Uuid;

use super::PATH;
use crate::track::AmfSlot;

/// An address for notifications, as it is given to an AMF.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IssuedCallback {
    /// `eventNotifyUri`.
    pub uri: Url,
    /// `notifyCorrelationId`.
    pub correlation: String,
}

/// What is known of an address that was given out.
pub(crate) struct Known {
    pub(crate) correlation: String,
    pub(crate) amf: AmfSlot,
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

    /// A new address for notifications of this AMF.
    pub(crate) fn issue(&self, amf: AmfSlot) -> IssuedCallback {
        // Version 4 UUIDs come from the system's random numbers: 122 bits each.
        let correlation = format!("er-{}", Uuid::new_v4().simple());
        let secret = Uuid::new_v4().simple().to_string();
        let mut uri = self.root.clone();
        let root = uri.path().trim_end_matches('/').to_owned();
        uri.set_path(&format!("{root}{PATH}{correlation}/{secret}"));
        let known = Known { correlation: correlation.clone(), amf, secret, received: AtomicU64::new(0) };
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
