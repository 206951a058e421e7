/* What thread a handle is used on does not matter, and a freed one that was set to NULL is nothing.
 */
#include "waiting.h"

enum { CALLERS = 8, CALLS = 200 };

/* What one thread after another has to do with the same handles. */
struct shared {
  seafoam_config* config;
  seafoam_cluster* cluster;
  seafoam_events* events;
  seafoam_event* event;
  seafoam_callback* callback;
  seafoam_nodes* nodes;
  seafoam_error* error;
  struct latch dropped;
};

/* Runs it on a thread of its own, to its end. */
static void elsewhere(void* (*part)(void*), struct shared* shared) {
  pthread_t thread;
  REQUIRE(pthread_create(&thread, NULL, part, shared) == 0);
  pthread_join(thread, NULL);
}

static void* configure(void* argument) {
  struct shared* shared = argument;
  shared->config = test_config("threads", "a", "");
  return NULL;
}

static void* start(void* argument) {
  struct shared* shared = argument;
  CHECK(worked(seafoam_cluster_start(shared->config, &shared->cluster, &shared->error),
               &shared->error));
  return NULL;
}

static void look_at(void* latch, const seafoam_event* event) {
  CHECK(latch != NULL && event != NULL);
}

static void* subscribe(void* argument) {
  struct shared* shared = argument;
  seafoam_error** error = &shared->error;
  CHECK(worked(seafoam_cluster_events(shared->cluster, 0, 0, true, &shared->events, error), error));
  CHECK(worked(seafoam_cluster_on_event(shared->cluster, 0, look_at, &shared->dropped, latch_drop,
                                        &shared->callback, error),
               error));
  return NULL;
}

static void* take(void* argument) {
  struct shared* shared = argument;
  shared->event = seafoam_event_clone(next_of_kind(shared->events, SEAFOAM_EVENT_STATUS));
  CHECK(worked(seafoam_cluster_all_nodes(shared->cluster, &shared->nodes, &shared->error),
               &shared->error));
  CHECK(seafoam_cluster_set(shared->cluster, "nonsense", "1", &shared->error) != SEAFOAM_OK);
  return NULL;
}

static void* look(void* argument) {
  struct shared* shared = argument;
  CHECK(strcmp(seafoam_node_name(seafoam_event_node(shared->event)), "a") == 0);
  CHECK(seafoam_nodes_length(shared->nodes) == 1);
  CHECK(strstr(seafoam_error_message(shared->error), "nonsense") != NULL);
  return NULL;
}

static void* release(void* argument) {
  struct shared* shared = argument;
  seafoam_callback_remove(shared->callback);
  CHECK(latch_count(&shared->dropped) == 1);
  seafoam_events_free(shared->events);
  seafoam_cluster_free(shared->cluster);
  seafoam_config_free(shared->config);
  /* What was taken outlives the cluster that it came from. */
  look(shared);
  seafoam_event_free(shared->event);
  seafoam_nodes_free(shared->nodes);
  seafoam_error_free(shared->error);
  return NULL;
}

static void handles_go_from_thread_to_thread(void) {
  struct shared shared = {.dropped = LATCH};
  void* (*const parts[])(void*) = {configure, start, subscribe, take, look, release};
  for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
    elsewhere(parts[i], &shared);
  }
}

static void* call_again_and_again(void* cluster) {
  for (int i = 0; i < CALLS; i++) {
    seafoam_node* node = NULL;
    seafoam_events* events = NULL;
    seafoam_code codes[] = {seafoam_cluster_local_node(cluster, &node, NULL),
                            seafoam_cluster_events(cluster, 0, 0, true, &events, NULL),
                            seafoam_cluster_broadcast(cluster, "x", 1, NULL, NULL),
                            seafoam_cluster_touch_node(cluster, "a", NULL)};
    for (size_t k = 0; k < sizeof codes / sizeof *codes; k++) {
      CHECK(codes[k] == SEAFOAM_OK || codes[k] == SEAFOAM_CLOSED);
    }
    seafoam_node_free(node);
    seafoam_events_free(events);
    if (i == CALLS / 2) {
      CHECK(seafoam_cluster_close(cluster, NULL) == SEAFOAM_OK);
    }
  }
  return NULL;
}

static void many_threads_call_while_one_closes(void) {
  seafoam_cluster* cluster = start_node("threads", "a", "");
  pthread_t threads[CALLERS];
  for (int i = 0; i < CALLERS; i++) {
    REQUIRE(pthread_create(&threads[i], NULL, call_again_and_again, cluster) == 0);
  }
  for (int i = 0; i < CALLERS; i++) {
    pthread_join(threads[i], NULL);
  }
  CHECK(seafoam_cluster_is_closed(cluster));
  seafoam_cluster_free(cluster);
}

/* Frees as careful programs do: the handle is NULL afterwards, so a second time is harmless. */
#define FREE(free, handle)                                                                         \
  do {                                                                                             \
    CHECK((handle) != NULL);                                                                       \
    free(handle);                                                                                  \
    (handle) = NULL;                                                                               \
    free(handle);                                                                                  \
  } while (0)

static void freeing_twice_through_handles_that_are_null(void) {
  struct shared shared = {.dropped = LATCH};
  seafoam_node* node = NULL;
  seafoam_stats* stats = NULL;
  seafoam_why* why = NULL;
  seafoam_validity* validity = NULL;
  char* label = NULL;
  configure(&shared);
  start(&shared);
  subscribe(&shared);
  take(&shared);
  const seafoam_cluster* cluster = shared.cluster;
  CHECK(seafoam_cluster_local_node(cluster, &node, NULL) == SEAFOAM_OK);
  CHECK(seafoam_cluster_stats(cluster, &stats, NULL) == SEAFOAM_OK);
  CHECK(seafoam_cluster_why(cluster, "a", &why, NULL) == SEAFOAM_OK);
  CHECK(seafoam_cluster_validity(cluster, &validity, NULL) == SEAFOAM_OK);
  CHECK(seafoam_cluster_broadcast(cluster, "x", 1, &label, NULL) == SEAFOAM_OK);
  FREE(seafoam_node_free, node);
  FREE(seafoam_stats_free, stats);
  FREE(seafoam_why_free, why);
  FREE(seafoam_validity_free, validity);
  FREE(seafoam_string_free, label);
  FREE(seafoam_nodes_free, shared.nodes);
  FREE(seafoam_event_free, shared.event);
  FREE(seafoam_error_free, shared.error);
  FREE(seafoam_callback_remove, shared.callback);
  FREE(seafoam_events_free, shared.events);
  FREE(seafoam_cluster_free, shared.cluster);
  FREE(seafoam_config_free, shared.config);
  CHECK(latch_count(&shared.dropped) == 1);
  /* And whoever goes on to use them is told. */
  CHECK(seafoam_cluster_close(shared.cluster, NULL) == SEAFOAM_INVALID_CONFIG);
  CHECK(seafoam_events_next(shared.events, 0, NULL, NULL) == SEAFOAM_INVALID_CONFIG);
}

int main(void) {
  RUN(handles_go_from_thread_to_thread);
  RUN(many_threads_call_while_one_closes);
  RUN(freeing_twice_through_handles_that_are_null);
  return REPORT();
}
