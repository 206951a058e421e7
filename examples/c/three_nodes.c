/* Three nodes in one process: they meet, talk, and one of them leaves.
 *
 * Prints what each node sees; ends with 0 only where everything was seen in time. Shows how to wait
 * for the events of many streams with poll. */
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <seafoam.h>

enum { NODES = 3, STEP_MILLIS = 15000 };

struct member {
  char name[16];
  seafoam_cluster* cluster;
  seafoam_events* events;
  /* What this node has seen of each of the others. */
  bool alive[NODES];
  bool heard[NODES];
  bool left[NODES];
};

static struct member members[NODES];

/* Ends the program where a call failed: nothing that follows would make sense. */
static void must(seafoam_code code, seafoam_error* error, const char* what) {
  if (code != SEAFOAM_OK) {
    fprintf(stderr, "%s: %s: %s\n", what, seafoam_code_name(code), seafoam_error_message(error));
    exit(1);
  }
}

static int index_of(const char* name) {
  for (int i = 0; i < NODES; i++) {
    if (strcmp(members[i].name, name) == 0) {
      return i;
    }
  }
  return -1;
}

static void start(struct member* self, int number, const char* seed) {
  seafoam_error* error = NULL;
  seafoam_config* config = seafoam_config_new();
  snprintf(self->name, sizeof self->name, "node-%d", number);
  const char* const settings[][2] = {
      {SEAFOAM_KEY_NAME, self->name},           {SEAFOAM_KEY_CLUSTER_NAME, "three-nodes"},
      {SEAFOAM_KEY_LISTEN_PORT, "0"}, /* any free one */
      {SEAFOAM_KEY_MULTICAST_ENABLED, "false"}, {SEAFOAM_KEY_INITIAL_HOSTS, seed},
  };
  for (size_t i = 0; i < sizeof settings / sizeof settings[0]; i++) {
    must(seafoam_config_set(config, settings[i][0], settings[i][1], &error), error, settings[i][0]);
  }
  must(seafoam_cluster_start(config, &self->cluster, &error), error, "start");
  must(seafoam_cluster_events(self->cluster, 0, 0, true, &self->events, &error), error, "events");
  seafoam_config_free(config);
}

static void see(struct member* self, const seafoam_event* event) {
  size_t length = 0;
  const seafoam_node* node;
  const unsigned char* bytes;
  int other;
  switch (seafoam_event_kind(event)) {
  case SEAFOAM_EVENT_STATUS:
    node = seafoam_event_node(event);
    other = index_of(seafoam_node_name(node));
    printf("%s sees %s %s\n", self->name, seafoam_node_name(node),
           seafoam_status_name(seafoam_event_status(event)));
    if (other >= 0) {
      self->alive[other] |= seafoam_event_status(event) == SEAFOAM_STATUS_ALIVE;
      self->left[other] |= seafoam_event_status(event) == SEAFOAM_STATUS_LEFT;
    }
    break;
  case SEAFOAM_EVENT_BROADCAST:
    node = seafoam_event_origin(event);
    other = index_of(seafoam_node_name(node));
    bytes = seafoam_event_bytes(event, &length);
    printf("%s hears \"%.*s\" from %s\n", self->name, (int)length, (const char*)bytes,
           seafoam_node_name(node));
    if (other >= 0) {
      self->heard[other] = true;
    }
    break;
  default: /* later versions add kinds */
    break;
  }
}

/* Reads what waits in a stream, without waiting for more. */
static void read_all(struct member* self) {
  const seafoam_event* event = NULL;
  while (seafoam_events_next(self->events, 0, &event, NULL) == SEAFOAM_OK) {
    see(self, event);
  }
}

/* Reads the events of all nodes until `done` says so; ends the program where it takes too long. */
static void until(bool (*done)(void), const char* what) {
  uint64_t deadline = seafoam_now_millis() + STEP_MILLIS;
  seafoam_error* error = NULL;
  struct pollfd ready[NODES];
  for (int i = 0; i < NODES; i++) {
    ready[i].events = POLLIN;
    must(seafoam_events_fd(members[i].events, &ready[i].fd, &error), error, "events_fd");
  }
  while (!done()) {
    uint64_t now = seafoam_now_millis();
    if (now >= deadline) {
      fprintf(stderr, "not in time: %s\n", what);
      exit(1);
    }
    poll(ready, NODES, (int)(deadline - now));
    for (int i = 0; i < NODES; i++) {
      if (ready[i].revents != 0) {
        read_all(&members[i]);
      }
    }
  }
  printf("-- %s\n", what);
}

static bool all_met(void) {
  for (int i = 0; i < NODES; i++) {
    for (int j = 0; j < NODES; j++) {
      if (i != j && !members[i].alive[j]) {
        return false;
      }
    }
  }
  return true;
}

static bool all_heard(void) {
  for (int i = 0; i < NODES; i++) {
    for (int j = 0; j < NODES; j++) {
      if (i != j && !members[i].heard[j]) {
        return false;
      }
    }
  }
  return true;
}

static bool others_saw_the_last_leave(void) {
  for (int i = 0; i < NODES - 1; i++) {
    if (!members[i].left[NODES - 1]) {
      return false;
    }
  }
  return true;
}

int main(void) {
  seafoam_error* error = NULL;
  seafoam_node* first = NULL;
  setvbuf(stdout, NULL, _IOLBF, 0); /* a line at a time, also into a pipe */

  start(&members[0], 1, "");
  must(seafoam_cluster_local_node(members[0].cluster, &first, &error), error, "local_node");
  for (int i = 1; i < NODES; i++) {
    start(&members[i], i + 1, seafoam_node_address(first));
  }
  seafoam_node_free(first);
  until(all_met, "everybody knows everybody");

  for (int i = 0; i < NODES; i++) {
    char text[64];
    snprintf(text, sizeof text, "hello from node-%d", i + 1);
    must(seafoam_cluster_broadcast_text(members[i].cluster, text, NULL, &error), error,
         "broadcast");
  }
  until(all_heard, "everybody heard everybody");

  must(seafoam_cluster_leave(members[NODES - 1].cluster, STEP_MILLIS, &error), error, "leave");
  until(others_saw_the_last_leave, "the others saw it leave");

  for (int i = 0; i < NODES; i++) {
    seafoam_events_free(members[i].events);
    seafoam_cluster_free(members[i].cluster);
  }
  return 0;
}
