/* What an event costs on its way into C, one JSON object a line. Needs the library's feature
 * `bench`, which publishes events without a network.
 *   bench            every measure
 *   bench MEASURE... those alone
 * Throughput and overhead are of the reading thread's own time, what it frees and how it is woken
 * included, for bursts that stand in its queue already: neither the network nor the publisher is
 * measured. A burst is as large as a queue of the default capacity holds; those of `_deep` measures
 * are larger than the caches near a core. Latency is by the wall clock, from the call that
 * publishes to the reader that has the event.
 */
#include <poll.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "../tests/waiting.h"

enum { EVENTS = 50000, BURST = 1000, PAYLOAD = 64, ROUNDS = 5, BATCH = 256 };
enum { PINGS = 2000, IDLE = 150 };

seafoam_code seafoam_bench_publish(const seafoam_cluster* cluster, uint32_t count,
                                   size_t payload_bytes, seafoam_error** error);

static seafoam_cluster* cluster;

/* Five runs of a measure, and of what it is compared with. */
struct runs {
  double values[ROUNDS];
  double peers[ROUNDS];
};

static double elapsed(clockid_t clock, const struct timespec* since) {
  struct timespec now;
  clock_gettime(clock, &now);
  return (double)(now.tv_sec - since->tv_sec) * 1e9 + (double)(now.tv_nsec - since->tv_nsec);
}

static void print_list(const char* name, const double* values, const char* end) {
  printf("\"%s\": [", name);
  for (int i = 0; i < ROUNDS; i++) {
    printf("%s%.3f", i == 0 ? "" : ", ", values[i]);
  }
  printf("]%s", end);
}

static void print_runs(const char* measure, const char* unit, const char* peer,
                       const struct runs* runs) {
  printf("{\"language\": \"c\", \"measure\": \"%s\", \"unit\": \"%s\", ", measure, unit);
  print_list("values", runs->values, peer == NULL ? "" : ", ");
  if (peer != NULL) {
    printf("\"peer\": \"%s\", ", peer);
    print_list("peer_values", runs->peers, "");
  }
  printf("}\n");
  fflush(stdout);
}

static void publish(uint32_t count) {
  seafoam_error* error = NULL;
  CHECK(worked(seafoam_bench_publish(cluster, count, PAYLOAD, &error), &error));
}

/* A cluster for each measure: what one leaves behind (a thread for callbacks) is not measured with
 * the next. */
static void start(void) {
  seafoam_error* error = NULL;
  seafoam_config* config = test_config("bench", "a", "");
  CHECK(worked(seafoam_config_set(config, SEAFOAM_KEY_EVENT_CAPACITY, "65536", &error), &error));
  CHECK(worked(seafoam_cluster_start(config, &cluster, &error), &error));
  seafoam_config_free(config);
}

/* The peer: nothing but the call. The pointer is volatile, so that it is one. */
static void nothing(void* user_data, const seafoam_node* origin, const uint8_t* bytes,
                    size_t length) {
  (void)user_data, (void)origin, (void)bytes, (void)length;
}

static double nanoseconds_of_nothing(void) {
  seafoam_broadcast_function volatile function = nothing;
  uint8_t bytes[PAYLOAD] = {0};
  struct timespec begun;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &begun);
  for (int i = 0; i < EVENTS; i++) {
    function(NULL, NULL, bytes, PAYLOAD);
  }
  return elapsed(CLOCK_THREAD_CPUTIME_ID, &begun) / EVENTS;
}

/* Reads until nothing is left. */
static size_t pull(seafoam_events* events, size_t batch_size) {
  static const seafoam_event* batch[BATCH];
  size_t payload = 0, count = 1;
  while ((batch_size == 1 ? seafoam_events_next(events, 0, &batch[0], NULL)
                          : seafoam_events_next_batch(events, 0, batch, batch_size, &count,
                                                      NULL)) == SEAFOAM_OK) {
    for (size_t i = 0; i < count; i++) {
      size_t length = 0;
      seafoam_event_bytes(batch[i], &length);
      payload += length;
    }
  }
  return payload;
}

struct way {
  size_t batch_size;
  uint32_t burst;
  bool with_fd;
  /* What publishing takes, in place of reading. */
  bool of_publisher;
};

static double nanoseconds_of_pull(struct way way) {
  seafoam_events* events = open_events(cluster, false);
  double sum = 0;
  int fd = -1;
  if (way.with_fd) {
    CHECK(seafoam_events_fd(events, &fd, NULL) == SEAFOAM_OK);
  }
  for (int done = 0; done < EVENTS; done += (int)way.burst) {
    struct timespec begun;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &begun);
    publish(way.burst);
    double published = elapsed(CLOCK_THREAD_CPUTIME_ID, &begun);
    size_t payload = pull(events, way.batch_size);
    double both = elapsed(CLOCK_THREAD_CPUTIME_ID, &begun);
    sum += way.of_publisher ? published : both - published;
    CHECK(payload == (size_t)way.burst * PAYLOAD);
  }
  seafoam_events_free(events);
  return sum / EVENTS;
}

