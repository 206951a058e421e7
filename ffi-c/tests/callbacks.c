/* Callbacks: who is called with what, that `drop` runs exactly once, and calls from inside. */
#include "waiting.h"

static struct pair pair;

/* What a callback notes, and how often it was dropped. */
struct notes {
  struct latch calls;
  struct latch drops;
  seafoam_callback* callback;
  seafoam_cluster* cluster;
};

#define NOTES {LATCH, LATCH, NULL, NULL}

static void dropped(void* user_data) {
  latch_up(&((struct notes*)user_data)->drops);
}

static void on_broadcast(void* user_data, const seafoam_node* origin, const uint8_t* bytes,
                         size_t length) {
  CHECK(strcmp(seafoam_node_name(origin), "b") == 0);
  CHECK(length == 5 && memcmp(bytes, "hello", 5) == 0);
  latch_up(&((struct notes*)user_data)->calls);
}

static void say_hello(void) {
  seafoam_error* error = NULL;
  CHECK(worked(seafoam_cluster_broadcast_text(pair.b, "hello", NULL, &error), &error));
}

static void broadcasts_are_called_until_removal(void) {
  struct notes notes = NOTES;
  seafoam_error* error = NULL;
  REQUIRE(worked(
      seafoam_cluster_on_broadcast(pair.a, on_broadcast, &notes, dropped, &notes.callback, &error),
      &error));
  say_hello();
  CHECK(latch_wait(&notes.calls, 1) && latch_count(&notes.drops) == 0);
  seafoam_callback_remove(notes.callback);
  CHECK(latch_count(&notes.drops) == 1);
  /* Another callback shows that a later broadcast came, and the removed one was not called. */
  struct notes later = NOTES;
  REQUIRE(worked(
      seafoam_cluster_on_broadcast(pair.a, on_broadcast, &later, dropped, &later.callback, &error),
      &error));
  say_hello();
  CHECK(latch_wait(&later.calls, 1) && latch_count(&notes.calls) == 1);
  seafoam_callback_remove(later.callback);
  CHECK(latch_count(&later.drops) == 1 && latch_count(&notes.drops) == 1);
}

static void on_event(void* user_data, const seafoam_event* event) {
  struct notes* notes = user_data;
  CHECK(seafoam_event_kind(event) == SEAFOAM_EVENT_BROADCAST);
  seafoam_event* copy = seafoam_event_clone(event);
  size_t length = 0;
  CHECK(seafoam_event_bytes(copy, &length) != NULL && length == 5);
  seafoam_event_free(copy);
  latch_up(&notes->calls);
}

static void events_are_called_by_kind(void) {
  struct notes notes = NOTES;
  seafoam_error* error = NULL;
  uint32_t kinds = SEAFOAM_EVENT_BIT(SEAFOAM_EVENT_BROADCAST);
  REQUIRE(worked(
      seafoam_cluster_on_event(pair.a, kinds, on_event, &notes, dropped, &notes.callback, &error),
      &error));
  say_hello();
  CHECK(latch_wait(&notes.calls, 1));
  seafoam_callback_remove(notes.callback);
  CHECK(latch_count(&notes.drops) == 1);
}

static void on_status(void* user_data, const seafoam_node* node, seafoam_status status) {
  struct notes* notes = user_data;
  CHECK(seafoam_node_status(node) == status);
  if (strcmp(seafoam_node_name(node), "c") == 0 && status == SEAFOAM_STATUS_ALIVE) {
    latch_up(&notes->calls);
  }
}

static void statuses_are_called(void) {
  char address[80];
  struct notes notes = NOTES;
  seafoam_error* error = NULL;
  REQUIRE(
      worked(seafoam_cluster_on_status(pair.a, on_status, &notes, dropped, &notes.callback, &error),
             &error));
  seafoam_cluster* c = start_node("callbacks", "c", address_of(pair.b, address, sizeof address));
  CHECK(latch_wait(&notes.calls, 1));
  CHECK(worked(seafoam_cluster_leave(c, DEADLINE, &error), &error));
  seafoam_cluster_free(c);
  seafoam_callback_remove(notes.callback);
  CHECK(latch_count(&notes.drops) == 1);
}

