//! The words that label metrics: one form for every service.

/// Whether a word can be the value of a label: lower case, digits and `_`, as in the JSON of most types here.
pub const fn is_label_value(word: &str) -> bool {
    let bytes = word.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        if !matches!(bytes[at], b'a'..=b'z' | b'0'..=b'9' | b'_') {
            return false;
        }
        at += 1;
    }
    !bytes.is_empty()
}

/// An enum whose variants are the values of a label, each with its word; a word of another form does not compile.
/// The crate that uses it has `prometheus-client`; this one needs it not.
///
/// ```
/// model::label_values! {
///     /// How a poll ended.
///     pub(crate) enum PollResult {
///         Complete = "complete",
///         NotPublished = "not_published",
///     }
/// }
/// fn labels(_: impl prometheus_client::encoding::EncodeLabelValue) {}
/// labels(PollResult::Complete);
/// labels(PollResult::NotPublished);
/// ```
#[macro_export]
macro_rules! label_values {
    (
        $(#[$about:meta])*
        $visible:vis enum $name:ident {
            $($(#[$meaning:meta])* $variant:ident = $word:literal,)+
        }
    ) => {
        $(#[$about])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        $visible enum $name {
            $($(#[$meaning])* $variant,)+
        }

        const _: () = {
            $(assert!($crate::is_label_value($word), "a label value is lower case, digits and `_`");)+
        };

        impl ::prometheus_client::encoding::EncodeLabelValue for $name {
            fn encode(
                &self,
                encoder: &mut ::prometheus_client::encoding::LabelValueEncoder<'_>,
            ) -> ::core::result::Result<(), ::core::fmt::Error> {
                let word: &'static str = match self {
                    $(Self::$variant => $word,)+
                };
                ::prometheus_client::encoding::EncodeLabelValue::encode(&word, encoder)
            }
        }
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_other_forms_are_refused() {
        assert!(is_label_value("not_published") && is_label_value("non_3gpp"));
        for word in ["", "Complete", "ue-events", "two words", "ö"] {
            assert!(!is_label_value(word), "{word}");
        }
    }
}
