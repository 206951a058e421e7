/* What the examples of event loops share: two nodes in one process, and a story that ends. */
#ifndef TWO_NODES_H
#define TWO_NODES_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <seafoam.h>

enum { STORY_MILLIS = 20000 };

static inline void must(seafoam_code code, seafoam_error* error, const char* what) {
  if (code != SEAFOAM_OK) {
    fprintf(stderr, "%s: %s: %s\n", what, seafoam_code_name(code), seafoam_error_message(error));
    exit(1);
  }
}

/* A node on loopback; `seed` is the node that it joins by, or NULL. */
static inline seafoam_cluster* start(const char* name, seafoam_cluster* seed) {
  seafoam_error* error = NULL;
  seafoam_cluster* cluster = NULL;
  seafoam_node* node = NULL;
  seafoam_config* config = seafoam_config_new();
  must(seafoam_config_set(config, SEAFOAM_KEY_NAME, name, &error), error, "name");
  must(seafoam_config_set(config, SEAFOAM_KEY_LISTEN_PORT, "0", &error), error, "listen_port");
  must(seafoam_config_set(config, SEAFOAM_KEY_MULTICAST_ENABLED, "false", &error), error,
       "multicast_enabled");
  if (seed != NULL) {
    must(seafoam_cluster_local_node(seed, &node, &error), error, "local_node");
    must(seafoam_config_set(config, SEAFOAM_KEY_INITIAL_HOSTS, seafoam_node_address(node), &error),
         error, "initial_hosts");
    seafoam_node_free(node);
  }
  must(seafoam_cluster_start(config, &cluster, &error), error, "start");
  seafoam_config_free(config);
  return cluster;
}

/* What one node does about an event of the other: it greets, and leaves once it was heard. True at
 * the end of the story. */
static inline bool told(const seafoam_event* event, seafoam_cluster* other) {
  const seafoam_node* node = seafoam_event_node(event);
  seafoam_error* error = NULL;
  switch (seafoam_event_kind(event)) {
  case SEAFOAM_EVENT_STATUS:
    printf("%s is %s\n", seafoam_node_name(node), seafoam_status_name(seafoam_event_status(event)));
    if (strcmp(seafoam_node_name(node), "other") == 0 &&
        seafoam_event_status(event) == SEAFOAM_STATUS_ALIVE) {
      must(seafoam_cluster_ready(other, 2, false, STORY_MILLIS, &error), error, "ready");
      must(seafoam_cluster_broadcast_text(other, "hello", NULL, &error), error, "broadcast");
    }
    return seafoam_event_status(event) == SEAFOAM_STATUS_LEFT;
  case SEAFOAM_EVENT_BROADCAST:
    printf("%s says hello\n", seafoam_node_name(seafoam_event_origin(event)));
    must(seafoam_cluster_leave(other, STORY_MILLIS, &error), error, "leave");
    return false;
  default: /* later versions add kinds */
    return false;
  }
}

#endif