/* Makes calls of every sort, and removes itself. */
static void on_broadcast_inside(void* user_data, const seafoam_node* origin, const uint8_t* bytes,
                                size_t length) {
  struct notes* notes = user_data;
  seafoam_nodes* nodes = NULL;
  seafoam_callback* other = NULL;
  seafoam_error* error = NULL;
  (void)origin, (void)bytes, (void)length;
  CHECK(worked(seafoam_cluster_all_nodes(notes->cluster, &nodes, &error), &error));
  CHECK(seafoam_nodes_length(nodes) >= 2);
  seafoam_nodes_free(nodes);
  CHECK(worked(seafoam_cluster_broadcast_text(notes->cluster, "inside", NULL, &error), &error));
  CHECK(worked(
      seafoam_cluster_on_broadcast(notes->cluster, on_broadcast, notes, NULL, &other, &error),
      &error));
  seafoam_callback_remove(other);
  seafoam_callback_remove(notes->callback);
  CHECK(latch_count(&notes->drops) == 0); /* it still runs */
  latch_up(&notes->calls);
}

static void any_call_may_be_made_from_inside(void) {
  struct notes notes = NOTES;
  seafoam_error* error = NULL;
  notes.cluster = pair.a;
  REQUIRE(worked(seafoam_cluster_on_broadcast(pair.a, on_broadcast_inside, &notes, dropped,
                                              &notes.callback, &error),
                 &error));
  say_hello();
  CHECK(latch_wait(&notes.calls, 1) && latch_wait(&notes.drops, 1));
  say_hello();
  seafoam_events* events = open_events(pair.a, false);
  say_hello();
  CHECK(hears(events, "hello"));
  seafoam_events_free(events);
  CHECK(latch_count(&notes.calls) == 1 && latch_count(&notes.drops) == 1);
}

static struct latch entered = LATCH, released = LATCH;

static void on_broadcast_slow(void* user_data, const seafoam_node* origin, const uint8_t* bytes,
                              size_t length) {
  (void)origin, (void)bytes, (void)length;
  latch_up(&entered);
  CHECK(latch_wait(&released, 1));
  latch_up(&((struct notes*)user_data)->calls);
}

static void* release(void* nothing) {
  latch_up(&released);
  return nothing;
}

static void removal_waits_for_a_running_call(void) {
  struct notes notes = NOTES;
  seafoam_error* error = NULL;
  pthread_t thread;
  REQUIRE(worked(seafoam_cluster_on_broadcast(pair.a, on_broadcast_slow, &notes, dropped,
                                              &notes.callback, &error),
                 &error));
  say_hello();
  REQUIRE(latch_wait(&entered, 1));
  REQUIRE(pthread_create(&thread, NULL, release, NULL) == 0);
  seafoam_callback_remove(notes.callback);
  CHECK(latch_count(&notes.drops) == 1); /* before removal returned */
  /* A greeting of the test before may still have been on its way: at least one call. */
  CHECK(latch_count(&notes.calls) >= 1 && latch_count(&notes.drops) == 1);
  pthread_join(thread, NULL);
}

/* A call that does not return holds nobody for ever: removal gives up, and what it was given is
 * dropped once, after the call. */
static void removal_gives_up_after_a_second(void) {
  struct notes notes = NOTES;
  seafoam_error* error = NULL;
  entered = (struct latch)LATCH;
  released = (struct latch)LATCH;
  REQUIRE(worked(seafoam_cluster_on_broadcast(pair.a, on_broadcast_slow, &notes, dropped,
                                              &notes.callback, &error),
                 &error));
  say_hello();
  REQUIRE(latch_wait(&entered, 1));
  say_hello(); /* waits behind the running call, and is never told */
  uint64_t before = seafoam_now_millis();
  seafoam_callback_remove(notes.callback);
  uint64_t waited = seafoam_now_millis() - before;
  CHECK(waited >= 900 && waited < DEADLINE / 2);
  CHECK(latch_count(&notes.drops) == 0 && latch_count(&notes.calls) == 0);
  latch_up(&released);
  CHECK(latch_wait(&notes.drops, 1));
  CHECK(latch_count(&notes.calls) == 1 && latch_count(&entered) == 1);
  CHECK(latch_count(&notes.drops) == 1);
}

