//! Multipart forms: metadata and a file.

use axum::extract::{DefaultBodyLimit, FromRequest as _, Multipart, Request};
use bytes::Bytes;

use super::resource::MAX_UPLOAD;
use crate::refusal::Refusal;

/// The most parts a form may have.
const MAX_PARTS: usize = 16;

/// An uploaded resource.
#[derive(Debug)]
pub(super) struct Upload {
    /// Its JSON.
    pub(super) metadata: Bytes,
    pub(super) file: Option<Bytes>,
}

/// Reads a form.
///
/// # Errors
/// 422 for anything that is no multipart form within bounds.
pub(super) async fn read(mut request: Request) -> Result<Upload, Refusal> {
    DefaultBodyLimit::max(MAX_UPLOAD).apply(&mut request);
    let mut form = Multipart::from_request(request, &())
        .await
        .map_err(|_| Refusal::unprocessable("request Content-Type isn't multipart/form-data"))?;
    let unreadable =
        |error: axum::extract::multipart::MultipartError| Refusal::unprocessable(error.body_text());
    let mut upload = Upload { metadata: Bytes::new(), file: None };
    for _ in 0..MAX_PARTS {
        let Some(part) = form.next_field().await.map_err(unreadable)? else { return Ok(upload) };
        let name = part.name().map(str::to_owned);
        let content = part.bytes().await.map_err(unreadable)?;
        match name.as_deref() {
            Some("metadata") => upload.metadata = content,
            Some("file") => upload.file = Some(content),
            Some(_) | None => (),
        }
    }
    Err(Refusal::unprocessable("multipart: too many parts"))
}
