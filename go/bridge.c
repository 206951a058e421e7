/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge.h"

#include <string.h>

#include "_cgo_export.h"

static bridge_text text_of(const char* text) {
  bridge_text found = {text, text == NULL ? 0 : strlen(text)};
  return found;
}

void bridge_read_node(const seafoam_node* node, bridge_node* into) {
  memset(into, 0, sizeof *into);
  if (node == NULL) {
    return;
  }
  into->handle = node;
  into->name = text_of(seafoam_node_name(node));
  into->address = text_of(seafoam_node_address(node));
  into->ip = text_of(seafoam_node_ip(node));
  into->status_source = text_of(seafoam_node_status_source(node));
  into->ping_millis = seafoam_node_ping_millis(node);
  into->generation = seafoam_node_generation(node);
  into->age_millis = seafoam_node_age_millis(node);
  into->timestamp_millis = seafoam_node_timestamp_millis(node);
  into->tags = seafoam_node_tags_length(node);
  into->incarnation = seafoam_node_incarnation(node);
  into->status = seafoam_node_status(node);
  into->rank = seafoam_node_rank(node);
  into->port = seafoam_node_port(node);
  into->emit_counter = seafoam_node_emit_counter(node);
  into->datacenter = seafoam_node_datacenter(node);
  into->is_lighthouse = seafoam_node_is_lighthouse(node);
}

void bridge_read_nodes(const seafoam_nodes* nodes, size_t count, bridge_node* into) {
  for (size_t index = 0; index < count; index++) {
    bridge_read_node(seafoam_nodes_get(nodes, index), &into[index]);
  }
}

static const seafoam_node* node_of(const seafoam_event* event, int32_t kind) {
  switch (kind) {
  case SEAFOAM_EVENT_BROADCAST:
    return seafoam_event_origin(event);
  case SEAFOAM_EVENT_MESSAGE:
    return seafoam_event_sender(event);
  case SEAFOAM_EVENT_LEADER:
    return seafoam_event_leader(event);
  default:
    return seafoam_event_node(event);
  }
}

static void read_event(const seafoam_event* event, bridge_event* into) {
  into->kind = seafoam_event_kind(event);
  bridge_read_node(node_of(event, into->kind), &into->node);
  into->source = text_of(seafoam_event_source(event));
  into->label = text_of(seafoam_event_label(event));
  into->other_address = text_of(seafoam_event_other_address(event));
  into->bytes = seafoam_event_bytes(event, &into->length);
  into->validity = seafoam_event_validity(event);
  into->error = seafoam_event_error(event);
  into->term = seafoam_event_term(event);
  into->missed = seafoam_event_missed(event);
  into->status = seafoam_event_status(event);
  into->previous = seafoam_event_previous(event);
  into->direction = seafoam_event_direction(event);
  into->scope = seafoam_event_scope(event);
  into->number = seafoam_event_number(event);
  into->index = seafoam_event_index(event);
  into->members = seafoam_event_members(event);
  into->lost = seafoam_event_lost(event);
}

seafoam_code bridge_pull(seafoam_events* events, bridge_batch* batch, seafoam_error** error) {
  const seafoam_event* borrowed[BRIDGE_BATCH];
  batch->count = 0;
  seafoam_code code =
      seafoam_events_next_batch(events, 0, borrowed, BRIDGE_BATCH, &batch->count, error);
  for (size_t index = 0; index < batch->count; index++) {
    read_event(borrowed[index], &batch->events[index]);
  }
  return code == SEAFOAM_TIMEOUT ? SEAFOAM_OK : code;
}

static void log_line(void* handle, seafoam_level level, const char* line) {
  seafoamGoLog((uintptr_t)handle, level, (char*)line);
}

static void log_drop(void* handle) {
  seafoamGoLogDrop((uintptr_t)handle);
}

seafoam_code bridge_set_logger(uintptr_t handle, seafoam_error** error) {
  if (handle == 0) {
    return seafoam_set_logger(NULL, NULL, NULL, error);
  }
  return seafoam_set_logger(log_line, (void*)handle, log_drop, error);
}