static void what_cannot_be_installed_is_dropped(void) {
  struct notes notes = NOTES;
  seafoam_error* error = NULL;
  seafoam_callback* callback = (seafoam_callback*)(uintptr_t)1;
  CHECK(failed_with(seafoam_cluster_on_broadcast(pair.a, NULL, &notes, dropped, &callback, &error),
                    SEAFOAM_INVALID_CONFIG, &error, "function is NULL"));
  CHECK(latch_count(&notes.drops) == 1 && callback == NULL);
  CHECK(failed_with(seafoam_cluster_on_status(NULL, on_status, &notes, dropped, &callback, &error),
                    SEAFOAM_INVALID_CONFIG, &error, "cluster is NULL"));
  CHECK(latch_count(&notes.drops) == 2);
  CHECK(failed_with(seafoam_cluster_on_event(NULL, 0, on_event, &notes, dropped, NULL, &error),
                    SEAFOAM_INVALID_CONFIG, &error, "cluster is NULL"));
  CHECK(latch_count(&notes.drops) == 3);
  CHECK(failed_with(seafoam_cluster_on_status(pair.a, NULL, NULL, NULL, NULL, &error),
                    SEAFOAM_INVALID_CONFIG, &error, "function is NULL"));
}

/* Calls the library from `drop`, which may want to put something else in its place. */
static void dropped_with_a_call(void* user_data) {
  struct notes* notes = user_data;
  seafoam_error* error = NULL;
  seafoam_code code =
      seafoam_cluster_on_broadcast(notes->cluster, on_broadcast, notes, NULL, NULL, &error);
  CHECK(failed_with(code, SEAFOAM_CLOSED, &error, "closed"));
  latch_up(&notes->drops);
}

static void closing_drops_all(void) {
  struct notes held = NOTES, detached = NOTES, closed = NOTES;
  seafoam_error* error = NULL;
  detached.cluster = pair.a;
  REQUIRE(worked(
      seafoam_cluster_on_broadcast(pair.a, on_broadcast, &held, dropped, &held.callback, &error),
      &error));
  REQUIRE(worked(seafoam_cluster_on_broadcast(pair.a, on_broadcast, &detached, dropped_with_a_call,
                                              NULL, &error),
                 &error));
  CHECK(worked(seafoam_cluster_close(pair.a, &error), &error));
  CHECK(latch_wait(&held.drops, 1) && latch_wait(&detached.drops, 1));
  seafoam_callback_remove(held.callback);
  CHECK(latch_count(&held.drops) == 1 && latch_count(&detached.drops) == 1);
  CHECK(failed_with(
      seafoam_cluster_on_broadcast(pair.a, on_broadcast, &closed, dropped, NULL, &error),
      SEAFOAM_CLOSED, &error, "closed"));
  CHECK(latch_count(&closed.drops) == 1);
}

static void on_broadcast_closes(void* user_data, const seafoam_node* origin, const uint8_t* bytes,
                                size_t length) {
  struct notes* notes = user_data;
  seafoam_error* error = NULL;
  (void)origin, (void)bytes, (void)length;
  CHECK(worked(seafoam_cluster_close(notes->cluster, &error), &error));
  CHECK(seafoam_cluster_is_closed(notes->cluster));
  latch_up(&notes->calls);
}

static void a_cluster_is_closed_from_inside(void) {
  struct pair two = start_pair("inside");
  struct notes notes = NOTES;
  seafoam_error* error = NULL;
  notes.cluster = two.a;
  REQUIRE(worked(
      seafoam_cluster_on_broadcast(two.a, on_broadcast_closes, &notes, dropped, NULL, &error),
      &error));
  CHECK(worked(seafoam_cluster_broadcast_text(two.b, "end", NULL, &error), &error));
  CHECK(latch_wait(&notes.calls, 1) && latch_wait(&notes.drops, 1));
  CHECK(latch_count(&notes.calls) == 1);
  free_pair(two);
  CHECK(latch_count(&notes.drops) == 1);
}

int main(void) {
  pair = start_pair("callbacks");
  if (pair.a == NULL || pair.b == NULL) {
    return 1;
  }
  RUN(broadcasts_are_called_until_removal);
  RUN(events_are_called_by_kind);
  RUN(statuses_are_called);
  RUN(any_call_may_be_made_from_inside);
  RUN(removal_waits_for_a_running_call);
  RUN(removal_gives_up_after_a_second);
  RUN(what_cannot_be_installed_is_dropped);
  RUN(closing_drops_all); /* closes a */
  RUN(a_cluster_is_closed_from_inside);
  free_pair(pair);
  return REPORT();
}
