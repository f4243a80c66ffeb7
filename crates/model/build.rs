//! Turns `data/event_codes.csv` into the sorted static table behind `model::codes`.

use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs, process};

fn main() {
    if let Err(error) = generate() {
        println!("cargo::error=data/event_codes.csv: {error}");
        process::exit(1);
    }
}

fn generate() -> Result<(), Box<dyn std::error::Error>> {
    let source = Path::new(&env::var("CARGO_MANIFEST_DIR")?).join("../../data/event_codes.csv");
    println!("cargo::rerun-if-changed={}", source.display());
    let mut rows = csv::Reader::from_path(&source)?
        .into_records()
        .collect::<Result<Vec<_>, _>>()?;
    rows.sort_by_key(|row| (row[0].to_owned(), row[1].to_owned()));
    let mut out = String::from("static ROWS: &[Row] = &[\n");
    for row in &rows {
        let class = row[3].split('_').map(capitalise).collect::<String>();
        let restores: Vec<&str> = row[4].split(';').filter(|code| !code.is_empty()).collect();
        writeln!(
            out,
            "Row {{ key: ({:?}, {:?}), name: {:?}, class: EventClass::{class}, restores: &{restores:?} }},",
            &row[0], &row[1], &row[2],
        )?;
    }
    out.push_str("];\n");
    fs::write(Path::new(&env::var("OUT_DIR")?).join("codes.rs"), out)?;
    Ok(())
}

fn capitalise(word: &str) -> String {
    let (first, rest) = word.split_at(1.min(word.len()));
    first.to_uppercase() + rest
}
