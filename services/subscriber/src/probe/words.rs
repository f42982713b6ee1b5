//! What the probe says in words.

use sbi::HttpVersion;
use sbi::oauth2::Mode;

/// Whether tokens are used, from the setting and what the NRF says of itself.
pub(super) fn tokens(mode: Mode, nrf: Option<bool>) -> &'static str {
    match (mode, nrf) {
        (Mode::Auto | Mode::On, Some(true)) => "used",
        (Mode::Auto, None) => "not mentioned; used once a producer asks for one",
        (Mode::Auto | Mode::Off, Some(false)) => "not used",
        (Mode::On, Some(false)) => {
            "used as core.oauth2 is `on`, but the NRF says that it has none: try `auto`"
        }
        (Mode::On, None) => "used as core.oauth2 is `on`; the NRF does not mention them",
        (Mode::Off, Some(true)) => {
            "not used as core.oauth2 is `off`, but the NRF says that it wants them: try `auto`"
        }
        (Mode::Off, None) => "not used as core.oauth2 is `off`; the NRF does not mention them",
    }
}

/// What to do about requests that broke before they were answered.
pub(super) fn advice(http: HttpVersion, broken: bool) -> Option<String> {
    let advice = "HTTP/2 requests broke before they were answered: try core.http: \"1.1\"";
    (broken && http == HttpVersion::Http2).then(|| advice.into())
}

/// The text with what it says twice in a row said once: some peers give title and detail the same words.
pub(super) fn once(text: &str) -> String {
    let mut parts: Vec<&str> = text.split(": ").collect();
    parts.dedup();
    parts.join(": ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_forced_against_the_core_is_said_with_a_way_out() {
        for (mode, nrf) in [(Mode::On, Some(false)), (Mode::Off, Some(true))] {
            let said = tokens(mode, nrf);
            assert!(said.contains("core.oauth2") && said.contains("`auto`"), "{said}");
        }
        assert!(tokens(Mode::On, Some(false)).starts_with("used"));
    }

    #[test]
    fn only_broken_http_2_is_advised_against() {
        assert!(advice(HttpVersion::Http2, true).is_some_and(|said| said.contains("core.http: \"1.1\"")));
        assert!(advice(HttpVersion::Http2, false).is_none());
        assert!(advice(HttpVersion::Http11, true).is_none());
    }

    #[test]
    fn a_doubled_text_is_said_once() {
        assert_eq!(once("no token: OAuth2 not enable: OAuth2 not enable"), "no token: OAuth2 not enable");
        assert_eq!(once("http://a: b"), "http://a: b");
    }
}
