/* What a cluster is for: members meet, talk, leave and crash, and the others are told. */
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "waiting.h"

/* A member in a process of its own, forked before this one has threads: the one that is killed. */
static pid_t victim;
static int victim_address;

static int be_the_victim(int address) {
  char text[80] = "";
  seafoam_cluster* cluster = start_node("lifecycle-victim", "victim", "");
  if (cluster == NULL || write(address, address_of(cluster, text, sizeof text), sizeof text) < 0) {
    return 1;
  }
  alarm(100); /* ends even where nobody kills it */
  for (;;) {
    pause();
  }
}

static bool start_victim(void) {
  int ends[2];
  if (pipe(ends) != 0 || (victim = fork()) < 0) {
    return false;
  }
  if (victim == 0) {
    close(ends[0]);
    _exit(be_the_victim(ends[1]));
  }
  close(ends[1]);
  victim_address = ends[0];
  return true;
}

static void three_meet_and_talk(void) {
  char address[80];
  struct pair pair = start_pair("scenarios");
  seafoam_events *of_a = open_events(pair.a, true), *of_b = open_events(pair.b, true);
  seafoam_cluster* c = start_node("scenarios", "c", address_of(pair.b, address, sizeof address));
  seafoam_events* of_c = open_events(c, true);
  seafoam_error* error = NULL;
  CHECK(sees(of_a, "c", SEAFOAM_STATUS_ALIVE));
  CHECK(sees(of_b, "c", SEAFOAM_STATUS_ALIVE));
  CHECK(sees(of_c, "a", SEAFOAM_STATUS_ALIVE));
  CHECK(worked(seafoam_cluster_ready(c, 3, false, DEADLINE, &error), &error));
  CHECK(worked(seafoam_cluster_broadcast_text(c, "hello all", NULL, &error), &error));
  CHECK(hears(of_a, "hello all"));
  CHECK(hears(of_b, "hello all"));

  double millis = -7;
  CHECK(worked(seafoam_cluster_ping_node(pair.a, "c", &millis, &error), &error));
  CHECK(millis >= 0 && millis < DEADLINE);

  CHECK(worked(seafoam_cluster_leave(c, DEADLINE, &error), &error));
  CHECK(sees(of_a, "c", SEAFOAM_STATUS_LEFT));
  CHECK(sees(of_b, "c", SEAFOAM_STATUS_LEFT));
  CHECK(worked(seafoam_cluster_leave(c, DEADLINE, &error), &error)); /* twice is fine */
  seafoam_events_free(of_c);
  seafoam_cluster_free(c);

  seafoam_cluster_free(pair.b); /* without leaving: a crash to the others */
  CHECK(sees(of_a, "b", SEAFOAM_STATUS_DEAD));
  seafoam_events_free(of_b);
  seafoam_events_free(of_a);
  seafoam_cluster_free(pair.a);
}

/* A lighthouse: nobody listens at the ports of the list, the nodes find each other by their seed.
 */
static seafoam_cluster* start_lighthouse(const char* name, const char* seed) {
  seafoam_config* config = test_config("validity", name, seed);
  seafoam_cluster* cluster = NULL;
  seafoam_error* error = NULL;
  CHECK(worked(seafoam_config_set(config, SEAFOAM_KEY_LIGHTHOUSES,
                                  "a=127.0.0.1:1,b=127.0.0.1:2,c=127.0.0.1:3", &error),
               &error));
  CHECK(worked(seafoam_cluster_start(config, &cluster, &error), &error));
  seafoam_config_free(config);
  return cluster;
}

/* The next validity event of this state; NULL where none comes in time. */
static const seafoam_validity* next_state(seafoam_events* events, seafoam_state state) {
  const seafoam_event* event;
  while ((event = next_of_kind(events, SEAFOAM_EVENT_VALIDITY)) != NULL) {
    const seafoam_validity* validity = seafoam_event_validity(event);
    if (seafoam_validity_state(validity) == state) {
      return validity;
    }
  }
  return NULL;
}

