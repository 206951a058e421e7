/* SPDX-License-Identifier: Apache-2.0 */
/* What one crossing from Go to C brings back: snapshots laid flat, so that reading a batch of
 * events or a list of nodes takes one call instead of twenty for each. All pointers are borrowed.
 */
#ifndef SEAFOAM_GO_BRIDGE_H
#define SEAFOAM_GO_BRIDGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <seafoam.h>

/* Events that one pull brings at most. */
enum { BRIDGE_BATCH = 128 };

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

typedef struct {
  bridge_node node; /* of whichever role the kind has: node, origin, sender or leader */
  bridge_text source;
  bridge_text label;
  bridge_text other_address;
  const uint8_t* bytes;
  size_t length;
  const seafoam_validity* validity;
  const seafoam_error* error;
  uint64_t term;
  uint64_t missed;
  int32_t kind;
  int32_t status;
  int32_t previous;
  int32_t direction;
  int32_t scope;
  int32_t number;
  uint32_t index;
  uint32_t members;
  bool lost;
} bridge_event;

typedef struct {
  size_t count;
  bridge_event events[BRIDGE_BATCH];
} bridge_batch;

/* Lays a node flat; all zero for NULL. */
void bridge_read_node(const seafoam_node* node, bridge_node* into);

/* Lays `count` nodes of a list flat. */
void bridge_read_nodes(const seafoam_nodes* nodes, size_t count, bridge_node* into);

/* Takes what waits in a stream, without waiting. SEAFOAM_OK with no events where nothing does. */
seafoam_code bridge_pull(seafoam_events* events, bridge_batch* batch, seafoam_error** error);

/* Sets the Go function behind `handle` as the logger; 0 restores the default. */
seafoam_code bridge_set_logger(uintptr_t handle, seafoam_error** error);

#endif
