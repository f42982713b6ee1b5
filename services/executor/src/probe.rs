//! Asking an instance whether it serves, and which release it is.

use std::time::Duration;

use catalogue::{Probe, ReleaseIn};
use model::Release;

/// The longest answer that is read, in bytes.
const MAX_BODY_BYTES: usize = 64 << 10;

/// What an address answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Seen {
    /// The release that was asked for.
    Release,
    /// A success, but of another release.
    Other(String),
    /// No success.
    Silent(String),
}

/// Asks with one new connection each time: a kept one may outlive what it leads to.
#[derive(Debug, Clone)]
pub(crate) struct Prober(reqwest::Client);

impl Prober {
    pub(crate) fn new() -> Result<Self, reqwest::Error> {
        let client = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .pool_max_idle_per_host(0)
            .no_proxy()
            .http1_only();
        Ok(Self(client.build()?))
    }

    /// What `host:port` answers, asked under this name where one is given.
    pub(crate) async fn ask(
        &self,
        address: &str,
        name: Option<&str>,
        probe: &Probe,
        release: &Release,
    ) -> Seen {
        let timeout = probe.timeout.max(Duration::from_millis(100));
        let mut request = self.0.get(format!("http://{address}{}", probe.path)).timeout(timeout);
        if let Some(name) = name {
            request = request.header(reqwest::header::HOST, name);
        }
        let mut response = match request.send().await {
            Ok(response) => response,
            Err(error) => return Seen::Silent(error.without_url().to_string()),
        };
        if !response.status().is_success() {
            return Seen::Silent(format!("{} {}", probe.path, response.status()));
        }
        if let ReleaseIn::Header(header) = &probe.release {
            let value = response.headers().get(header).and_then(|value| value.to_str().ok());
            return compare(value.unwrap_or_default(), release);
        }
        let mut body = Vec::new();
        loop {
            match response.chunk().await {
                Ok(Some(chunk)) if body.len() + chunk.len() <= MAX_BODY_BYTES => {
                    body.extend_from_slice(&chunk)
                }
                Ok(Some(_)) => return Seen::Silent(format!("answers more than {MAX_BODY_BYTES} bytes")),
                Ok(None) => break,
                Err(error) => return Seen::Silent(error.without_url().to_string()),
            }
        }
        judge(&body, &probe.release, release)
    }
}

fn judge(body: &[u8], place: &ReleaseIn, release: &Release) -> Seen {
    match place {
        ReleaseIn::Body => {
            let text = String::from_utf8_lossy(body);
            if text.contains(release.as_str()) {
                Seen::Release
            } else {
                Seen::Other(text.chars().take(80).collect())
            }
        }
        ReleaseIn::JsonPointer(pointer) => {
            let json: serde_json::Value = serde_json::from_slice(body).unwrap_or_default();
            compare(json.pointer(pointer).and_then(|v| v.as_str()).unwrap_or_default(), release)
        }
        ReleaseIn::Header(_) | ReleaseIn::Nowhere => Seen::Release,
    }
}

fn compare(found: &str, release: &Release) -> Seen {
    if found == release.as_str() { Seen::Release } else { Seen::Other(found.chars().take(80).collect()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_release_is_found_where_the_app_says() {
        let release: Release = "er-0a1b2c3d4e5f".parse().expect("valid");
        let body = br#"{"release":"er-0a1b2c3d4e5f"}"#;
        let pointer = |p: &str| ReleaseIn::JsonPointer(p.to_owned());
        assert_eq!(judge(body, &ReleaseIn::Body, &release), Seen::Release);
        assert_eq!(judge(body, &pointer("/release"), &release), Seen::Release);
        assert_eq!(judge(body, &pointer("/other"), &release), Seen::Other(String::new()));
        assert_eq!(judge(b"er-1", &pointer("/release"), &release), Seen::Other(String::new()));
        assert_eq!(judge(b"hello", &ReleaseIn::Body, &release), Seen::Other("hello".into()));
        assert_eq!(judge(b"", &ReleaseIn::Nowhere, &release), Seen::Release);
    }
}
