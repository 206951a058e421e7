/* The program of README.md: says hello to whoever else is there, and hears one. */
#include <stdio.h>

#include <seafoam.h>

int main(void) {
  seafoam_cluster* cluster = NULL;
  seafoam_events* events = NULL;
  const seafoam_event* event = NULL;
  const unsigned char* bytes = NULL;
  size_t length = 0;
  /* snippet */
  seafoam_config* config = seafoam_config_new(); /* SEAFOAM_... variables count */
  seafoam_cluster_start(config, &cluster, NULL); /* NULL: no interest in the error's text */
  seafoam_cluster_events(cluster, 0, 0, false, &events, NULL);
  seafoam_cluster_ready(cluster, 2, false, 10000, NULL); /* until somebody else is there */
  seafoam_cluster_broadcast_text(cluster, "hello", NULL, NULL);
  while (bytes == NULL && seafoam_events_next(events, 10000, &event, NULL) == SEAFOAM_OK) {
    if (seafoam_event_kind(event) == SEAFOAM_EVENT_STATUS) {
      printf("%s is %s\n", seafoam_node_name(seafoam_event_node(event)),
             seafoam_status_name(seafoam_event_status(event)));
    } else if (seafoam_event_kind(event) == SEAFOAM_EVENT_BROADCAST) {
      bytes = seafoam_event_bytes(event, &length);
      printf("%s says %.*s\n", seafoam_node_name(seafoam_event_origin(event)), (int)length, bytes);
    }
  }
  seafoam_cluster_leave(cluster, 10000, NULL); /* the others see LEFT, not a crash */
  /* end */
  seafoam_events_free(events);
  seafoam_cluster_free(cluster);
  seafoam_config_free(config);
  return bytes == NULL;
}
