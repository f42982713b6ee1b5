//! Enumerations of the SBI are open: a peer of a later release may send values that are unknown here
//! (TS 29.501 clause 5.3.12).

/// Declares an enumeration whose unknown values are kept apart as `Other`.
macro_rules! open_enum {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $text:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
        pub enum $name {
            $(
                $(#[$variant_doc])*
                #[serde(rename = $text)]
                $variant,
            )+
            /// A value that is unknown here; never sent.
            #[serde(other)]
            Other,
        }

        impl $name {
            /// The value as the specification spells it; `OTHER` for one that is unknown here.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)+
                    Self::Other => "OTHER",
                }
            }
        }
    };
}
pub(crate) use open_enum;
