/* Lives that end: many after one another, many at once, while others wait, and with their process.
 *   torture          all tests
 *   torture exit N   a process that ends in the midst of events; N says how */
#include <dirent.h>
#include <poll.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "waiting.h"

enum { CYCLES = 200, WARM = 20, EXITS = 100, AT_ONCE = 8, WAITERS = 4, ROUNDS = 10, MANY = 50 };
enum { GROWN_BYTES = 2 << 20 };

extern char** environ;

/* Sanitizers make everything slow, and keep what was freed for a while. */
static bool sanitized(void) {
  return getenv("ASAN_OPTIONS") != NULL;
}

static int entries(const char* folder) {
  int count = 0;
  DIR* open = opendir(folder);
  while (open != NULL && readdir(open) != NULL) {
    count++;
  }
  closedir(open);
  return count;
}

static long resident_bytes(void) {
  long pages = 0;
  FILE* file = fopen("/proc/self/statm", "r");
  CHECK(file != NULL && fscanf(file, "%*s %ld", &pages) == 1);
  fclose(file);
  return pages * sysconf(_SC_PAGESIZE);
}

static void ignore(void* user_data, const seafoam_event* event) {
  (void)user_data, (void)event;
}

/* One life with everything that holds memory, threads and descriptors. */
static void live(int round) {
  struct latch drops = LATCH;
  seafoam_error* error = NULL;
  seafoam_callback* callback = NULL;
  seafoam_cluster* cluster = start_node("cycle", "n", "");
  seafoam_events* events = open_events(cluster, true);
  int fd = -1;
  CHECK(worked(seafoam_events_fd(events, &fd, &error), &error));
  CHECK(worked(seafoam_cluster_on_event(cluster, 0, ignore, &drops, latch_drop, &callback, &error),
               &error));
  CHECK(next_of_kind(events, SEAFOAM_EVENT_STATUS) != NULL);
  if (round % 2 == 0) {
    CHECK(worked(seafoam_cluster_close(cluster, &error), &error));
  }
  if (round % 3 == 0) {
    seafoam_callback_remove(callback);
    seafoam_cluster_free(cluster);
  } else {
    seafoam_cluster_free(cluster);
    seafoam_callback_remove(callback);
  }
  seafoam_events_free(events);
  CHECK(latch_wait(&drops, 1));
}

static void cycles_leave_nothing_behind(void) {
  int threads = 0, descriptors = 0;
  long resident = 0;
  int cycles = sanitized() ? CYCLES / 5 : CYCLES;
  for (int i = 0; i < cycles; i++) {
    live(i);
    if (i == WARM) {
      threads = entries("/proc/self/task");
      descriptors = entries("/proc/self/fd");
      resident = resident_bytes();
    }
  }
  /* The engine's thread goes after the last cluster, on its own time, and so do the sockets of one
   * that was freed without being closed. */
  uint64_t deadline = seafoam_now_millis() + DEADLINE;
  while ((entries("/proc/self/task") > threads || entries("/proc/self/fd") > descriptors) &&
         seafoam_now_millis() < deadline) {
    poll(NULL, 0, 1);
  }
  CHECK(entries("/proc/self/task") <= threads);
  CHECK(entries("/proc/self/fd") <= descriptors);
  CHECK(sanitized() || resident_bytes() - resident < GROWN_BYTES);
}

static seafoam_cluster* closing;

static void* wait_in_next(void* events) {
  const seafoam_event* event = NULL;
  seafoam_code code;
  while ((code = seafoam_events_next(events, -1, &event, NULL)) == SEAFOAM_OK) {
  }
  CHECK(code == SEAFOAM_CLOSED);
  return NULL;
}

static void* wait_in_batch(void* events) {
  const seafoam_event* batch[4];
  size_t count = 0;
  seafoam_code code;
  while ((code = seafoam_events_next_batch(events, -1, batch, 4, &count, NULL)) == SEAFOAM_OK) {
  }
  CHECK(code == SEAFOAM_CLOSED);
  return NULL;
}

static void* wait_in_ready(void* events) {
  (void)events;
  CHECK(seafoam_cluster_ready(closing, 99, false, -1, NULL) == SEAFOAM_CLOSED);
  return NULL;
}

static void* wait_in_poll(void* events) {
  const seafoam_event* event = NULL;
  seafoam_code code = SEAFOAM_OK;
  struct pollfd ready = {.fd = -1, .events = POLLIN};
  CHECK(seafoam_events_fd(events, &ready.fd, NULL) == SEAFOAM_OK);
  while (code != SEAFOAM_CLOSED && poll(&ready, 1, DEADLINE) == 1) {
    while ((code = seafoam_events_next(events, 0, &event, NULL)) == SEAFOAM_OK) {
    }
  }
  CHECK(code == SEAFOAM_CLOSED);
  return NULL;
}

