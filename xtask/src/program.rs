//! Running other programs: from the project's root, told to people as they could type it.

use std::ffi::OsString;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

/// A program to be run, and what a person would type for it.
#[derive(Debug)]
pub(crate) struct Program {
    command: Command,
    typed: String,
}

impl Program {
    /// `name`, run in `folder`.
    pub(crate) fn new(folder: &Path, name: &str) -> Self {
        let mut command = Command::new(name);
        command.current_dir(folder).stdin(Stdio::null());
        Self {
            command,
            typed: name.to_owned(),
        }
    }

    /// The project's cargo. The toolchain is left to `rust-toolchain.toml`.
    pub(crate) fn cargo(folder: &Path) -> Self {
        Self::new(folder, "cargo")
    }

    /// With these arguments.
    pub(crate) fn args<A: AsRef<str>>(mut self, arguments: impl IntoIterator<Item = A>) -> Self {
        for argument in arguments {
            let argument = argument.as_ref();
            self.typed.push(' ');
            self.typed.push_str(&quoted(argument));
            self.command.arg(argument);
        }
        self
    }

    /// With a variable that people have to set as well when they repeat the command.
    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.typed
            .insert_str(0, &format!("{name}={} ", quoted(value)));
        self.command.env(name, value);
        self
    }

    /// With a variable that does not belong to the command as people type it.
    pub(crate) fn quiet_env(mut self, name: &str, value: impl Into<OsString>) -> Self {
        self.command.env(name, value.into());
        self
    }

    /// What a person would type.
    pub(crate) fn typed(&self) -> &str {
        &self.typed
    }

    /// Runs it, its output going where ours goes.
    pub(crate) fn run(mut self) -> Result<()> {
        let status = self
            .command
            .status()
            .with_context(|| format!("`{}` cannot be started", self.typed))?;
        if !status.success() {
            bail!("`{}` failed: {status}", self.typed);
        }
        Ok(())
    }

    /// Runs it and takes what it prints.
    pub(crate) fn output(mut self) -> Result<Vec<u8>> {
        let output = self
            .command
            .stderr(Stdio::inherit())
            .output()
            .with_context(|| format!("`{}` cannot be started", self.typed))?;
        if !output.status.success() {
            bail!("`{}` failed: {}", self.typed, output.status);
        }
        Ok(output.stdout)
    }
}

fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_=./:,@+".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_told_as_one_could_type_it() {
        let program = Program::new(Path::new("."), "cargo")
            .args(["doc", "it's", ""])
            .env("RUSTDOCFLAGS", "-D warnings");
        assert_eq!(
            program.typed(),
            r"RUSTDOCFLAGS='-D warnings' cargo doc 'it'\''s' ''"
        );
    }

    #[test]
    fn a_program_that_fails_or_is_not_there_is_an_error_with_its_command() {
        let failed = Program::new(Path::new("."), "false").run();
        assert!(failed.unwrap_err().to_string().contains("`false` failed"));
        let missing = Program::new(Path::new("."), "no-such-program").run();
        assert!(
            missing
                .unwrap_err()
                .to_string()
                .contains("cannot be started")
        );
    }
}
