//! Holds include/seafoam.h against the manifest: nothing missing, nothing extra, no other number.

// The helpers of a test may panic like the test itself.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use support::{WORDS, header_path, manifest};

struct Header {
    /// Constants of enumerations and macros, as their text.
    constants: BTreeMap<String, String>,
    functions: BTreeMap<String, String>,
}

/// Reads the generated header, whose shape is known: no compiler is needed for that.
fn header() -> Header {
    let text = std::fs::read_to_string(header_path()).unwrap();
    let mut constants = BTreeMap::new();
    for line in text.lines() {
        if let Some((name, value)) =
            line.strip_prefix("#define ").and_then(|rest| rest.split_once(' '))
        {
            constants.insert(name.to_owned(), value.to_owned());
        } else if let Some((name, value)) = line.trim().split_once(" = ") {
            constants.insert(name.to_owned(), value.trim_end_matches(',').to_owned());
        }
    }
    let code = text.split("extern \"C\" {").nth(1).unwrap();
    let mut functions = BTreeMap::new();
    for part in code.split("*/") {
        let declaration = part.split("/*").next().unwrap();
        let Some(start) = declaration.find("seafoam_").filter(|_| declaration.contains(");"))
        else {
            continue;
        };
        let before = declaration.split('(').next().unwrap();
        let name = before.rsplit([' ', '*']).next().unwrap();
        assert!(name.starts_with("seafoam_"), "{name:?} at {start}");
        functions.insert(name.to_owned(), declaration.trim().to_owned());
    }
    Header { constants, functions }
}

fn rows<'a>(manifest: &'a Value, table: &str) -> &'a Vec<Value> {
    manifest[table].as_array().unwrap_or_else(|| panic!("the manifest has no table {table}"))
}

fn name(row: &Value) -> &str {
    row["name"].as_str().unwrap()
}

#[test]
fn numbers_equal_the_tables() {
    let (header, manifest) = (header(), manifest());
    let mut expected = BTreeMap::from([("SEAFOAM_OK".to_owned(), "0".to_owned())]);
    for word in WORDS {
        for row in rows(&manifest, word.table) {
            let constant = format!("{}{}", word.prefix, name(row).to_uppercase());
            expected.insert(constant, row["number"].to_string());
        }
        assert!(header.functions.contains_key(word.namer), "{} is missing", word.namer);
    }
    let text = std::fs::read_to_string(header_path()).unwrap();
    let enumerated: BTreeMap<String, String> = text
        .lines()
        .filter_map(|line| line.strip_prefix("  SEAFOAM_")?.trim_end_matches(',').split_once(" = "))
        .map(|(name, number)| (format!("SEAFOAM_{name}"), number.to_owned()))
        .collect();
    assert_eq!(enumerated, expected);
    assert!(expected.len() > 40, "the tables were read");
}

#[test]
fn configuration_keys_equal_the_table() {
    let (header, manifest) = (header(), manifest());
    let mut expected = BTreeMap::new();
    for row in rows(&manifest, "config_keys") {
        let upper = name(row).to_uppercase();
        for (kind, field) in [("KEY", "name"), ("ENV", "environment"), ("DEFAULT", "default")] {
            expected.insert(format!("SEAFOAM_{kind}_{upper}"), row[field].to_string());
        }
    }
    let kinds = ["SEAFOAM_KEY_", "SEAFOAM_ENV_", "SEAFOAM_DEFAULT_"];
    let mut found = header.constants;
    found.retain(|name, _| {
        name != "SEAFOAM_KEY_REQUIRED" && kinds.iter().any(|kind| name.starts_with(kind))
    });
    assert_eq!(found, expected);
}

