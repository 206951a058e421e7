/* Streams: waiting, looking, batches, the file descriptor, borrowing, and the end. */
#include <fcntl.h>
#include <poll.h>

#include "waiting.h"

static struct pair pair;

static void initial_events_tell_who_is_there(void) {
  seafoam_events* events = open_events(pair.a, true);
  bool a = false, b = false;
  for (int i = 0; i < 2; i++) {
    const seafoam_event* event = next_of_kind(events, SEAFOAM_EVENT_STATUS);
    REQUIRE(event != NULL);
    const char* name = seafoam_node_name(seafoam_event_node(event));
    CHECK(seafoam_event_status(event) == SEAFOAM_STATUS_ALIVE);
    CHECK(seafoam_event_previous(event) == SEAFOAM_STATUS_UNKNOWN);
    CHECK(seafoam_event_source(event) != NULL);
    a |= strcmp(name, "a") == 0;
    b |= strcmp(name, "b") == 0;
  }
  CHECK(a && b);
  seafoam_events_free(events);
}

static void nothing_in_time_is_no_error(void) {
  seafoam_events* events = NULL;
  seafoam_error* error = (seafoam_error*)(uintptr_t)1;
  const seafoam_event* event = (const seafoam_event*)(uintptr_t)1;
  size_t count = 7;
  uint32_t kinds = SEAFOAM_EVENT_BIT(SEAFOAM_EVENT_MESSAGE);
  REQUIRE(worked(seafoam_cluster_events(pair.a, kinds, 0, true, &events, &error), &error));
  error = (seafoam_error*)(uintptr_t)1;
  CHECK(seafoam_events_next(events, 0, &event, &error) == SEAFOAM_TIMEOUT);
  CHECK(event == NULL && error == NULL);
  CHECK(seafoam_events_next(events, 20, &event, NULL) == SEAFOAM_TIMEOUT);
  CHECK(seafoam_events_next_batch(events, 20, &event, 1, &count, &error) == SEAFOAM_TIMEOUT);
  CHECK(count == 0 && error == NULL);
  CHECK(failed_with(seafoam_events_next(events, 0, NULL, &error), SEAFOAM_INVALID_CONFIG, &error,
                    "event is NULL"));
  CHECK(failed_with(seafoam_events_next_batch(events, 0, NULL, 1, &count, &error),
                    SEAFOAM_INVALID_CONFIG, &error, "batch has no room"));
  CHECK(failed_with(seafoam_events_next_batch(events, 0, &event, 0, &count, &error),
                    SEAFOAM_INVALID_CONFIG, &error, "batch has no room"));
  CHECK(failed_with(seafoam_events_next_batch(events, 0, &event, 1, NULL, &error),
                    SEAFOAM_INVALID_CONFIG, &error, "count is NULL"));
  seafoam_events_free(events);
}

static void capacities_out_of_range_are_refused(void) {
  seafoam_events* events = (seafoam_events*)(uintptr_t)1;
  seafoam_error* error = NULL;
  size_t beyond = (size_t)SEAFOAM_LIMIT_EVENT_CAPACITY_MAXIMUM + 1;
  CHECK(failed_with(seafoam_cluster_events(pair.a, 0, beyond, false, &events, &error),
                    SEAFOAM_INVALID_CONFIG, &error, "1048576"));
  CHECK(events == NULL);
  CHECK(failed_with(seafoam_cluster_events(pair.a, 0, 0, false, NULL, &error),
                    SEAFOAM_INVALID_CONFIG, &error, "events is NULL"));
}

static void a_broadcast_has_all_its_fields(void) {
  seafoam_events* events = open_events(pair.a, false);
  seafoam_error* error = NULL;
  char* label = NULL;
  const char payload[] = {'x', '\0', 'y', (char)0xff};
  REQUIRE(
      worked(seafoam_cluster_broadcast(pair.b, payload, sizeof payload, &label, &error), &error));
  const seafoam_event* event = next_of_kind(events, SEAFOAM_EVENT_BROADCAST);
  REQUIRE(event != NULL);
  size_t length = 0;
  const uint8_t* bytes = seafoam_event_bytes(event, &length);
  CHECK(length == sizeof payload && memcmp(bytes, payload, length) == 0);
  CHECK(seafoam_event_bytes(event, NULL) == bytes);
  CHECK(strcmp(seafoam_event_label(event), label) == 0);
  char tail[16];
  snprintf(tail, sizeof tail, ":%u", (unsigned)seafoam_event_index(event));
  CHECK(strcmp(strrchr(label, ':'), tail) == 0);
  CHECK(strcmp(seafoam_node_name(seafoam_event_origin(event)), "b") == 0);
  /* What belongs to other kinds is nothing. */
  CHECK(seafoam_event_node(event) == NULL && seafoam_event_sender(event) == NULL);
  CHECK(seafoam_event_leader(event) == NULL && seafoam_event_source(event) == NULL);
  CHECK(seafoam_event_other_address(event) == NULL && seafoam_event_validity(event) == NULL);
  CHECK(seafoam_event_error(event) == NULL && seafoam_event_status(event) == -1);
  CHECK(seafoam_event_previous(event) == -1 && seafoam_event_direction(event) == -1);
  CHECK(seafoam_event_scope(event) == -1 && seafoam_event_number(event) == -1);
  CHECK(seafoam_event_missed(event) == 0 && seafoam_event_members(event) == 0);
  CHECK(seafoam_event_term(event) == 0 && !seafoam_event_lost(event));
  seafoam_string_free(label);
  seafoam_events_free(events);
}

