/* A program of a user: one node on loopback, alone. */
#include <stdio.h>

#include <seafoam.h>

int main(void) {
  seafoam_config* config = seafoam_config_new();
  seafoam_cluster* cluster = NULL;
  seafoam_error* error = NULL;
  seafoam_config_set(config, SEAFOAM_KEY_LISTEN_PORT, "0", NULL);
  seafoam_config_set(config, SEAFOAM_KEY_MULTICAST_ENABLED, "false", NULL);
  if (seafoam_cluster_start(config, &cluster, &error) != SEAFOAM_OK ||
      seafoam_cluster_ready(cluster, 1, false, 10000, &error) != SEAFOAM_OK) {
    fprintf(stderr, "%s\n", seafoam_error_message(error));
    return 1;
  }
  printf("seafoam %s\n", seafoam_version());
  seafoam_cluster_free(cluster);
  seafoam_config_free(config);
  return 0;
}
