/* What an event costs on its way into C: nanoseconds of the reading thread for each, from a queue
 * that is full already, so that neither the network nor the publisher is measured. Needs the
 * library's feature `bench`.
 */
#include "waiting.h"

enum { EVENTS = 50000, PAYLOAD = 64, ROUNDS = 5 };

seafoam_code seafoam_bench_publish(const seafoam_cluster* cluster, uint32_t count,
                                   size_t payload_bytes, seafoam_error** error);

static seafoam_cluster* cluster;
static struct latch entered = LATCH, go = LATCH, finished = LATCH;
static int calls;
static struct timespec begun, ended;

static double nanoseconds_each(void) {
  double seconds = (double)(ended.tv_sec - begun.tv_sec);
  return (seconds * 1e9 + (double)(ended.tv_nsec - begun.tv_nsec)) / EVENTS;
}

static void publish(uint32_t count) {
  seafoam_error* error = NULL;
  CHECK(worked(seafoam_bench_publish(cluster, count, PAYLOAD, &error), &error));
}

/* The first call waits until all the others stand in the queue. */
static void count_call(void) {
  if (calls == 0) {
    latch_up(&entered);
    latch_wait(&go, 1);
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &begun);
  }
  if (++calls == EVENTS + 1) {
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ended);
    latch_up(&finished);
  }
}

static void on_broadcast(void* user_data, const seafoam_node* origin, const uint8_t* bytes,
                         size_t length) {
  (void)user_data, (void)origin, (void)bytes, (void)length;
  count_call();
}

static void on_event(void* user_data, const seafoam_event* event) {
  size_t length = 0;
  (void)user_data;
  if (seafoam_event_bytes(event, &length) != NULL) {
    count_call();
  }
}

static void measure_calls(const char* name, bool of_events) {
  for (int round = 0; round < ROUNDS; round++) {
    seafoam_callback* callback = NULL;
    seafoam_error* error = NULL;
    uint32_t kinds = SEAFOAM_EVENT_BIT(SEAFOAM_EVENT_BROADCAST);
    seafoam_code code =
        of_events
            ? seafoam_cluster_on_event(cluster, kinds, on_event, NULL, NULL, &callback, &error)
            : seafoam_cluster_on_broadcast(cluster, on_broadcast, NULL, NULL, &callback, &error);
    REQUIRE(worked(code, &error));
    calls = 0;
    entered.count = go.count = finished.count = 0;
    publish(1);
    REQUIRE(latch_wait(&entered, 1));
    publish(EVENTS);
    latch_up(&go);
    REQUIRE(latch_wait(&finished, 1));
    printf("%-22s %6.1f ns an event\n", name, nanoseconds_each());
    seafoam_callback_remove(callback);
  }
}

static void measure_pulls(const char* name, size_t batch_size, bool with_fd) {
  static const seafoam_event* batch[256];
  for (int round = 0; round < ROUNDS; round++) {
    seafoam_events* events = open_events(cluster, false);
    seafoam_error* error = NULL;
    int fd = -1;
    if (with_fd) {
      REQUIRE(worked(seafoam_events_fd(events, &fd, &error), &error));
    }
    publish(EVENTS);
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &begun);
    for (size_t got = 0, count = 1; got < EVENTS; got += count) {
      seafoam_code code =
          batch_size == 1 ? seafoam_events_next(events, 0, &batch[0], NULL)
                          : seafoam_events_next_batch(events, 0, batch, batch_size, &count, NULL);
      REQUIRE(code == SEAFOAM_OK);
    }
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ended);
    printf("%-22s %6.1f ns an event\n", name, nanoseconds_each());
    seafoam_events_free(events);
  }
}

static void measure_all(void) {
  measure_calls("on_broadcast", false);
  measure_calls("on_event", true);
  measure_pulls("next", 1, false);
  measure_pulls("next with fd", 1, true);
  measure_pulls("next_batch of 256", 256, false);
}

int main(void) {
  seafoam_error* error = NULL;
  seafoam_config* config = test_config("bench", "a", "");
  CHECK(worked(seafoam_config_set(config, SEAFOAM_KEY_EVENT_CAPACITY, "65536", &error), &error));
  CHECK(worked(seafoam_cluster_start(config, &cluster, &error), &error));
  seafoam_config_free(config);
  RUN(measure_all);
  seafoam_cluster_free(cluster);
  return REPORT();
}
