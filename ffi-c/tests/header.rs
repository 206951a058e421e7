//! Makes include/seafoam.h from the sources and the engine's tables, and compares it with the
//! committed one. `BLESS=1 cargo test -p seafoam-ffi --test header` rewrites it.

// The helpers of a test may panic like the test itself.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use std::fmt::Write as _;
use std::path::Path;

use seafoam_core::{CONFIG_KEYS, DATACENTER_NONE, PING_NO_DATA, PING_TIMED_OUT, VERSION};
use support::{WORDS, header_path, manifest};

fn words() -> String {
    let manifest = manifest();
    let mut text = String::new();
    for word in WORDS {
        let (doc, namer, c_type, prefix) = (word.doc, word.namer, word.c_type, word.prefix);
        write!(
            text,
            "/**\n * {doc} Later versions may add values.\n * `{namer}` gives the word.\n */\n\
             typedef int32_t {c_type};\nenum {{\n"
        )
        .unwrap();
        if word.table == "error_codes" {
            text.push_str("  /** The call did what it was asked to. */\n  SEAFOAM_OK = 0,\n");
        }
        for row in manifest[word.table].as_array().unwrap() {
            let (name, doc) = (row["name"].as_str().unwrap(), row["doc"].as_str().unwrap());
            let (name, number) = (name.to_uppercase(), &row["number"]);
            writeln!(text, "  /** {doc} */\n  {prefix}{name} = {number},").unwrap();
        }
        text.push_str("};\n\n");
    }
    text
}

fn limits() -> String {
    let mut text =
        String::from("/* Bounds; each is named with its unit, those without count things. */\n");
    for (name, value) in manifest()["limits"].as_object().unwrap() {
        let name = name.to_uppercase();
        let number = value.as_u64().unwrap();
        let literal = match i32::try_from(number) {
            Ok(small) => small.to_string(),
            Err(_) => format!("INT64_C({number})"),
        };
        writeln!(text, "#define SEAFOAM_LIMIT_{name} {literal}").unwrap();
    }
    text + "\n"
}

fn version() -> String {
    let parts: Vec<u32> = VERSION.split('.').map(|part| part.parse().unwrap()).collect();
    let [major, minor, patch] = parts[..] else {
        panic!("the version is not of three numbers: {VERSION}");
    };
    format!(
        "/** Version of this header; `seafoam_version` tells that of the library. */\n\
         #define SEAFOAM_VERSION \"{VERSION}\"\n\
         #define SEAFOAM_VERSION_MAJOR {major}\n\
         #define SEAFOAM_VERSION_MINOR {minor}\n\
         #define SEAFOAM_VERSION_PATCH {patch}\n\
         /** A number that rises with the version: major * 1000000 + minor * 1000 + patch. */\n\
         #define SEAFOAM_VERSION_NUMBER {}\n\n",
        major * 1_000_000 + minor * 1000 + patch
    )
}

fn numbers() -> String {
    format!(
        "/** `seafoam_node_ping_millis` of a node that was not pinged yet. */\n\
         #define SEAFOAM_PING_NO_DATA ({PING_NO_DATA:.1})\n\
         /** `seafoam_node_ping_millis` of a node whose last ping timed out. */\n\
         #define SEAFOAM_PING_TIMED_OUT ({PING_TIMED_OUT:.1})\n\
         /** `seafoam_node_datacenter` of a node that was not assigned to one. */\n\
         #define SEAFOAM_DATACENTER_NONE {DATACENTER_NONE}\n\
         /** The bit of an event kind in a set of kinds; join bits with `|`. */\n\
         #define SEAFOAM_EVENT_BIT(kind) (UINT32_C(1) << (kind))\n\n"
    )
}

fn keys() -> String {
    let mut text = String::new();
    for key in CONFIG_KEYS {
        let (name, upper) = (key.name, key.name.to_uppercase());
        let live =
            if key.live { "can be changed while the cluster runs" } else { "fixed at start" };
        writeln!(
            text,
            "/**\n * {}\n * Takes {}; {live}.\n */\n\
             #define SEAFOAM_KEY_{upper} \"{name}\"\n\
             #define SEAFOAM_ENV_{upper} \"{}\"\n\
             #define SEAFOAM_DEFAULT_{upper} \"{}\"\n",
            key.doc, key.accepts, key.environment, key.default
        )
        .unwrap();
    }
    text
}

const INTRODUCTION: &str = "\
/**
 * @file
 * seafoam: cluster membership that a service can trust. Link with -lseafoam.
 *
 * Results: every call that can fail returns a `seafoam_code`, 0 (`SEAFOAM_OK`) where it did what it
 * was asked to. Its last argument `error` may be NULL; else `*error` is set at every call: to NULL,
 * or to an error with a sentence for people, which the caller frees with `seafoam_error_free`.
 * Other results go through pointers; where the call fails they hold NULL, 0, false or -1.
 *
 * Arguments: NULL for a handle or for a result that is not marked as optional, bytes that are not
 * UTF-8, and numbers out of range are answered with `SEAFOAM_INVALID_CONFIG` and a sentence that
 * names the argument. `_free` functions take NULL. A handle must not be used after it was freed.
 *
 * Ownership: what a call gives through a pointer to a non-const handle or text is the caller's, who
 * frees it. What is `const` is borrowed and must not be freed; each function says for how long.
 *
 * Threads: every function may be called from any thread, and from inside callbacks. No function
 * unwinds or aborts; a defect inside answers `SEAFOAM_INTERNAL`. Callbacks must return normally:
 * no exception and no longjmp may leave them.
 *
 * Fork: in a forked child every call with a handle of the parent answers `SEAFOAM_FORKED`; start a
 * cluster anew there.
 */
";

fn generated() -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut config = cbindgen::Config::from_file(folder.join("cbindgen.toml")).unwrap();
    config.header = Some(
        "/* SPDX-License-Identifier: Apache-2.0 */\n\
         /* Made by `BLESS=1 cargo test -p seafoam-ffi --test header`; not to be edited. */"
            .to_owned(),
    );
    config.after_includes = Some(format!(
        "\n{INTRODUCTION}\n{}{}{}{}{}",
        version(),
        words(),
        numbers(),
        limits(),
        keys()
    ));
    let bindings = cbindgen::Builder::new()
        .with_crate(folder)
        .with_config(config)
        .generate()
        .expect("the sources make a header");
    let mut bytes = Vec::new();
    bindings.write(&mut bytes);
    let text = String::from_utf8(bytes).unwrap();
    // The generator leaves blanks at line ends in empty comment lines.
    let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    lines.join("\n") + "\n"
}

#[test]
fn header_is_current() {
    let fresh = generated();
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(header_path(), &fresh).unwrap();
    }
    let committed = std::fs::read_to_string(header_path()).unwrap_or_default();
    let different = fresh.lines().zip(committed.lines()).position(|(a, b)| a != b);
    let place = different.map_or("its end".to_owned(), |line| format!("line {}", line + 1));
    assert!(
        fresh == committed,
        "include/seafoam.h differs from the sources at {place}; make it anew with BLESS=1"
    );
}
