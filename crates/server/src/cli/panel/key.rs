//! A panel's key on its way to the server.
//!
//! Invariant: a key is never printed, nor repeated in a failure (I10).

use std::io::Read;
use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::{Map, Value};
use zeroize::Zeroizing;

use crate::cli::Failure;

/// The longest key file that is read: the longest key has 64 digits.
const LONGEST: u64 = 1_024;

/// A key in one of its two spellings. Other users of the machine see what stands on a command
/// line; a file or standard input they do not.
#[derive(Args)]
#[group(multiple = false)]
pub(in crate::cli) struct KeyOptions {
    /// The AES key that it encrypts with: 32, 48 or 64 hexadecimal digits. Others on this machine
    /// can see a command line: `--key-file` keeps it from them.
    #[arg(long, value_name = "HEX")]
    key: Option<String>,
    /// The AES key as 16, 24 or 32 characters, as some panels are configured.
    #[arg(long, value_name = "TEXT")]
    key_ascii: Option<String>,
    /// A file with the key in hexadecimal digits; `-` reads standard input.
    #[arg(long, value_name = "FILE")]
    key_file: Option<PathBuf>,
    /// A file with the key in characters; `-` reads standard input.
    #[arg(long, value_name = "FILE")]
    key_ascii_file: Option<PathBuf>,
}

impl std::fmt::Debug for KeyOptions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KeyOptions").finish_non_exhaustive()
    }
}

impl KeyOptions {
    /// Puts the key that was given, if one was, into a document for the API.
    pub(in crate::cli) fn put_into(self, document: &mut Map<String, Value>) -> Result<(), Failure> {
        let read = |file: Option<PathBuf>| file.map(|file| content(&file)).transpose();
        let digits = self.key.or(read(self.key_file)?);
        let characters = self.key_ascii.or(read(self.key_ascii_file)?);
        for (name, key) in [("key", digits), ("key_ascii", characters)] {
            document.extend(key.map(|key| (name.to_owned(), Value::String(key))));
        }
        Ok(())
    }
}

/// The first line of a file, without its end.
fn content(file: &Path) -> Result<String, Failure> {
    let mut text = Zeroizing::new(String::new());
    let read = if file == Path::new("-") {
        std::io::stdin().take(LONGEST).read_to_string(&mut text)
    } else {
        let opened = std::fs::File::open(file);
        opened.and_then(|open| open.take(LONGEST).read_to_string(&mut text))
    };
    read.map_err(|error| {
        let what = format!("the key in {} cannot be read: {error}", file.display());
        Failure::new(what, "")
    })?;
    // A blank at the end of a key in characters belongs to it; the end of the line does not.
    Ok(text.lines().next().unwrap_or_default().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_file_ends_with_its_line_and_keeps_its_blanks() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("key");
        for (written, read) in [
            ("abc", "abc"),
            ("abc\r\n", "abc"),
            (" a b \nc", " a b "),
            ("", ""),
        ] {
            std::fs::write(&file, written).unwrap();
            assert_eq!(content(&file).unwrap(), read);
        }
        let missing = content(&folder.path().join("none")).unwrap_err();
        assert!(missing.to_string().contains("cannot be read"), "{missing}");
    }
}
