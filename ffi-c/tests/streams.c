/* Floods: a reader that does not read slows neither the engine nor another reader, loses the oldest
 * payloads and is told how many, and never misses the last status. Needs the library's feature
 * `bench`, which publishes events without a network: no network brings so many in time. */
#include "waiting.h"

enum { WRITTEN = 100000, CHUNK = 500, PAYLOAD = 64 };

seafoam_code seafoam_bench_publish(const seafoam_cluster* cluster, uint32_t count,
                                   size_t payload_bytes, seafoam_error** error);

static struct pair pair;

static seafoam_events* open_kinds(uint32_t kinds) {
  seafoam_events* events = NULL;
  seafoam_error* error = NULL;
  CHECK(worked(seafoam_cluster_events(pair.a, kinds, 0, false, &events, &error), &error));
  return events;
}

static void publish(uint32_t count) {
  seafoam_error* error = NULL;
  CHECK(worked(seafoam_bench_publish(pair.a, count, PAYLOAD, &error), &error));
}

/* What the eager reader notes; it reads until its stream ends. */
struct eager {
  seafoam_events* events;
  struct latch chunks; /* of CHUNK broadcasts each */
  uint32_t heard;
  bool in_order;
  bool lagged;
};

static void* read_eagerly(void* argument) {
  struct eager* eager = argument;
  const seafoam_event* batch[64];
  size_t count = 0;
  while (seafoam_events_next_batch(eager->events, -1, batch, 64, &count, NULL) == SEAFOAM_OK) {
    for (size_t i = 0; i < count; i++) {
      eager->lagged |= seafoam_event_kind(batch[i]) == SEAFOAM_EVENT_LAGGED;
      if (seafoam_event_kind(batch[i]) == SEAFOAM_EVENT_BROADCAST) {
        eager->in_order &= seafoam_event_index(batch[i]) == eager->heard % CHUNK;
        if (++eager->heard % CHUNK == 0) {
          latch_up(&eager->chunks);
        }
      }
    }
  }
  return NULL;
}

/* What a stream has after the flood that nobody read: the losses, then the newest, in order. */
static void check_what_was_kept(seafoam_events* lazy) {
  const seafoam_event* event = NULL;
  enum { KEPT = 1024 }; /* the default capacity */
  uint32_t next = (WRITTEN - KEPT) % CHUNK;
  REQUIRE(seafoam_events_next(lazy, 0, &event, NULL) == SEAFOAM_OK);
  CHECK(seafoam_event_kind(event) == SEAFOAM_EVENT_LAGGED);
  CHECK(seafoam_event_missed(event) == WRITTEN - KEPT);
  for (int i = 0; i < KEPT; i++) {
    REQUIRE(seafoam_events_next(lazy, 0, &event, NULL) == SEAFOAM_OK);
    CHECK(seafoam_event_index(event) == next);
    next = (next + 1) % CHUNK;
  }
  CHECK(seafoam_events_next(lazy, 0, &event, NULL) == SEAFOAM_TIMEOUT);
}

static void who_does_not_read_slows_nobody(void) {
  uint32_t broadcasts = SEAFOAM_EVENT_BIT(SEAFOAM_EVENT_BROADCAST);
  seafoam_events* lazy = open_kinds(broadcasts);
  struct eager eager = {.events = open_kinds(broadcasts), .chunks = LATCH, .in_order = true};
  pthread_t thread;
  REQUIRE(pthread_create(&thread, NULL, read_eagerly, &eager) == 0);
  for (int chunk = 1; chunk <= WRITTEN / CHUNK; chunk++) {
    publish(CHUNK);
    REQUIRE(latch_wait(&eager.chunks, chunk)); /* it keeps up, or the test takes for ever */
  }
  seafoam_events_close(eager.events);
  pthread_join(thread, NULL);
  CHECK(eager.heard == WRITTEN && eager.in_order && !eager.lagged);
  check_what_was_kept(lazy);
  seafoam_events_free(eager.events);
  seafoam_events_free(lazy);
}

static void the_last_status_survives_a_flood(void) {
  seafoam_events *lazy = open_kinds(0), *eager = open_kinds(0);
  seafoam_error* error = NULL;
  CHECK(worked(seafoam_cluster_leave(pair.b, DEADLINE, &error), &error));
  CHECK(sees(eager, "b", SEAFOAM_STATUS_LEFT));
  uint64_t before = seafoam_now_millis();
  publish(WRITTEN);
  /* A hundred thousand went past a queue that is full: the engine still answers at once. */
  CHECK(worked(seafoam_cluster_touch_node(pair.a, "a", &error), &error));
  CHECK(seafoam_now_millis() - before < DEADLINE / 2);
  CHECK(sees(lazy, "b", SEAFOAM_STATUS_LEFT));
  CHECK(next_of_kind(lazy, SEAFOAM_EVENT_LAGGED) != NULL);
  seafoam_events_free(lazy);
  seafoam_events_free(eager);
}

int main(void) {
  pair = start_pair("streams");
  if (pair.a == NULL || pair.b == NULL) {
    return 1;
  }
  RUN(who_does_not_read_slows_nobody);
  RUN(the_last_status_survives_a_flood);
  free_pair(pair);
  return REPORT();
}
