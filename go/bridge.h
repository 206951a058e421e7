/* SPDX-License-Identifier: Apache-2.0 */
/* What one crossing from Go to C brings back: snapshots laid flat, so that reading a list
 * of nodes takes one call instead of twenty for each. All pointers are borrowed.
 */
#ifndef SEAFOAM_GO_BRIDGE_H
#define SEAFOAM_GO_BRIDGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <seafoam.h>

typedef struct {
  const char* data;
  size_t length;
} bridge_text;

typedef struct {
  const seafoam_node* handle; /* NULL where there is no node */
  bridge_text name;
  bridge_text address;
  bridge_text ip;
  bridge_text status_source;
  double ping_millis;
  uint64_t generation;
  uint64_t age_millis;
  uint64_t timestamp_millis;
  size_t tags;
  uint32_t incarnation;
  int32_t status;
  int32_t rank;
  uint16_t port;
  uint16_t emit_counter;
  uint8_t datacenter;
  bool is_lighthouse;
} bridge_node;

/* Lays a node flat; all zero for NULL. */
void bridge_read_node(const seafoam_node* node, bridge_node* into);

/* Lays `count` nodes of a list flat. */
void bridge_read_nodes(const seafoam_nodes* nodes, size_t count, bridge_node* into);

/* What a pull came to: by value, because what Go points C at would be put on its heap. */
typedef struct {
  seafoam_error* error;
  size_t count;
  seafoam_code code;
} bridge_pulled;

/* Takes what waits in a stream, without waiting, as `seafoam_events_next_flat` does. SEAFOAM_OK
 * with no events where nothing waits. */
bridge_pulled bridge_pull(seafoam_events* events, size_t most, void* buffer, size_t capacity);

/* Sets the Go function behind `handle` as the logger; 0 restores the default. */
seafoam_code bridge_set_logger(uintptr_t handle, seafoam_error** error);

#endif