static void measure_pull(const char* measure, struct way way) {
  struct runs runs;
  for (int round = 0; round < ROUNDS; round++) {
    runs.values[round] = 1e9 / nanoseconds_of_pull(way);
    runs.peers[round] = 1e9 / nanoseconds_of_nothing();
  }
  print_runs(measure, "events/s", "empty function pointer", &runs);
}

static void throughput_next_batch(void) {
  measure_pull(__func__, (struct way){.batch_size = BATCH, .burst = BURST});
}

static void throughput_next_batch_deep(void) {
  measure_pull(__func__, (struct way){.batch_size = BATCH, .burst = EVENTS});
}

/* What the reader does not drop, the publisher does: this is its side. */
static void publish_ns(void) {
  struct runs runs;
  struct way way = {.batch_size = BATCH, .burst = BURST, .of_publisher = true};
  for (int round = 0; round < ROUNDS; round++) {
    runs.values[round] = nanoseconds_of_pull(way);
  }
  print_runs(__func__, "ns", NULL, &runs);
}

static void throughput_next(void) {
  measure_pull(__func__, (struct way){.batch_size = 1, .burst = BURST});
}

static void throughput_next_with_fd(void) {
  measure_pull(__func__, (struct way){.batch_size = 1, .burst = BURST, .with_fd = true});
}

/* Calls of one measurement: one in front of each burst, which waits until the burst stands in the
 * queue, and a last one that ends it. */
struct counter {
  struct latch entered, go;
  double sum;
  int calls;
  int burst;
  struct timespec begun;
};

static void count_call(struct counter* counter) {
  if (counter->calls++ % (counter->burst + 1) != 0) {
    return;
  }
  if (counter->calls > 1) {
    counter->sum += elapsed(CLOCK_THREAD_CPUTIME_ID, &counter->begun);
  }
  latch_up(&counter->entered);
  latch_wait(&counter->go, 1 + counter->calls / (counter->burst + 1));
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &counter->begun);
}

static void on_broadcast(void* counter, const seafoam_node* origin, const uint8_t* bytes,
                         size_t length) {
  (void)origin, (void)bytes, (void)length;
  count_call(counter);
}

static void on_event(void* counter, const seafoam_event* event) {
  size_t length = 0;
  if (seafoam_event_bytes(event, &length) != NULL) {
    count_call(counter);
  }
}

static double nanoseconds_of_callback(bool of_events, int burst) {
  struct counter counter = {.entered = LATCH, .go = LATCH, .burst = burst};
  seafoam_callback* callback = NULL;
  seafoam_error* error = NULL;
  uint32_t kinds = SEAFOAM_EVENT_BIT(SEAFOAM_EVENT_BROADCAST);
  seafoam_code code =
      of_events
          ? seafoam_cluster_on_event(cluster, kinds, on_event, &counter, NULL, &callback, &error)
          : seafoam_cluster_on_broadcast(cluster, on_broadcast, &counter, NULL, &callback, &error);
  CHECK(worked(code, &error));
  int fills = EVENTS / burst;
  for (int fill = 0; fill <= fills; fill++) {
    publish(1);
    CHECK(latch_wait(&counter.entered, fill + 1));
    if (fill < fills) {
      publish((uint32_t)burst);
    }
    latch_up(&counter.go);
  }
  seafoam_callback_remove(callback);
  return counter.sum / EVENTS;
}

static void measure_callback(const char* measure, bool of_events, int burst) {
  struct runs runs;
  for (int round = 0; round < ROUNDS; round++) {
    runs.peers[round] = nanoseconds_of_nothing();
    runs.values[round] = nanoseconds_of_callback(of_events, burst) - runs.peers[round];
  }
  print_runs(measure, "ns", "empty function pointer", &runs);
}

static void callback_overhead_ns(void) {
  measure_callback(__func__, false, BURST);
}

static void callback_overhead_deep_ns(void) {
  measure_callback(__func__, false, EVENTS);
}

static void callback_overhead_event_ns(void) {
  measure_callback(__func__, true, BURST);
}

static int ascending(const void* a, const void* b) {
  double left = *(const double*)a, right = *(const double*)b;
  return (left > right) - (left < right);
}

/* One event or count after another is sent when the last has arrived; when each came. */
static struct timespec sent;
static double waits[PINGS];
static struct latch arrived = LATCH;
static int plain_fd;