static void a_clone_outlives_its_stream(void) {
  seafoam_events* events = open_events(pair.a, false);
  seafoam_error* error = NULL;
  REQUIRE(worked(seafoam_cluster_broadcast_text(pair.b, "keep me", NULL, &error), &error));
  const seafoam_event* event = next_of_kind(events, SEAFOAM_EVENT_BROADCAST);
  REQUIRE(event != NULL);
  seafoam_event* kept = seafoam_event_clone(event);
  seafoam_event* again = seafoam_event_clone(kept);
  seafoam_node* origin = seafoam_node_clone(seafoam_event_origin(event));
  seafoam_events_free(events);
  size_t length = 0;
  CHECK(memcmp(seafoam_event_bytes(kept, &length), "keep me", 7) == 0 && length == 7);
  seafoam_event_free(kept);
  CHECK(strcmp(seafoam_node_name(seafoam_event_origin(again)), "b") == 0);
  seafoam_event_free(again);
  CHECK(strcmp(seafoam_node_name(origin), "b") == 0);
  seafoam_node_free(origin);
}

static bool is_readable(int fd, int timeout_millis) {
  struct pollfd ready = {.fd = fd, .events = POLLIN};
  return poll(&ready, 1, timeout_millis) == 1 && (ready.revents & POLLIN) != 0;
}

