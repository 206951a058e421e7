/* A node that says when it leads; ../README.md has the contract of all agents. */
#include <inttypes.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <seafoam.h>

#include "work.h"

enum { SAMPLE_MILLIS = 5, LEAVE_MILLIS = 3000, NAME_BYTES = 65, LINE_BYTES = 256 };
static const uint64_t gap_nanos = 1000000000; /* a sample later than this: it was held up */
static const uint64_t report_nanos = 20000000;

struct watch {
  seafoam_cluster* cluster;
  char name[NAME_BYTES];
  int store;         /* the register, -1: none */
  uint64_t term;     /* of the interval that is open, 0: none */
  uint64_t from, to; /* what is known of it */
  uint64_t told, looked, last;
  int valid;               /* -1: nothing told yet */
  char leader[NAME_BYTES]; /* "?": nothing told yet; "": none */
};

struct asked {
  uint64_t before, term, after;
};

uint64_t now(void) {
  struct timespec at;
  clock_gettime(CLOCK_MONOTONIC, &at);
  return (uint64_t)at.tv_sec * 1000000000u + (uint64_t)at.tv_nsec;
}

static void must(seafoam_code code, seafoam_error* error, const char* what) {
  if (code != SEAFOAM_OK) {
    fprintf(stderr, "%s: %s: %s\n", what, seafoam_code_name(code), seafoam_error_message(error));
    exit(1);
  }
}

static int connect_register(const char* path) {
  struct sockaddr_un to = {.sun_family = AF_UNIX};
  if (path == NULL || strlen(path) >= sizeof to.sun_path) {
    return -1;
  }
  strcpy(to.sun_path, path);
  int store = socket(AF_UNIX, SOCK_STREAM, 0);
  if (connect(store, (const struct sockaddr*)&to, sizeof to) != 0) {
    perror("register");
    exit(1);
  }
  return store;
}

static void write_fenced(const struct watch* watch, const char* how, uint64_t term) {
  char line[LINE_BYTES];
  int length = snprintf(line, sizeof line, "%s %s %" PRIu64 "\n", how, watch->name, term);
  if (watch->store >= 0 && send(watch->store, line, (size_t)length, MSG_NOSIGNAL) != length) {
    perror("register");
  }
}

static void tell_lead(const struct watch* watch, bool ended) {
  printf("{\"event\":\"lead\",\"term\":%" PRIu64 ",\"from\":%" PRIu64 ",\"to\":%" PRIu64
         ",\"ended\":%s}\n",
         watch->term, watch->from, watch->to, ended ? "true" : "false");
}

static struct asked ask(const struct watch* watch) {
  struct asked asked = {.before = now()};
  bool held = false;
  uint64_t term = 0, remaining = 0;
  seafoam_quality quality = 0;
  if (seafoam_cluster_is_leader(watch->cluster) &&
      seafoam_cluster_lease(watch->cluster, &held, &term, &remaining, &quality, NULL) ==
          SEAFOAM_OK &&
      held) {
    asked.term = term;
  }
  asked.after = now();
  return asked;
}

static void look(struct watch* watch, uint64_t at) {
  int valid = seafoam_cluster_is_valid(watch->cluster);
  if (valid != watch->valid) {
    watch->valid = valid;
    printf("{\"event\":\"valid\",\"at\":%" PRIu64 ",\"valid\":%s}\n", at, valid ? "true" : "false");
  }
  if (at - watch->looked <= report_nanos) {
    return;
  }
  watch->looked = at;
  seafoam_node* node = NULL;
  if (seafoam_cluster_leader(watch->cluster, &node, NULL) != SEAFOAM_OK) {
    return;
  }
  const char* leader = node == NULL ? "" : seafoam_node_name(node);
  if (strcmp(leader, watch->leader) != 0) {
    snprintf(watch->leader, sizeof watch->leader, "%s", leader);
    const char* quote = node == NULL ? "" : "\"";
    printf("{\"event\":\"leader\",\"at\":%" PRIu64 ",\"leader\":%s%s%s}\n", at, quote,
           node == NULL ? "null" : leader, quote);
  }
  seafoam_node_free(node);
}

