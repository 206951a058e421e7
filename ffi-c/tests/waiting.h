/* Waiting for what must happen, with a deadline and without sleeping. */
#ifndef SEAFOAM_WAITING_H
#define SEAFOAM_WAITING_H

#include <errno.h>
#include <pthread.h>
#include <time.h>

#include "nodes.h"

/* Counts what happened on other threads. */
struct latch {
  pthread_mutex_t lock;
  pthread_cond_t changed;
  int count;
};

#define LATCH {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0}

static inline void latch_up(struct latch* latch) {
  pthread_mutex_lock(&latch->lock);
  latch->count++;
  pthread_cond_broadcast(&latch->changed);
  pthread_mutex_unlock(&latch->lock);
}

static inline int latch_count(struct latch* latch) {
  pthread_mutex_lock(&latch->lock);
  int count = latch->count;
  pthread_mutex_unlock(&latch->lock);
  return count;
}

/* Whether it happened at least so often, in time. */
static inline bool latch_wait(struct latch* latch, int count) {
  struct timespec deadline;
  clock_gettime(CLOCK_REALTIME, &deadline);
  deadline.tv_sec += DEADLINE / 1000;
  pthread_mutex_lock(&latch->lock);
  int outcome = 0;
  while (latch->count < count && outcome != ETIMEDOUT) {
    outcome = pthread_cond_timedwait(&latch->changed, &latch->lock, &deadline);
  }
  bool there = latch->count >= count;
  pthread_mutex_unlock(&latch->lock);
  return there;
}

/* `user_data` of callbacks is such a latch; this is their `drop`. */
static inline void latch_drop(void* latch) {
  latch_up(latch);
}

/* The next event of this kind, skipping others; NULL where none comes in time. */
static inline const seafoam_event* next_of_kind(seafoam_events* events, seafoam_kind kind) {
  uint64_t deadline = seafoam_now_millis() + DEADLINE;
  for (uint64_t now = 0; (now = seafoam_now_millis()) < deadline;) {
    const seafoam_event* event = NULL;
    seafoam_code code = seafoam_events_next(events, (int64_t)(deadline - now), &event, NULL);
    if (code != SEAFOAM_OK) {
      fprintf(stderr, "  no %s event: %s\n", seafoam_event_kind_name(kind),
              seafoam_code_name(code));
      return NULL;
    }
    if (seafoam_event_kind(event) == kind) {
      return event;
    }
  }
  return NULL;
}

/* Whether the stream tells in time that this node has this status. */
static inline bool sees(seafoam_events* events, const char* name, seafoam_status status) {
  const seafoam_event* event;
  while ((event = next_of_kind(events, SEAFOAM_EVENT_STATUS)) != NULL) {
    if (seafoam_event_status(event) == status &&
        strcmp(seafoam_node_name(seafoam_event_node(event)), name) == 0) {
      return true;
    }
  }
  fprintf(stderr, "  never saw %s %s\n", name, seafoam_status_name(status));
  return false;
}

/* Whether the stream delivers in time a broadcast of this text. */
static inline bool hears(seafoam_events* events, const char* text) {
  const seafoam_event* event;
  while ((event = next_of_kind(events, SEAFOAM_EVENT_BROADCAST)) != NULL) {
    size_t length = 0;
    const uint8_t* bytes = seafoam_event_bytes(event, &length);
    if (length == strlen(text) && memcmp(bytes, text, length) == 0) {
      return true;
    }
  }
  return false;
}

/* A stream of everything from now on; NULL fails the test. */
static inline seafoam_events* open_events(seafoam_cluster* cluster, bool initial) {
  seafoam_events* events = NULL;
  seafoam_error* error = NULL;
  CHECK(worked(seafoam_cluster_events(cluster, 0, 0, initial, &events, &error), &error));
  return events;
}

/* Two nodes that know each other. */
struct pair {
  seafoam_cluster* a;
  seafoam_cluster* b;
};

static inline struct pair start_pair(const char* group) {
  char address[80];
  seafoam_error* error = NULL;
  struct pair pair = {start_node(group, "a", ""), NULL};
  if (pair.a != NULL) {
    pair.b = start_node(group, "b", address_of(pair.a, address, sizeof address));
  }
  if (pair.b != NULL) {
    CHECK(worked(seafoam_cluster_ready(pair.a, 2, false, DEADLINE, &error), &error));
    CHECK(worked(seafoam_cluster_ready(pair.b, 2, false, DEADLINE, &error), &error));
  }
  return pair;
}

static inline void free_pair(struct pair pair) {
  seafoam_cluster_free(pair.a);
  seafoam_cluster_free(pair.b);
}

#endif
