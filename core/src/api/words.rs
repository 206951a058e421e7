//! The macro behind every numbered vocabulary.
//!
//! One row makes the variant, its number (C ABI and wire), its word (Python, Node, logs, manifest)
//! and its documentation, so that none of them can differ between languages.

macro_rules! words {
    (
        $(#[$meta:meta])*
        $name:ident {
            $($variant:ident = $number:literal, $word:literal, $doc:literal;)*
        }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        #[repr(u8)]
        pub enum $name {
            $(#[doc = $doc] $variant = $number,)*
        }

        impl $name {
            /// Every value, in the order of its number.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The number that crosses the C ABI and the wire. Numbers are never reused.
            #[must_use]
            pub const fn number(self) -> u8 {
                self as u8
            }

            /// The lower-case word that every language prints.
            #[must_use]
            pub const fn word(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)*
                }
            }

            /// One sentence that says what the value means.
            #[must_use]
            pub const fn doc(self) -> &'static str {
                match self {
                    $(Self::$variant => $doc,)*
                }
            }

            /// The value with this number, or none: numbers from outside are never trusted.
            #[must_use]
            pub const fn from_number(number: u8) -> Option<Self> {
                match number {
                    $($number => Some(Self::$variant),)*
                    _ => None,
                }
            }

            /// The value with this word (upper or lower case), or none.
            #[must_use]
            pub fn from_word(word: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|value| value.word().eq_ignore_ascii_case(word))
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.word())
            }
        }
    };
}

pub(crate) use words;