#[test]
fn other_constants_equal_the_tables() {
    let (header, manifest) = (header(), manifest());
    let number = |name: &str| {
        let text = &header.constants[&format!("SEAFOAM_{name}")];
        text.trim_matches(['(', ')']).parse::<f64>().unwrap()
    };
    for (name, value) in manifest["constants"].as_object().unwrap() {
        assert!((number(name) - value.as_f64().unwrap()).abs() < f64::EPSILON, "{name}");
    }
    let limits: BTreeMap<String, String> = header
        .constants
        .iter()
        .filter_map(|(name, value)| Some((name.strip_prefix("SEAFOAM_LIMIT_")?, value)))
        .map(|(name, value)| (name.to_lowercase(), value.replace("INT64_C(", "").replace(')', "")))
        .collect();
    let expected: BTreeMap<String, String> = manifest["limits"]
        .as_object()
        .unwrap()
        .iter()
        .map(|(name, value)| (name.clone(), value.to_string()))
        .collect();
    assert_eq!(limits, expected);
    assert_eq!(header.constants["SEAFOAM_VERSION"], manifest["version"].to_string());
}

/// Each call, setter and field of the manifest has its function, and no function is without.
#[test]
fn functions_equal_the_tables() {
    let (header, manifest) = (header(), manifest());
    let mut expected: BTreeSet<String> =
        support::OWN.iter().map(|name| (*name).to_owned()).collect();
    for row in rows(&manifest, "keyring_calls") {
        let call = name(row).strip_suffix("_key").unwrap_or(name(row));
        expected.insert(format!("seafoam_cluster_keyring_{call}"));
    }
    for row in rows(&manifest, "cluster_calls").iter().chain(rows(&manifest, "setters")) {
        // The keyring's calls are the cluster's in C.
        if row["callable"] != Value::Bool(false) && name(row) != "keyring" {
            expected.insert(format!("seafoam_cluster_{}", name(row)));
        }
    }
    for row in rows(&manifest, "process_calls") {
        if row["callable"] != Value::Bool(false) {
            expected.insert(format!("seafoam_{}", name(row)));
        }
    }
    let mut fields = |table: &[Value], prefix: &str| {
        for row in table {
            match row["shape"].as_str().unwrap() {
                "list of text" => {
                    let one = name(row).strip_suffix("es").unwrap_or(name(row));
                    expected.insert(format!("{prefix}{}_length", name(row)));
                    expected.insert(format!("{prefix}{one}"));
                }
                // Of the witnesses of the same index.
                "list of Hint" => drop(
                    expected.insert(format!("{prefix}{}", name(row).strip_suffix('s').unwrap())),
                ),
                "list of Node" => {
                    expected.insert(format!("{prefix}{}_length", name(row)));
                    expected.insert(format!("{prefix}{}", name(row)));
                }
                "map of text to text" => {
                    expected.insert(format!("{prefix}{}_length", name(row)));
                    let one = name(row).strip_suffix('s').unwrap();
                    expected.insert(format!("{prefix}{one}_name"));
                    expected.insert(format!("{prefix}{one}_value"));
                }
                _ => drop(expected.insert(format!("{prefix}{}", name(row)))),
            }
        }
    };
    fields(rows(&manifest, "node_fields"), "seafoam_node_");
    fields(rows(&manifest, "validity_fields"), "seafoam_validity_");
    fields(rows(&manifest, "why_fields"), "seafoam_why_");
    fields(rows(&manifest, "receipt_fields"), "seafoam_receipt_");
    for kind in rows(&manifest, "event_kinds") {
        if name(kind) == "validity" {
            expected.insert("seafoam_event_validity".to_owned()); // its fields are those of validity
        } else {
            for row in kind["fields"].as_array().unwrap() {
                expected.insert(format!("seafoam_event_{}", name(row)));
            }
        }
    }
    expected.extend(WORDS.iter().map(|word| word.namer.to_owned()));
    let found: BTreeSet<String> = header.functions.into_keys().collect();
    let missing: Vec<_> = expected.difference(&found).collect();
    let extra: Vec<_> = found.difference(&expected).collect();
    assert!(missing.is_empty() && extra.is_empty(), "missing {missing:?}, extra {extra:?}");
}

#[test]
fn every_lease_field_has_its_result() {
    let (header, manifest) = (header(), manifest());
    let declaration = &header.functions["seafoam_cluster_lease"];
    for row in rows(&manifest, "lease_fields") {
        let field = name(row).strip_prefix("term_").unwrap_or(name(row));
        assert!(declaration.contains(&format!("*{field}")), "{field} in {declaration}");
    }
}
