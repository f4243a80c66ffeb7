//! The committed description.

use std::collections::HashSet;
use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::access::operations;
use crate::fakes::House;

/// `cargo xtask gen` sets this variable, and so writes the file.
const GENERATE: &str = "WATCHFIRE_GENERATE";

#[test]
fn the_committed_description_is_that_of_the_code() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("openapi.json");
    let made = api::openapi_json();
    if std::env::var_os(GENERATE).is_some() {
        fs::write(&path, &made).unwrap();
    }
    let committed = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        committed == made,
        "crates/api/openapi.json is out of date: run `cargo xtask gen`, and commit it"
    );
}

#[tokio::test]
async fn the_description_is_served_as_openapi_3_1() {
    let house = House::new();
    let served = house.get("/api/v1/openapi.json").await;
    assert_eq!(served.body, api::openapi_json());
    assert_eq!(served.json()["openapi"], "3.1.0");
}

#[test]
fn every_operation_has_a_name_of_its_own_and_says_what_it_does() {
    let mut names = HashSet::new();
    for (_, path, operation) in operations() {
        let name = operation["operationId"].as_str().unwrap().to_owned();
        assert!(names.insert(name), "{path}");
        assert!(operation["summary"].is_string(), "{path}");
        assert!(operation["responses"]["default"].is_object(), "{path}");
        for parameter in operation["parameters"].as_array().into_iter().flatten() {
            assert!(parameter["description"].is_string(), "{path}: {parameter}");
        }
    }
}

#[test]
fn every_reference_of_the_description_leads_somewhere() {
    fn walk<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
        match value {
            Value::Object(fields) => {
                found.extend(fields.get("$ref").and_then(Value::as_str));
                fields.values().for_each(|value| walk(value, found));
            }
            Value::Array(items) => items.iter().for_each(|value| walk(value, found)),
            _ => {}
        }
    }
    let document: Value = serde_json::from_str(&api::openapi_json()).unwrap();
    let mut references = Vec::new();
    walk(&document, &mut references);
    assert!(references.len() > 20);
    for reference in references {
        let pointer = reference.strip_prefix('#').unwrap();
        assert!(document.pointer(pointer).is_some(), "{reference}");
    }
}
