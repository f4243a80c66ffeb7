//! `sim ca`: a simulated operator's certificate authority in a folder, and how it is read back.

use std::fs::{DirBuilder, OpenOptions};
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use clap::Args;
use sim::authority::Papers;

use crate::cli::{Failure, Out};

/// The certificate's file, for the server.
const CERTIFICATE: &str = "ca.pem";

/// The key's file, for its owner's eyes only.
const KEY: &str = "ca.key";

/// What `sim ca` can be told.
#[derive(Debug, Args)]
pub(super) struct CaOptions {
    /// Where to put `ca.pem` and `ca.key`. The folder is made if it is not there.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

/// Makes an authority.
pub(super) fn make(options: &CaOptions, out: &mut Out) -> Result<(), Failure> {
    let folder = &options.out;
    let papers = Papers::new().map_err(|bad| Failure::new(bad.to_string(), ""))?;
    let made = DirBuilder::new().recursive(true).mode(0o700).create(folder);
    made.map_err(|error| not_written(folder, &error))?;
    let (certificate, key) = (folder.join(CERTIFICATE), folder.join(KEY));
    // The key first: a certificate without its key is of no use, and would be believed.
    write_new(&key, &papers.key, 0o600)?;
    write_new(&certificate, &papers.certificate, 0o644)?;
    out.line(format_args!(
        "{} is an operator's authority for simulated panels. Give it to the server as \
         tls.client_ca, then: watchfire sim --family mqtt --ca {} --server-ca FILE --target HOST:8883",
        certificate.display(),
        folder.display(),
    ))?;
    Ok(())
}

/// The papers in a folder.
pub(super) fn read(folder: &Path) -> Result<Papers, Failure> {
    let text = |name: &str| {
        let path = folder.join(name);
        std::fs::read_to_string(&path).map_err(|error| {
            Failure::new(
                format!("{} cannot be read: {error}", path.display()),
                "`watchfire sim ca --out DIR` makes such a folder.",
            )
        })
    };
    Ok(Papers {
        certificate: text(CERTIFICATE)?,
        key: text(KEY)?,
    })
}

/// Never writes over what is there: panels may be known under it.
fn write_new(path: &Path, text: &str, mode: u32) -> Result<(), Failure> {
    let mut file = OpenOptions::new();
    let file = file.write(true).create_new(true).mode(mode).open(path);
    file.and_then(|mut file| file.write_all(text.as_bytes()))
        .map_err(|error| not_written(path, &error))
}

fn not_written(path: &Path, error: &std::io::Error) -> Failure {
    Failure::new(
        format!("{} cannot be written: {error}", path.display()),
        "An authority that is there is never overwritten: choose another folder, or use it.",
    )
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn an_authority_is_kept_from_others_read_back_and_never_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let options = CaOptions {
            out: folder.path().join("operator"),
        };
        let mut out = Out::new(false);
        make(&options, &mut out).unwrap();
        let papers = read(&options.out).unwrap();
        let key = options.out.join(KEY);
        let mode = std::fs::metadata(key).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert!(make(&options, &mut out).is_err());
        assert_eq!(read(&options.out).unwrap(), papers);
    }
}