/* Looks once. A tenure begins after the first call that said yes, and ends before the last. */
static void sample(struct watch* watch) {
  struct asked asked = ask(watch);
  if (asked.after - watch->last > gap_nanos) {
    if (asked.after - asked.before > gap_nanos) {
      asked = ask(watch); /* stopped between two of the calls */
    }
    printf("{\"event\":\"woke\",\"at\":%" PRIu64 ",\"gap\":%" PRIu64 ",\"leads\":%s}\n",
           asked.after, asked.after - watch->last, asked.term != 0 ? "true" : "false");
    if (watch->term != 0) { /* what a thread does that was held up between question and effect */
      write_fenced(watch, "late", watch->term);
    }
  }
  watch->last = asked.after;
  if (watch->term != 0 && watch->term != asked.term) {
    tell_lead(watch, true);
    watch->term = 0;
  }
  if (asked.term != 0) {
    if (watch->term == 0) {
      watch->term = asked.term;
      watch->from = watch->to = asked.after;
    }
    watch->to = asked.before > watch->to ? asked.before : watch->to;
    if (asked.after - watch->told > report_nanos) {
      tell_lead(watch, false);
      watch->told = asked.after;
      write_fenced(watch, "write", asked.term);
    }
  }
  look(watch, asked.after);
  fflush(stdout);
}

/* Obeys one line; false where it asks to end. */
static bool obey(struct work* work) {
  char line[LINE_BYTES];
  if (fgets(line, sizeof line, stdin) == NULL || strcmp(line, "quit\n") == 0) {
    return false;
  }
  seafoam_error* error = NULL;
  uint64_t at = now();
  line[strcspn(line, "\n")] = '\0';
  char* argument = line + strcspn(line, " ");
  if (*argument != '\0') {
    *argument++ = '\0';
  }
  if (work_obey(work, line, argument)) {
    return true;
  }
  seafoam_code code = strcmp(line, "transfer") == 0
                          ? seafoam_cluster_transfer_leadership(work->cluster, argument, &error)
                          : seafoam_cluster_resign(work->cluster, &error);
  if (code == SEAFOAM_OK) {
    printf("{\"event\":\"resigned\",\"at\":%" PRIu64 "}\n", at);
  } else {
    fprintf(stderr, "%s: %s\n", line, seafoam_error_message(error));
    seafoam_error_free(error);
  }
  return true;
}

static atomic_bool ended;

/* A thread of its own: what waits for the others must not hold the looks at is_leader() up. */
static void* obey_all(void* work) {
  while (obey(work)) {
  }
  atomic_store(&ended, true);
  return NULL;
}

int main(void) {
  struct watch watch = {.valid = -1, .leader = "?", .last = now()};
  seafoam_error* error = NULL;
  seafoam_node* node = NULL;
  seafoam_config* config = seafoam_config_new();
  must(seafoam_cluster_start(config, &watch.cluster, &error), error, "start");
  seafoam_config_free(config);
  must(seafoam_cluster_local_node(watch.cluster, &node, &error), error, "local_node");
  snprintf(watch.name, sizeof watch.name, "%s", seafoam_node_name(node));
  printf("{\"event\":\"started\",\"at\":%" PRIu64 ",\"node\":\"%s\",\"generation\":%llu}\n", now(),
         watch.name, (unsigned long long)seafoam_node_generation(node));
  seafoam_node_free(node);
  watch.store = connect_register(getenv("LAB_REGISTER"));
  struct work work = {0};
  work_open(&work, watch.cluster);
  pthread_t thread;
  if (pthread_create(&thread, NULL, obey_all, &work) != 0) {
    fprintf(stderr, "no thread for the commands\n");
    return 1;
  }
  while (!atomic_load(&ended)) {
    sample(&watch);
    work_look(&work, now());
    poll(NULL, 0, SAMPLE_MILLIS);
  }
  pthread_join(thread, NULL);
  seafoam_cluster_leave(watch.cluster, LEAVE_MILLIS, NULL);
  work_close(&work);
  seafoam_cluster_free(watch.cluster);
  return 0;
}
