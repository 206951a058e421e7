/* Clusters for tests: on loopback, on any free port, without multicast, apart from all others. */
#ifndef SEAFOAM_NODES_H
#define SEAFOAM_NODES_H

#include <unistd.h>

#include "check.h"

/* Longest that a test waits for what must happen, milliseconds. Ten times what it takes. */
#define DEADLINE 20000

static inline seafoam_config* test_config(const char* group, const char* name, const char* seed) {
  char cluster_name[80];
  snprintf(cluster_name, sizeof cluster_name, "test-%s-%ld", group, (long)getpid());
  const char* const pairs[][2] = {
      {SEAFOAM_KEY_CLUSTER_NAME, cluster_name},
      {SEAFOAM_KEY_LISTEN_PORT, "0"},
      {SEAFOAM_KEY_MULTICAST_ENABLED, "false"},
      {SEAFOAM_KEY_HEARTBEAT_MILLIS, "100"},
      {SEAFOAM_KEY_SUSPICION_FLOOR_MILLIS, "300"},
      {SEAFOAM_KEY_LOG_LEVEL, "warn"},
      {SEAFOAM_KEY_NAME, name},
      {SEAFOAM_KEY_INITIAL_HOSTS, seed},
  };
  seafoam_config* config = seafoam_config_new();
  seafoam_error* error = NULL;
  CHECK(worked(seafoam_config_ignore_environment(config, &error), &error));
  for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
    CHECK(worked(seafoam_config_set(config, pairs[i][0], pairs[i][1], &error), &error));
  }
  return config;
}

/* NULL where it could not be started, which fails the test. `seed` may be empty. */
static inline seafoam_cluster* start_node(const char* group, const char* name, const char* seed) {
  seafoam_config* config = test_config(group, name, seed);
  seafoam_cluster* cluster = NULL;
  seafoam_error* error = NULL;
  CHECK(worked(seafoam_cluster_start(config, &cluster, &error), &error));
  seafoam_config_free(config);
  return cluster;
}

/* Copies the address of a cluster's own node. */
static inline const char* address_of(seafoam_cluster* cluster, char* into, size_t size) {
  seafoam_node* node = NULL;
  seafoam_error* error = NULL;
  CHECK(worked(seafoam_cluster_local_node(cluster, &node, &error), &error));
  snprintf(into, size, "%s", node == NULL ? "" : seafoam_node_address(node));
  seafoam_node_free(node);
  return into;
}

#endif
