/* SPDX-License-Identifier: Apache-2.0 */
/* Made by `BLESS=1 cargo test -p seafoam-ffi --lib`: how the library lays out what it shares. */
#include <stddef.h>

#include "seafoam.h"

_Static_assert(sizeof(seafoam_flat_bytes) == 8, "seafoam_flat_bytes");
_Static_assert(offsetof(seafoam_flat_bytes, at) == 0, "at");
_Static_assert(offsetof(seafoam_flat_bytes, length) == 4, "length");
_Static_assert(sizeof(seafoam_flat_batch) == 48, "seafoam_flat_batch");
_Static_assert(offsetof(seafoam_flat_batch, version) == 0, "version");
_Static_assert(offsetof(seafoam_flat_batch, events) == 4, "events");
_Static_assert(offsetof(seafoam_flat_batch, events_at) == 8, "events_at");
_Static_assert(offsetof(seafoam_flat_batch, event_size) == 12, "event_size");
_Static_assert(offsetof(seafoam_flat_batch, nodes) == 16, "nodes");
_Static_assert(offsetof(seafoam_flat_batch, nodes_at) == 20, "nodes_at");
_Static_assert(offsetof(seafoam_flat_batch, node_size) == 24, "node_size");
_Static_assert(offsetof(seafoam_flat_batch, length) == 28, "length");
_Static_assert(offsetof(seafoam_flat_batch, bytes) == 32, "bytes");
_Static_assert(offsetof(seafoam_flat_batch, node_bytes) == 40, "node_bytes");
_Static_assert(sizeof(seafoam_flat_event) == 40, "seafoam_flat_event");
_Static_assert(offsetof(seafoam_flat_event, kind) == 0, "kind");
_Static_assert(offsetof(seafoam_flat_event, node) == 4, "node");
_Static_assert(offsetof(seafoam_flat_event, number) == 8, "number");
_Static_assert(offsetof(seafoam_flat_event, status) == 16, "status");
_Static_assert(offsetof(seafoam_flat_event, previous) == 20, "previous");
_Static_assert(offsetof(seafoam_flat_event, text) == 24, "text");
_Static_assert(offsetof(seafoam_flat_event, bytes) == 32, "bytes");
_Static_assert(sizeof(seafoam_flat_node) == 104, "seafoam_flat_node");
_Static_assert(offsetof(seafoam_flat_node, generation) == 0, "generation");
_Static_assert(offsetof(seafoam_flat_node, age_millis) == 8, "age_millis");
_Static_assert(offsetof(seafoam_flat_node, timestamp_millis) == 16, "timestamp_millis");
_Static_assert(offsetof(seafoam_flat_node, ping_millis) == 24, "ping_millis");
_Static_assert(offsetof(seafoam_flat_node, name) == 32, "name");
_Static_assert(offsetof(seafoam_flat_node, address) == 40, "address");
_Static_assert(offsetof(seafoam_flat_node, status_source) == 48, "status_source");
_Static_assert(offsetof(seafoam_flat_node, tags) == 56, "tags");
_Static_assert(offsetof(seafoam_flat_node, incarnation) == 64, "incarnation");
_Static_assert(offsetof(seafoam_flat_node, status) == 68, "status");
_Static_assert(offsetof(seafoam_flat_node, rank) == 72, "rank");
_Static_assert(offsetof(seafoam_flat_node, port) == 76, "port");
_Static_assert(offsetof(seafoam_flat_node, emit_counter) == 78, "emit_counter");
_Static_assert(offsetof(seafoam_flat_node, datacenter) == 80, "datacenter");
_Static_assert(offsetof(seafoam_flat_node, is_lighthouse) == 81, "is_lighthouse");
_Static_assert(offsetof(seafoam_flat_node, ip_length) == 82, "ip_length");
_Static_assert(offsetof(seafoam_flat_node, reserved) == 83, "reserved");
_Static_assert(offsetof(seafoam_flat_node, ip) == 84, "ip");
_Static_assert(offsetof(seafoam_flat_node, reserved_end) == 100, "reserved_end");
