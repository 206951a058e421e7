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

bridge_pulled bridge_pull(seafoam_events* events, size_t most, void* buffer, size_t capacity) {
  bridge_pulled pulled = {NULL, 0, SEAFOAM_OK};
  pulled.code =
      seafoam_events_next_flat(events, 0, most, buffer, capacity, &pulled.count, &pulled.error);
  if (pulled.code == SEAFOAM_TIMEOUT) {
    pulled.code = SEAFOAM_OK;
  }
  return pulled;
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