static void closing_ends_every_wait(void) {
  void* (*const waiters[WAITERS])(void*) = {wait_in_next, wait_in_batch, wait_in_ready,
                                            wait_in_poll};
  for (int round = 0; round < ROUNDS; round++) {
    pthread_t threads[WAITERS];
    seafoam_events* streams[WAITERS];
    closing = start_node("closing", "n", "");
    for (int i = 0; i < WAITERS; i++) {
      streams[i] = open_events(closing, round % 2 == 0);
      REQUIRE(pthread_create(&threads[i], NULL, waiters[i], streams[i]) == 0);
    }
    uint64_t before = seafoam_now_millis();
    CHECK(seafoam_cluster_close(closing, NULL) == SEAFOAM_OK);
    for (int i = 0; i < WAITERS; i++) {
      pthread_join(threads[i], NULL);
      seafoam_events_free(streams[i]);
    }
    CHECK(seafoam_now_millis() - before < 3000); /* under 1 s on a quiet machine */
    seafoam_cluster_free(closing);
  }
}

static void many_clusters_live_in_one_process(void) {
  char address[80];
  seafoam_cluster* clusters[MANY] = {start_node("many", "n0", "")};
  seafoam_error* error = NULL;
  REQUIRE(clusters[0] != NULL);
  address_of(clusters[0], address, sizeof address);
  for (int i = 1; i < MANY; i++) {
    char name[16];
    snprintf(name, sizeof name, "n%d", i);
    clusters[i] = start_node("many", name, address);
  }
  for (int i = 0; i < MANY; i++) {
    CHECK(worked(seafoam_cluster_ready(clusters[i], MANY, false, DEADLINE, &error), &error));
  }
  for (int i = 0; i < MANY; i++) {
    seafoam_cluster_free(clusters[i]);
  }
}

static struct latch busy = LATCH;

static void count_event(void* user_data, const seafoam_event* event) {
  (void)user_data, (void)event;
  latch_up(&busy);
}

static void* talk(void* cluster) {
  for (;;) {
    seafoam_cluster_broadcast_text(cluster, "on and on", NULL, NULL);
  }
  return NULL;
}

static void* leave_process(void* nothing) {
  (void)nothing;
  exit(0);
}

/* Ends while members talk, a callback runs and a reader reads: by returning from main, from
 * another thread, at once, or after closing one of two. */
static int end_in_the_midst(int how) {
  pthread_t thread;
  struct pair two = start_pair("exit");
  if (two.a == NULL || two.b == NULL) {
    return 1;
  }
  if (seafoam_cluster_on_event(two.a, 0, count_event, &busy, latch_drop, NULL, NULL) !=
          SEAFOAM_OK ||
      pthread_create(&thread, NULL, wait_in_next, open_events(two.a, false)) != 0 ||
      pthread_create(&thread, NULL, talk, two.b) != 0 || !latch_wait(&busy, 20)) {
    return 1;
  }
  switch (how % 4) {
  case 1:
    pthread_create(&thread, NULL, leave_process, NULL);
    pthread_join(thread, NULL);
    return 1;
  case 2:
    _exit(0);
  case 3:
    seafoam_cluster_free(two.a);
    return 0;
  default:
    return 0;
  }
}

/* Waits for one of the processes; whether it ended as it should. */
static bool one_ended_well(void) {
  int status = 0;
  pid_t process = waitpid(-1, &status, 0);
  if (process > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0) {
    return true;
  }
  fprintf(stderr, "  process %ld: status %#x\n", (long)process, (unsigned)status);
  return false;
}

/* What a process still holds when it ends in the midst of everything is no leak: it was never meant
 * to be given back. For those that are started from here, alone. */
static void expect_what_is_left(void) {
  const char* given = getenv("ASAN_OPTIONS");
  char options[512];
  if (given != NULL) {
    snprintf(options, sizeof options, "%s:detect_leaks=0", given);
    setenv("ASAN_OPTIONS", options, 1);
  }
}

static void processes_end_in_the_midst_of_events(void) {
  int running = 0;
  expect_what_is_left();
  int exits = sanitized() ? EXITS / 10 : EXITS;
  for (int i = 0; i < exits; i++) {
    char how[16];
    pid_t process;
    snprintf(how, sizeof how, "%d", i);
    char self[] = "/proc/self/exe", word[] = "exit";
    char* const words[] = {self, word, how, NULL};
    if (running == AT_ONCE) {
      CHECK(one_ended_well());
      running--;
    }
    REQUIRE(posix_spawn(&process, self, NULL, NULL, words, environ) == 0);
    running++;
  }
  for (; running > 0; running--) {
    CHECK(one_ended_well());
  }
}

int main(int count, char** words) {
  if (count == 3) {
    alarm(30); /* one that hangs ends by a signal, and is told */
    return end_in_the_midst(atoi(words[2]));
  }
  RUN(cycles_leave_nothing_behind);
  RUN(closing_ends_every_wait);
  RUN(many_clusters_live_in_one_process);
  RUN(processes_end_in_the_midst_of_events);
  return REPORT();
}