static void* read_events(void* events) {
  const seafoam_event* event = NULL;
  for (int i = 0; i < PINGS && seafoam_events_next(events, -1, &event, NULL) == SEAFOAM_OK; i++) {
    waits[i] = elapsed(CLOCK_MONOTONIC, &sent) / 1e3;
    latch_up(&arrived);
  }
  return NULL;
}

static void* read_plain(void* none) {
  for (int i = 0; i < PINGS; i++) {
    uint64_t count;
    if (read(plain_fd, &count, sizeof count) == (ssize_t)sizeof count) {
      waits[i] = elapsed(CLOCK_MONOTONIC, &sent) / 1e3;
      latch_up(&arrived);
    }
  }
  return none;
}

static void send_one(bool plain) {
  uint64_t one = 1;
  clock_gettime(CLOCK_MONOTONIC, &sent);
  if (plain) {
    CHECK(write(plain_fd, &one, sizeof one) == (ssize_t)sizeof one);
  } else {
    publish(1);
  }
}

static void ping_all(void* (*reader)(void*), void* argument) {
  pthread_t thread;
  arrived.count = 0;
  REQUIRE(pthread_create(&thread, NULL, reader, argument) == 0);
  for (int i = 0; i < PINGS; i++) {
    send_one(reader == read_plain);
    REQUIRE(latch_wait(&arrived, i + 1));
  }
  pthread_join(thread, NULL);
  qsort(waits, PINGS, sizeof *waits, ascending);
}

static void latency_us(void) {
  struct runs median, tail;
  for (int round = 0; round < ROUNDS; round++) {
    seafoam_events* events = open_events(cluster, false);
    ping_all(read_events, events);
    seafoam_events_free(events);
    median.values[round] = waits[PINGS / 2];
    tail.values[round] = waits[PINGS * 99 / 100];
    plain_fd = eventfd(0, EFD_CLOEXEC);
    ping_all(read_plain, NULL);
    close(plain_fd);
    median.peers[round] = waits[PINGS / 2];
    tail.peers[round] = waits[PINGS * 99 / 100];
  }
  print_runs("latency_p50_us", "us", "eventfd between two threads", &median);
  print_runs("latency_p99_us", "us", "eventfd between two threads", &tail);
}

static double resident_bytes(void) {
  long pages = 0;
  FILE* file = fopen("/proc/self/statm", "r");
  if (file == NULL || fscanf(file, "%*s %ld", &pages) != 1) {
    CHECK(pages > 0);
  }
  if (file != NULL) {
    fclose(file);
  }
  return (double)pages * (double)sysconf(_SC_PAGESIZE);
}

/* Idle streams, each with its file descriptor. All stay until the end: a round on memory that
 * another has freed would look cheaper than it is. */
static void memory_per_subscription_bytes(void) {
  static seafoam_events* all[ROUNDS][IDLE];
  struct runs runs;
  for (int round = 0; round < ROUNDS; round++) {
    double before = resident_bytes();
    for (int i = 0; i < IDLE; i++) {
      int fd = -1;
      all[round][i] = open_events(cluster, false);
      CHECK(seafoam_events_fd(all[round][i], &fd, NULL) == SEAFOAM_OK);
    }
    runs.values[round] = (resident_bytes() - before) / IDLE;
  }
  for (int i = 0; i < ROUNDS * IDLE; i++) {
    seafoam_events_free(all[i / IDLE][i % IDLE]);
  }
  print_runs(__func__, "bytes", NULL, &runs);
}

static const struct {
  const char* name;
  void (*run)(void);
} measures[] = {
    {"memory_per_subscription_bytes", memory_per_subscription_bytes},
    {"throughput_next_batch", throughput_next_batch},
    {"throughput_next_batch_deep", throughput_next_batch_deep},
    {"publish_ns", publish_ns},
    {"throughput_next", throughput_next},
    {"throughput_next_with_fd", throughput_next_with_fd},
    {"callback_overhead_ns", callback_overhead_ns},
    {"callback_overhead_deep_ns", callback_overhead_deep_ns},
    {"callback_overhead_event_ns", callback_overhead_event_ns},
    {"latency_us", latency_us},
};

int main(int count, char** names) {
  for (size_t i = 0; i < sizeof measures / sizeof *measures; i++) {
    bool wanted = count == 1;
    for (int k = 1; k < count; k++) {
      wanted |= strcmp(names[k], measures[i].name) == 0;
    }
    if (wanted) {
      start();
      RUN(measures[i].run);
      seafoam_cluster_free(cluster);
    }
  }
  return check_tests_failed == 0 && check_tests_passed > 0 ? 0 : 1;
}
