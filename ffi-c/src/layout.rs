//! Holds the structs of the header against `abi/layout.h`, which the tests in C compile: both
//! compilers must lay them out alike. `BLESS=1 cargo test -p seafoam-ffi --lib` rewrites the file.

use std::fmt::Write as _;
use std::mem::{offset_of, size_of};

use crate::flat::{seafoam_flat_batch, seafoam_flat_bytes, seafoam_flat_event, seafoam_flat_node};

const BEGIN: &str = "\
/* SPDX-License-Identifier: Apache-2.0 */
/* Made by `BLESS=1 cargo test -p seafoam-ffi --lib`: how the library lays out what it shares. */
#include <stddef.h>

#include \"seafoam.h\"

";

macro_rules! layouts {
    ($($name:ident { $($field:ident),* $(,)? })*) => {{
        let mut text = BEGIN.to_owned();
        $(
            // Every field is named: one that is added cannot go unseen.
            let _whole = |value: $name| {
                let $name { $($field: _),* } = value;
            };
            let (name, size) = (stringify!($name), size_of::<$name>());
            let _ = writeln!(text, "_Static_assert(sizeof({name}) == {size}, \"{name}\");");
            $(
                let (field, at) = (stringify!($field), offset_of!($name, $field));
                let place = format!("offsetof({name}, {field})");
                let _ = writeln!(text, "_Static_assert({place} == {at}, \"{field}\");");
            )*
        )*
        text
    }};
}

fn generated() -> String {
    layouts! {
        seafoam_flat_bytes { at, length }
        seafoam_flat_batch {
            version, events, events_at, event_size, nodes, nodes_at, node_size, length, bytes,
            node_bytes,
        }
        seafoam_flat_event { kind, node, number, status, previous, text, bytes }
        seafoam_flat_node {
            generation, age_millis, timestamp_millis, ping_millis, name, address, status_source,
            tags, incarnation, status, rank, port, emit_counter, datacenter, is_lighthouse,
            ip_length, reserved, ip, reserved_end,
        }
    }
}

#[test]
fn layouts_are_current() -> std::io::Result<()> {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("abi/layout.h");
    let fresh = generated();
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&path, &fresh)?;
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(fresh == committed, "abi/layout.h differs from the library; BLESS=1 makes it anew");
    Ok(())
}
