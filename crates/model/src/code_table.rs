//! A table of codes as an enum: what a row says is in one place.

/// Makes an enum of codes: of each its name in rows, its class, its title and what it restores.
macro_rules! code_table {
    (
        $(#[$kind_doc:meta])* $kind:ident;
        $($(#[$doc:meta])* $variant:ident, $text:literal, $class:ident, $name:literal, $restores:expr;)*
    ) => {
        $(#[$kind_doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $kind { $($(#[$doc])* $variant,)* }

        impl $kind {
            /// All codes.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The code in rows and in the API, at most 12 characters.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }

            /// What it is about.
            pub const fn class(self) -> $crate::EventClass {
                match self { $(Self::$variant => $crate::EventClass::$class,)* }
            }

            /// A name for people.
            pub const fn title(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// The codes whose events it ends, as their texts.
            pub const fn restores(self) -> &'static [&'static str] {
                match self { $(Self::$variant => $restores,)* }
            }

            /// From its text.
            pub fn parse(text: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|code| code.as_str() == text)
            }

            /// The text, as all codes give theirs.
            pub fn text(self) -> arrayvec::ArrayString<12> {
                // A test of each table sees to it that every text fits.
                arrayvec::ArrayString::from(self.as_str()).unwrap_or_default()
            }
        }
    };
}

pub(crate) use code_table;