static void a_majority_of_lighthouses_is_valid_and_one_alone_is_not(void) {
  char address[80];
  seafoam_error* error = NULL;
  seafoam_cluster* nodes[3] = {start_lighthouse("a", ""), NULL, NULL};
  REQUIRE(nodes[0] != NULL);
  address_of(nodes[0], address, sizeof address);
  nodes[1] = start_lighthouse("b", address);
  nodes[2] = start_lighthouse("c", address);
  seafoam_events* events = open_events(nodes[0], true);
  for (int i = 0; i < 3; i++) {
    CHECK(worked(seafoam_cluster_ready(nodes[i], 3, true, DEADLINE, &error), &error));
    CHECK(seafoam_cluster_is_valid(nodes[i]));
  }
  const seafoam_validity* validity = next_state(events, SEAFOAM_VALIDITY_VALID);
  REQUIRE(validity != NULL);
  CHECK(seafoam_validity_needed(validity) == 2);
  CHECK(seafoam_validity_basis(validity) == SEAFOAM_BASIS_LISTED);

  seafoam_cluster_free(nodes[1]); /* without leaving: a crash to the others */
  CHECK(worked(seafoam_cluster_leave(nodes[2], DEADLINE, &error), &error));
  validity = next_state(events, SEAFOAM_VALIDITY_INVALID);
  REQUIRE(validity != NULL);
  CHECK(seafoam_validity_seen_length(validity) == 1);
  CHECK(strcmp(seafoam_validity_seen(validity, 0), "a") == 0);
  CHECK(seafoam_validity_missing_length(validity) == 2);
  CHECK(!seafoam_cluster_is_valid(nodes[0]));
  CHECK(failed_with(seafoam_cluster_ready(nodes[0], 1, true, 50, &error), SEAFOAM_TIMEOUT, &error,
                    "missing: b, c"));
  seafoam_events_free(events);
  seafoam_cluster_free(nodes[2]);
  seafoam_cluster_free(nodes[0]);
}

/* The number of the node that leads in a later term than `*term`, which is set; -1 for none. */
static int next_leader(seafoam_events* events, seafoam_cluster* const nodes[4], uint64_t* term) {
  const seafoam_event* event;
  while ((event = next_of_kind(events, SEAFOAM_EVENT_LEADER)) != NULL) {
    for (int i = 0; i < 4 && seafoam_event_leader(event) != NULL; i++) {
      uint64_t of = 0;
      bool leads = false;
      seafoam_error* error = NULL;
      CHECK(worked(seafoam_cluster_lease(nodes[i], &leads, &of, NULL, NULL, &error), &error));
      if (leads && of > *term) {
        *term = of;
        return i;
      }
    }
  }
  return -1;
}

