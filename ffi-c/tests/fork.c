/* A forked child: handles of the parent say so, freeing them is harmless, and it can start anew. */
#include <sys/wait.h>

#include "waiting.h"

static struct pair pair;
static seafoam_events* events;
static seafoam_callback* callback;
static struct latch drops = LATCH;

static void ignore(void* user_data, const seafoam_event* event) {
  (void)user_data, (void)event;
}

#define FORKED(call) CHECK(failed_with(call, SEAFOAM_FORKED, &error, "parent process"))

static void calls_of_the_child_say_forked(void) {
  seafoam_error* error = NULL;
  seafoam_nodes* nodes = NULL;
  seafoam_node* node = NULL;
  seafoam_stats* stats = NULL;
  seafoam_events* more = NULL;
  char* value = NULL;
  const seafoam_event* event = NULL;
  CHECK(seafoam_cluster_is_closed(pair.a));
  CHECK(!seafoam_cluster_is_leader(pair.a) && !seafoam_cluster_is_valid(pair.a));
  FORKED(seafoam_cluster_all_nodes(pair.a, &nodes, &error));
  FORKED(seafoam_cluster_local_node(pair.a, &node, &error));
  FORKED(seafoam_cluster_node(pair.a, "b", &node, &error));
  FORKED(seafoam_cluster_add_node(pair.a, "127.0.0.1:1", &node, &error));
  FORKED(seafoam_cluster_ping_node(pair.a, "b", NULL, &error));
  FORKED(seafoam_cluster_broadcast_text(pair.a, "x", NULL, &error));
  FORKED(seafoam_cluster_stats(pair.a, &stats, &error));
  FORKED(seafoam_cluster_events(pair.a, 0, 0, false, &more, &error));
  FORKED(seafoam_cluster_get(pair.a, "name", &value, &error));
  FORKED(seafoam_cluster_set_heartbeat_millis(pair.a, 100, &error));
  FORKED(seafoam_cluster_ready(pair.a, 1, false, 0, &error));
  FORKED(seafoam_cluster_leave(pair.a, 0, &error));
  FORKED(seafoam_cluster_on_event(pair.a, 0, ignore, NULL, NULL, NULL, &error));
  FORKED(seafoam_cluster_close(pair.a, &error));
  FORKED(seafoam_events_next(events, 0, &event, &error));
  FORKED(seafoam_events_next(events, -1, &event, &error));
}

static void handles_are_freed_in_the_child(void) {
  seafoam_callback_remove(callback);
  seafoam_events_free(events);
  free_pair(pair);
}

static void the_child_starts_anew(void) {
  struct pair own = start_pair("child");
  seafoam_events* heard = open_events(own.a, false);
  seafoam_error* error = NULL;
  CHECK(worked(seafoam_cluster_broadcast_text(own.b, "from the child", NULL, &error), &error));
  CHECK(hears(heard, "from the child"));
  seafoam_events_free(heard);
  free_pair(own);
}

/* Ends in another program, because a memory checker would report what the parent's threads held. */
static void child(void) {
  alarm(60); /* a call that waits for a thread of the parent would wait for ever */
  RUN(calls_of_the_child_say_forked);
  RUN(handles_are_freed_in_the_child);
  RUN(the_child_starts_anew);
  const char* verdict = check_tests_failed == 0 ? "true" : "false";
  execlp(verdict, verdict, (char*)NULL);
  _exit(2);
}

static void the_child_is_told_and_unharmed(void) {
  pid_t pid = fork();
  REQUIRE(pid >= 0);
  if (pid == 0) {
    child();
  }
  int status = -1;
  CHECK(waitpid(pid, &status, 0) == pid);
  CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void the_parent_goes_on(void) {
  seafoam_error* error = NULL;
  seafoam_nodes* nodes = NULL;
  CHECK(worked(seafoam_cluster_healthy_nodes(pair.a, &nodes, &error), &error));
  CHECK(seafoam_nodes_length(nodes) == 2);
  seafoam_nodes_free(nodes);
  CHECK(worked(seafoam_cluster_broadcast_text(pair.b, "still here", NULL, &error), &error));
  CHECK(hears(events, "still here"));
}

int main(void) {
  seafoam_error* error = NULL;
  pair = start_pair("fork");
  if (pair.a == NULL || pair.b == NULL) {
    return 1;
  }
  events = open_events(pair.a, false);
  CHECK(worked(seafoam_cluster_on_event(pair.a, 0, ignore, &drops, latch_drop, &callback, &error),
               &error));
  RUN(the_child_is_told_and_unharmed);
  RUN(the_parent_goes_on);
  seafoam_callback_remove(callback);
  seafoam_events_free(events);
  free_pair(pair);
  return REPORT();
}
