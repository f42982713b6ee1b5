//! A request whose body has been read.

use crate::seen::{Nf, Seen};
use bytes::Bytes;
use http::{HeaderMap, Method, header};
use url::form_urlencoded;

/// A complete request to one NF.
pub(crate) struct Call {
    pub(crate) nf: Nf,
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) query: Option<String>,
    pub(crate) http2: bool,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Call {
    /// The parts of the path between slashes.
    pub(crate) fn segments(&self) -> Vec<&str> {
        self.path.trim_start_matches('/').split('/').collect()
    }

    /// The first value of a query parameter, decoded.
    pub(crate) fn query(&self, name: &str) -> Option<String> {
        let query = self.query.as_deref()?;
        form_urlencoded::parse(query.as_bytes())
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.into_owned())
    }

    /// The body as form fields; none if it is of another type.
    pub(crate) fn form(&self) -> Vec<(String, String)> {
        if !self.header(&header::CONTENT_TYPE).starts_with("application/x-www-form-urlencoded") {
            return Vec::new();
        }
        form_urlencoded::parse(&self.body).into_owned().collect()
    }

    /// The Authorization header.
    pub(crate) fn authorization(&self) -> Option<&str> {
        self.headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok())
    }

    fn header(&self, name: &header::HeaderName) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The log entry of this request.
    pub(crate) fn seen(&self, status: u16) -> Seen {
        let path = match &self.query {
            Some(query) => format!("{}?{query}", self.path),
            None => self.path.clone(),
        };
        let headers = self.headers.iter().map(|(name, value)| {
            let secret = name == header::AUTHORIZATION;
            let value =
                if secret { String::new() } else { String::from_utf8_lossy(value.as_bytes()).into_owned() };
            (name.as_str().to_owned(), value)
        });
        Seen {
            nf: self.nf,
            method: self.method.to_string(),
            path,
            http2: self.http2,
            headers: headers.collect(),
            body: self.body.clone(),
            status,
        }
    }
}