static void a_lighthouse_is_added_and_one_removed(void) {
  static const char* const lists[] = {
      "a=127.0.0.1:1,b=127.0.0.1:2,c=127.0.0.1:3",
      "a=127.0.0.1:1,b=127.0.0.1:2,c=127.0.0.1:3,d=127.0.0.1:4",
      "b=127.0.0.1:2,c=127.0.0.1:3,d=127.0.0.1:4",
  };
  char folder[] = "/tmp/seafoam-list-XXXXXX";
  REQUIRE(mkdtemp(folder) != NULL);
  char seed[80] = "";
  seafoam_error* error = NULL;
  seafoam_cluster* nodes[4] = {NULL};
  for (int i = 0; i < 4; i++) {
    const char name[2] = {(char)('a' + i), 0};
    char state[64];
    snprintf(state, sizeof state, "%s/%s", folder, name);
    seafoam_config* config = test_config("list", name, seed);
    CHECK(worked(seafoam_config_set(config, SEAFOAM_KEY_LIGHTHOUSES, lists[0], &error), &error));
    CHECK(worked(seafoam_config_set(config, SEAFOAM_KEY_STATE_DIR, state, &error), &error));
    CHECK(worked(seafoam_config_set(config, SEAFOAM_KEY_LEADER_LEASE_MILLIS, "3000", &error),
                 &error));
    CHECK(worked(seafoam_cluster_start(config, &nodes[i], &error), &error));
    seafoam_config_free(config);
    REQUIRE(nodes[i] != NULL);
    address_of(nodes[0], seed, sizeof seed);
  }
  for (int i = 0; i < 4; i++) {
    CHECK(worked(seafoam_cluster_ready(nodes[i], 4, true, DEADLINE, &error), &error));
  }
  seafoam_events* events = open_events(nodes[1], true);
  uint64_t term = 0;
  int leader = next_leader(events, nodes, &term);
  REQUIRE(leader >= 0);
  CHECK(failed_with(seafoam_cluster_set_lighthouses(nodes[(leader + 1) % 4], lists[1], &error),
                    SEAFOAM_NOT_LEADER, &error, "changed by the leader"));
  for (int change = 1; change <= 2; change++) {
    seafoam_code code;
    /* Until every lighthouse was heard it is busy. */
    const uint64_t end = seafoam_now_millis() + DEADLINE;
    while ((code = seafoam_cluster_set_lighthouses(nodes[leader], lists[change], NULL)) !=
               SEAFOAM_OK &&
           seafoam_now_millis() < end) {
      if (code == SEAFOAM_NOT_LEADER) { /* held up, it lost its lease: the next one is asked */
        leader = next_leader(events, nodes, &term);
        REQUIRE(leader >= 0);
      } else {
        REQUIRE(code == SEAFOAM_BUSY);
        poll(NULL, 0, 10);
      }
    }
    CHECK(code == SEAFOAM_OK);
    leader = next_leader(events, nodes, &term);
    REQUIRE(leader >= 0);
    char* list = NULL;
    CHECK(
        worked(seafoam_cluster_get(nodes[leader], SEAFOAM_KEY_LIGHTHOUSES, &list, &error), &error));
    CHECK(list != NULL && strcmp(list, lists[change]) == 0);
    seafoam_string_free(list);
  }
  seafoam_events_free(events);
  for (int i = 0; i < 4; i++) {
    seafoam_cluster_free(nodes[i]);
  }
  char remove[64];
  snprintf(remove, sizeof remove, "rm -r %s", folder);
  CHECK(system(remove) == 0);
}

/* Whether a broadcast of `a` is confirmed by one node, and missed by another; NULL for none. */
static void receipt_tells(seafoam_cluster* a, const char* confirmed, const char* missing) {
  seafoam_error* error = NULL;
  seafoam_receipt* receipt = NULL;
  seafoam_code code =
      seafoam_cluster_broadcast_with_receipt(a, "all?", 4, DEADLINE, &receipt, &error);
  REQUIRE(worked(code, &error));
  size_t least = confirmed == NULL ? 2 : 1;
  CHECK(seafoam_receipt_label(receipt) != NULL && strchr(seafoam_receipt_label(receipt), ':'));
  CHECK(seafoam_receipt_confirmed_length(receipt) == least);
  CHECK(seafoam_receipt_missing_length(receipt) == 2 - least);
  CHECK(seafoam_receipt_is_complete(receipt) == (missing == NULL));
  const seafoam_node* has = seafoam_receipt_confirmed(receipt, 0);
  const seafoam_node* lacks = seafoam_receipt_missing(receipt, 0);
  CHECK(confirmed == NULL || strcmp(seafoam_node_name(has), confirmed) == 0);
  CHECK(missing == NULL ? lacks == NULL : strcmp(seafoam_node_name(lacks), missing) == 0);
  CHECK(seafoam_receipt_confirmed(receipt, least) == NULL);
  CHECK(seafoam_receipt_missing(receipt, SIZE_MAX) == NULL);
  seafoam_receipt_free(receipt);
}

static void a_receipt_tells_who_has_a_broadcast(void) {
  char address[80];
  struct pair pair = start_pair("receipts");
  REQUIRE(pair.b != NULL);
  seafoam_cluster* c = start_node("receipts", "c", address_of(pair.b, address, sizeof address));
  seafoam_error* error = NULL;
  CHECK(worked(seafoam_cluster_ready(pair.a, 3, false, DEADLINE, &error), &error));
  CHECK(worked(seafoam_cluster_ready(c, 3, false, DEADLINE, &error), &error));
  receipt_tells(pair.a, NULL, NULL);
  seafoam_cluster_free(c); /* without leaving: ends when the crash is known, not at the deadline */
  receipt_tells(pair.a, "b", "c");
  free_pair(pair);
}

