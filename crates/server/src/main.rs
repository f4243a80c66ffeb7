//! The `watchfire` binary.

pub mod config;

#[expect(clippy::print_stdout, reason = "preliminary")]
fn main() {
    print!("{}", config::default_file());
}
