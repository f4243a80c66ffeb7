//! `panel secret`: what a panel shows in place of a certificate.
//!
//! Invariant: a secret is told once, to standard output or into a file, and repeated in no failure (I10).

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use serde::Deserialize;
use serde_json::{Value, json};

use super::credential::{Holder, spared};
use crate::cli::client::{Client, shaped};
use crate::cli::out::harmless;
use crate::cli::{Failure, Out};
use crate::private_file;

/// Whose secret, and where it goes.
#[derive(Debug, Args)]
pub struct Options {
    #[command(flatten)]
    holder: Holder,
    /// Take the secret away: a certificate alone lets the panel in.
    #[arg(long, conflicts_with_all = ["out", "force"])]
    remove: bool,
    /// Write the secret to this file instead of telling it.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Write over a file that is there.
    #[arg(long, requires = "out")]
    force: bool,
}

/// What the server answers. It is told where it was asked for, and nowhere else.
#[derive(Deserialize)]
struct Renewed {
    secret: String,
}

pub(super) fn run(client: &Client, options: &Options, out: &mut Out) -> Result<ExitCode, Failure> {
    let meant = options.holder.find(client)?;
    let (at, path) = (
        format!("/panels/{}/secret", meant.panel),
        meant.path.id.as_str(),
    );
    if options.remove {
        client.delete(&format!("{at}?path={path}"))?;
        return tell(
            out,
            &json!({ "path": path, "removed": true }),
            &format!("{path}  has no secret any more"),
        );
    }
    if let Some(file) = &options.out {
        spared(file, options.force)?;
    }
    let answer = client.post(&at, &Value::Object(meant.document()))?;
    let renewed: Renewed = shaped(answer)?;
    let Some(file) = &options.out else {
        let secret = renewed.secret.as_str();
        return tell(
            out,
            &json!({ "path": path, "secret": secret }),
            &harmless(secret),
        );
    };
    private_file::write(file, format!("{}\n", renewed.secret).as_bytes()).map_err(|error| {
        let what = format!("{} cannot be written: {error}", file.display());
        Failure::new(
            what,
            "The secret was renewed all the same: run this again with another --out.",
        )
    })?;
    tell(
        out,
        &json!({ "path": path, "file": file }),
        &file.display().to_string(),
    )
}

fn tell(out: &mut Out, document: &Value, line: &str) -> Result<ExitCode, Failure> {
    if out.is_json() {
        out.document(document)?;
    } else {
        out.line(format_args!("{line}"))?;
    }
    Ok(ExitCode::SUCCESS)
}
