//! Enumerations of the model whose values are words of the protocol.

/// The words of an enumeration that has `ALL` and `as_str`, in its order.
macro_rules! words {
    ($kind:ty) => {{
        const WORDS: [&str; <$kind>::ALL.len()] = {
            let mut words = [""; <$kind>::ALL.len()];
            let mut at = 0;
            while at < words.len() {
                words[at] = <$kind>::ALL[at].as_str();
                at += 1;
            }
            words
        };
        $crate::panel::schema::Kind::Choice(&WORDS)
    }};
}

pub(super) use words;