static void the_descriptor_follows_the_queue(void) {
  seafoam_events* events = NULL;
  seafoam_error* error = NULL;
  const seafoam_event* event = NULL;
  int fd = -1, again = -1;
  uint32_t kinds = SEAFOAM_EVENT_BIT(SEAFOAM_EVENT_BROADCAST);
  REQUIRE(worked(seafoam_cluster_events(pair.a, kinds, 0, false, &events, &error), &error));
  REQUIRE(worked(seafoam_events_fd(events, &fd, &error), &error));
  CHECK(worked(seafoam_events_fd(events, &again, &error), &error) && again == fd);
  CHECK((fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0 && (fcntl(fd, F_GETFL) & O_NONBLOCK) != 0);
  CHECK(!is_readable(fd, 0));
  for (int round = 0; round < 20; round++) {
    CHECK(worked(seafoam_cluster_broadcast_text(pair.b, "one", NULL, &error), &error));
    CHECK(worked(seafoam_cluster_broadcast_text(pair.b, "two", NULL, &error), &error));
    CHECK(is_readable(fd, DEADLINE));
    CHECK(seafoam_events_next(events, DEADLINE, &event, NULL) == SEAFOAM_OK);
    CHECK(is_readable(fd, DEADLINE)); /* the second one waits, or comes */
    CHECK(is_readable(fd, 0));        /* looking takes nothing away */
    CHECK(seafoam_events_next(events, DEADLINE, &event, NULL) == SEAFOAM_OK);
    CHECK(!is_readable(fd, 0));
  }
  seafoam_events_free(events);
  CHECK(fcntl(fd, F_GETFD) == -1); /* it went with the stream */
}

static void a_late_descriptor_knows_what_waits(void) {
  seafoam_events* events = open_events(pair.a, true);
  seafoam_error* error = NULL;
  int fd = -1;
  REQUIRE(worked(seafoam_events_fd(events, &fd, &error), &error));
  CHECK(is_readable(fd, 0));
  seafoam_events_close(events);
  const seafoam_event* event = NULL;
  while (seafoam_events_next(events, DEADLINE, &event, NULL) == SEAFOAM_OK) {
    CHECK(seafoam_event_kind(event) == SEAFOAM_EVENT_CLOSED || is_readable(fd, 0));
  }
  CHECK(!is_readable(fd, 0));
  seafoam_events_free(events);
}

static void a_batch_is_borrowed_as_a_whole(void) {
  enum { SENT = 10 };
  seafoam_events* events = NULL;
  seafoam_error* error = NULL;
  const seafoam_event* batch[64] = {NULL};
  uint32_t kinds = SEAFOAM_EVENT_BIT(SEAFOAM_EVENT_BROADCAST);
  REQUIRE(worked(seafoam_cluster_events(pair.a, kinds, 0, false, &events, &error), &error));
  for (int i = 0; i < SENT; i++) {
    char text[2] = {(char)('0' + i), '\0'};
    CHECK(worked(seafoam_cluster_broadcast_text(pair.b, text, NULL, &error), &error));
  }
  unsigned seen = 0;
  for (int got = 0; got < SENT;) {
    size_t count = 0;
    REQUIRE(worked(seafoam_events_next_batch(events, DEADLINE, batch, 3, &count, &error), &error));
    REQUIRE(count >= 1 && count <= 3);
    for (size_t i = 0; i < count; i++) { /* the last is read while the first is still borrowed */
      size_t length = 0;
      const uint8_t* bytes = seafoam_event_bytes(batch[i], &length);
      REQUIRE(length == 1);
      seen |= 1u << (bytes[0] - '0');
    }
    got += (int)count;
  }
  CHECK(seen == (1u << SENT) - 1);
  seafoam_events_free(events);
}

static void a_slow_reader_learns_what_it_lost(void) {
  enum { SENT = 8 };
  seafoam_events *small = NULL, *wide = open_events(pair.a, false);
  seafoam_error* error = NULL;
  uint32_t kinds = SEAFOAM_EVENT_BIT(SEAFOAM_EVENT_BROADCAST);
  REQUIRE(worked(seafoam_cluster_events(pair.a, kinds, 2, false, &small, &error), &error));
  for (int i = 0; i < SENT; i++) {
    CHECK(worked(seafoam_cluster_broadcast_text(pair.b, "x", NULL, &error), &error));
  }
  for (int i = 0; i < SENT; i++) {
    REQUIRE(next_of_kind(wide, SEAFOAM_EVENT_BROADCAST) != NULL);
  }
  /* All eight are there now: a first, wider stream has seen them. */
  seafoam_cluster_close(pair.a, NULL);
  const seafoam_event* event = NULL;
  REQUIRE(seafoam_events_next(small, DEADLINE, &event, NULL) == SEAFOAM_OK);
  CHECK(seafoam_event_kind(event) == SEAFOAM_EVENT_LAGGED);
  CHECK(seafoam_event_missed(event) == SENT - 2);
  CHECK(next_of_kind(small, SEAFOAM_EVENT_BROADCAST) != NULL);
  CHECK(next_of_kind(small, SEAFOAM_EVENT_BROADCAST) != NULL);
  event = next_of_kind(small, SEAFOAM_EVENT_CLOSED);
  CHECK(event != NULL && seafoam_event_error(event) == NULL); /* it was asked to */
  CHECK(failed_with(seafoam_events_next(small, -1, &event, &error), SEAFOAM_CLOSED, &error,
                    "closed"));
  CHECK(event == NULL);
  seafoam_events_free(small);
  seafoam_events_free(wide);
}

/* Reads until the end, and tells how many broadcasts were its own. */
static void* reader(void* events) {
  const seafoam_event* event = NULL;
  intptr_t count = 0;
  seafoam_code code;
  while ((code = seafoam_events_next(events, -1, &event, NULL)) == SEAFOAM_OK) {
    count += seafoam_event_kind(event) == SEAFOAM_EVENT_BROADCAST;
    CHECK(seafoam_event_kind(event) != -1);
  }
  CHECK(code == SEAFOAM_CLOSED);
  return (void*)count;
}

static void readers_share_a_stream_and_end_with_it(void) {
  enum { SENT = 200, READERS = 4 };
  pthread_t threads[READERS];
  seafoam_events *shared = open_events(pair.a, false), *own = open_events(pair.a, false);
  seafoam_error* error = NULL;
  for (int i = 0; i < READERS; i++) {
    REQUIRE(pthread_create(&threads[i], NULL, reader, shared) == 0);
  }
  for (int i = 0; i < SENT; i++) {
    CHECK(worked(seafoam_cluster_broadcast_text(pair.b, "x", NULL, &error), &error));
    CHECK(next_of_kind(own, SEAFOAM_EVENT_BROADCAST) != NULL);
  }
  seafoam_events_close(shared);
  intptr_t sum = 0;
  for (int i = 0; i < READERS; i++) {
    void* count = NULL;
    pthread_join(threads[i], &count);
    sum += (intptr_t)count;
  }
  CHECK(sum == SENT);
  seafoam_events_free(shared);
  seafoam_events_free(own);
}

static void a_stream_outlives_its_cluster(void) {
  seafoam_events* events = open_events(pair.b, true);
  seafoam_cluster_free(pair.b);
  pair.b = NULL;
  CHECK(next_of_kind(events, SEAFOAM_EVENT_STATUS) != NULL);
  CHECK(next_of_kind(events, SEAFOAM_EVENT_CLOSED) != NULL);
  const seafoam_event* event = NULL;
  CHECK(seafoam_events_next(events, -1, &event, NULL) == SEAFOAM_CLOSED);
  seafoam_events_free(events);
}

int main(void) {
  pair = start_pair("events");
  if (pair.a == NULL || pair.b == NULL) {
    return 1;
  }
  RUN(initial_events_tell_who_is_there);
  RUN(nothing_in_time_is_no_error);
  RUN(capacities_out_of_range_are_refused);
  RUN(a_broadcast_has_all_its_fields);
  RUN(a_clone_outlives_its_stream);
  RUN(the_descriptor_follows_the_queue);
  RUN(a_late_descriptor_knows_what_waits);
  RUN(a_batch_is_borrowed_as_a_whole);
  RUN(readers_share_a_stream_and_end_with_it);
  RUN(a_slow_reader_learns_what_it_lost); /* closes a */
  RUN(a_stream_outlives_its_cluster);     /* frees b */
  free_pair(pair);
  return REPORT();
}