static void explain(seafoam_cluster* cluster, const char* name) {
  seafoam_error* error = NULL;
  seafoam_why* why = NULL;
  REQUIRE(worked(seafoam_cluster_why(cluster, name, &why, &error), &error));
  CHECK(strcmp(seafoam_node_name(seafoam_why_node(why)), name) == 0);
  CHECK(seafoam_why_source(why) != NULL && seafoam_why_since_millis(why) < 2 * DEADLINE);
  CHECK(seafoam_why_own_health(why) >= 0 && seafoam_why_own_health(why) <= 8);
  size_t witnesses = seafoam_why_witnesses_length(why);
  CHECK(seafoam_why_witness(why, witnesses) == NULL);
  CHECK(witnesses > 0);
  bool gone = false;
  for (size_t i = 0; i < witnesses; i++) {
    CHECK(seafoam_why_witness(why, i) != NULL);
    CHECK(seafoam_why_witness_millis(why, i) <= seafoam_why_suspected_millis(why));
    gone = gone || seafoam_why_witness_hint(why, i) == SEAFOAM_HINT_GONE;
  }
  CHECK(gone && seafoam_why_witness_hint(why, witnesses) == -1);
  CHECK(seafoam_why_witness_millis(why, witnesses) == 0);
  CHECK(seafoam_why_accuser(why) != NULL && seafoam_why_accuser(why)[0] != '\0');
  CHECK(seafoam_why_suspected_millis(why) >= seafoam_why_since_millis(why));
  CHECK(seafoam_why_heard_millis(why) >= seafoam_why_suspected_millis(why));
  CHECK(seafoam_why_own_hint(why) >= SEAFOAM_HINT_NONE);
  CHECK(seafoam_why_own_hint(why) <= SEAFOAM_HINT_GONE);
  size_t failed = seafoam_why_helpers_failed_length(why);
  size_t silent = seafoam_why_helpers_silent_length(why);
  CHECK(failed + silent <= 3);
  CHECK(seafoam_why_helpers_failed(why, failed) == NULL);
  CHECK(seafoam_why_helpers_silent(why, silent) == NULL);
  seafoam_why_free(why);
}

static void a_killed_process_is_told(void) {
  char address[80] = "";
  char group[80];
  REQUIRE(read(victim_address, address, sizeof address) > 0);
  /* Its cluster is named by its own process. */
  snprintf(group, sizeof group, "test-lifecycle-victim-%ld", (long)victim);
  seafoam_config* config = test_config("lifecycle-victim", "witness", address);
  seafoam_cluster* witness = NULL;
  seafoam_error* error = NULL;
  CHECK(worked(seafoam_config_set(config, SEAFOAM_KEY_CLUSTER_NAME, group, &error), &error));
  REQUIRE(worked(seafoam_cluster_start(config, &witness, &error), &error));
  seafoam_config_free(config);
  seafoam_events* events = open_events(witness, true);
  CHECK(sees(events, "victim", SEAFOAM_STATUS_ALIVE));
  kill(victim, SIGKILL);
  waitpid(victim, NULL, 0);
  victim = 0;
  CHECK(sees(events, "victim", SEAFOAM_STATUS_DEAD));
  explain(witness, "victim");
  seafoam_nodes* healthy = NULL;
  CHECK(worked(seafoam_cluster_healthy_nodes(witness, &healthy, &error), &error));
  CHECK(seafoam_nodes_length(healthy) == 1);
  seafoam_nodes_free(healthy);
  seafoam_events_free(events);
  seafoam_cluster_free(witness);
}

int main(void) {
  if (!start_victim()) {
    return 1;
  }
  RUN(a_killed_process_is_told);
  RUN(three_meet_and_talk);
  RUN(a_majority_of_lighthouses_is_valid_and_one_alone_is_not);
  RUN(a_receipt_tells_who_has_a_broadcast);
  RUN(a_lighthouse_is_added_and_one_removed);
  if (victim > 0) {
    kill(victim, SIGKILL);
    waitpid(victim, NULL, 0);
  }
  return REPORT();
}
