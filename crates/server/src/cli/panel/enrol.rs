//! `panel enrol`: a key and a certificate for a panel, as files.
//!
//! Invariant: whatever can be found wrong with the place is found before the certificate is made, and no
//! file of another panel is written over unasked.
//! Invariant: the private key goes into its file and nowhere else (I10).

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use serde::Deserialize;
use serde_json::{Value, json};

use super::credential::{Holder, spared, writable};
use crate::cli::client::{Client, shaped};
use crate::cli::out::harmless;
use crate::cli::view::second;
use crate::cli::{Failure, Out};
use crate::private_file;

/// Who is to be enrolled, and where the files go.
#[derive(Debug, Args)]
pub struct Options {
    #[command(flatten)]
    holder: Holder,
    /// The folder for ACCOUNT.key, ACCOUNT.pem and ca.pem; it is made if there is none.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// For how many days the certificate is good; as long as the server makes them, if not given.
    #[arg(long, value_name = "DAYS")]
    #[arg(value_parser = clap::value_parser!(u32).range(1..))]
    days: Option<u32>,
    /// Write over files that are there.
    #[arg(long)]
    force: bool,
}

/// What the server answers. The key is in it: it is printed nowhere.
#[derive(Deserialize)]
struct Enrolled {
    serial: String,
    not_after: String,
    certificate: String,
    key: String,
    ca: String,
}

/// Where the files are.
struct Files {
    key: PathBuf,
    certificate: PathBuf,
    ca: PathBuf,
}

pub(super) fn run(client: &Client, options: &Options, out: &mut Out) -> Result<ExitCode, Failure> {
    let meant = options.holder.find(client)?;
    let account = meant.path.account.as_str();
    let files = Files::of(&options.out, account)?;
    writable(&options.out)?;
    for file in [&files.key, &files.certificate] {
        spared(file, options.force)?;
    }
    let mut document = meant.document();
    let days = options
        .days
        .map(|days| ("valid_days".to_owned(), Value::from(days)));
    document.extend(days);
    let answer = client.post(
        &format!("/panels/{}/certificates", meant.panel),
        &Value::Object(document),
    )?;
    let enrolled: Enrolled = shaped(answer)?;
    files.write(&enrolled, options.force)?;
    if out.is_json() {
        out.document(&json!({
            "panel": meant.panel,
            "path": meant.path.id,
            "account": account,
            "serial": enrolled.serial,
            "not_after": enrolled.not_after,
            "files": {
                "key": files.key,
                "certificate": files.certificate,
                "ca": files.ca,
            },
        }))?;
        return Ok(ExitCode::SUCCESS);
    }
    let until = second(&enrolled.not_after);
    let shown = meant.path.shown();
    out.line(format_args!(
        "certificate {} of {}, good until {until}",
        harmless(&enrolled.serial),
        harmless(&shown),
    ))?;
    for (file, what) in [
        (&files.key, "the private key: for the panel alone"),
        (&files.certificate, "the certificate that the panel shows"),
        (&files.ca, "by which the panel knows the server"),
    ] {
        out.line(format_args!("  {}  {what}", file.display()))?;
    }
    Ok(ExitCode::SUCCESS)
}

impl Files {
    /// Accounts are letters and digits; a server that says otherwise chooses no files here.
    fn of(folder: &Path, account: &str) -> Result<Self, Failure> {
        if account.is_empty() || !account.bytes().all(|octet| octet.is_ascii_alphanumeric()) {
            return Err(Failure::new(
                format!("`{}` is no name for a file", harmless(account)),
                "",
            ));
        }
        Ok(Self {
            key: folder.join(format!("{account}.key")),
            certificate: folder.join(format!("{account}.pem")),
            ca: folder.join("ca.pem"),
        })
    }

    fn write(&self, enrolled: &Enrolled, force: bool) -> Result<(), Failure> {
        let lost = |file: &Path, error: std::io::Error| {
            Failure::new(
                format!("{} cannot be written: {error}", file.display()),
                format!(
                    "The certificate was made: `watchfire panel certificate revoke {}` revokes it.",
                    harmless(&enrolled.serial)
                ),
            )
        };
        private_file::write(&self.key, enrolled.key.as_bytes()).map_err(|e| lost(&self.key, e))?;
        fs::write(&self.certificate, &enrolled.certificate)
            .map_err(|e| lost(&self.certificate, e))?;
        // Of the panels of one server it is the same, so that one folder may hold them all.
        match fs::read(&self.ca) {
            Ok(there) if there == enrolled.ca.as_bytes() => Ok(()),
            Ok(_) if !force => Err(Failure::new(
                format!(
                    "{} is that of another server, and was left alone",
                    self.ca.display()
                ),
                format!(
                    "{} and {} were written. Run this again with another --out; or with --force.",
                    self.key.display(),
                    self.certificate.display()
                ),
            )),
            _ => fs::write(&self.ca, &enrolled.ca).map_err(|e| lost(&self.ca, e)),
        }
    }
}
