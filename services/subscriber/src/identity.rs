//! Who we are towards the core: one UUID, made once and kept.

use store::{Store, StoreError};
use uuid::Uuid;

/// Under which name the store keeps it.
const FACT: &str = "subscriber/nf-instance-id";

/// Our NF instance id: a UUID of version 4 (TS 29.571 `NfInstanceId`; Free5GC refuses other versions), the same
/// after every restart.
///
/// # Errors
/// [`StoreError`] where it can be neither read nor kept.
pub(crate) async fn nf_instance_id(store: &Store) -> Result<String, StoreError> {
    let kept = store.fact(FACT).await?;
    let kept =
        kept.and_then(|bytes| String::from_utf8(bytes).ok()).and_then(|text| text.parse::<Uuid>().ok());
    if let Some(id) = kept.filter(|id| id.get_version_num() == 4) {
        return Ok(id.to_string());
    }
    let id = Uuid::new_v4().to_string();
    store.put_fact(FACT, id.clone().into_bytes()).await?;
    Ok(id)
}
