/* Who leads: the calls, the events of leader and validity, and the idiom by waits and by callbacks.
 */
#include "waiting.h"

/* Nobody listens at these ports: the nodes find each other by their seed. */
static const char* const LIGHTHOUSES = "a=127.0.0.1:1,b=127.0.0.1:2,c=127.0.0.1:3";

static seafoam_cluster* start_one(const char* group, const char* name, const char* lighthouses,
                                  const char* lease, const char* seed) {
  seafoam_config* config = test_config(group, name, seed);
  seafoam_cluster* cluster = NULL;
  seafoam_error* error = NULL;
  CHECK(
      worked(seafoam_config_set(config, SEAFOAM_KEY_LIGHTHOUSES, lighthouses, &error), &error) &&
      worked(seafoam_config_set(config, SEAFOAM_KEY_LEADER_LEASE_MILLIS, lease, &error), &error) &&
      worked(seafoam_cluster_start(config, &cluster, &error), &error));
  seafoam_config_free(config);
  return cluster;
}

/* One lighthouse, which leads alone. */
static seafoam_cluster* start_alone(const char* group) {
  return start_one(group, "a", "a=127.0.0.1:1", "1000", "");
}

static const char* const NAMES[] = {"a", "b", "c"};

static void start_three(const char* group, seafoam_cluster** nodes) {
  char address[80] = "";
  for (int i = 0; i < 3; i++) {
    /* Long enough for a memory checker on a busy machine. */
    nodes[i] = start_one(group, NAMES[i], LIGHTHOUSES, "3000", address);
    if (i == 0 && nodes[0] != NULL) {
      address_of(nodes[0], address, sizeof address);
    }
  }
}

static uint64_t elected(seafoam_cluster* cluster, uint64_t after) {
  uint64_t term = 0;
  seafoam_error* error = NULL;
  CHECK(worked(seafoam_cluster_leadership(cluster, after, DEADLINE, &term, NULL, NULL, &error),
               &error));
  return term;
}

/* Which of them leads, by the event; its term goes to `term`. -1 where none does in time. */
static int leader_of(seafoam_events* events, uint64_t above, uint64_t* term) {
  const seafoam_event* event;
  while ((event = next_of_kind(events, SEAFOAM_EVENT_LEADER)) != NULL) {
    const seafoam_node* leader = seafoam_event_leader(event);
    *term = seafoam_event_term(event);
    for (int i = 0; leader != NULL && *term > above && i < 3; i++) {
      if (strcmp(seafoam_node_name(leader), NAMES[i]) == 0) {
        return i;
      }
    }
  }
  return -1;
}

static void one_leads_and_hands_over(void) {
  seafoam_cluster* nodes[3] = {NULL, NULL, NULL};
  seafoam_error* error = NULL;
  uint64_t term = 0, remaining = 0, next = 0;
  bool held = false;
  seafoam_quality quality = -1;
  seafoam_node* known = NULL;
  start_three("hands-over", nodes);
  REQUIRE(nodes[0] != NULL && nodes[1] != NULL && nodes[2] != NULL);
  seafoam_events* events = open_events(nodes[0], true);
  const int first = leader_of(events, 0, &term);
  REQUIRE(first >= 0);
  CHECK(seafoam_cluster_is_leader(nodes[first]));
  CHECK(worked(seafoam_cluster_lease(nodes[first], &held, &next, &remaining, &quality, &error),
               &error));
  CHECK(held && next == term && remaining > 0 && remaining <= 2950);
  CHECK(quality == SEAFOAM_TERM_CLOCK_FLOOR);
  CHECK(worked(seafoam_cluster_leader(nodes[0], &known, &error), &error));
  CHECK(known != NULL && strcmp(seafoam_node_name(known), NAMES[first]) == 0 &&
        seafoam_node_rank(known) == SEAFOAM_RANK_LEADER);
  seafoam_node_free(known);
  const int heir = (first + 1) % 3;
  CHECK(failed_with(seafoam_cluster_resign(nodes[heir], &error), SEAFOAM_NOT_LEADER, &error,
                    "does not lead"));
  CHECK(failed_with(seafoam_cluster_transfer_leadership(nodes[first], "nobody", &error),
                    SEAFOAM_UNKNOWN_NODE, &error, "nobody"));
  CHECK(worked(seafoam_cluster_transfer_leadership(nodes[first], NAMES[heir], &error), &error));
  CHECK(!seafoam_cluster_is_leader(nodes[first]));
  CHECK(leader_of(events, term, &next) == heir && next > term);
  CHECK(worked(seafoam_cluster_leadership_lost(nodes[first], term, DEADLINE, &error), &error));
  CHECK(worked(seafoam_cluster_resign(nodes[heir], &error), &error));
  CHECK(!seafoam_cluster_is_leader(nodes[heir]));
  seafoam_events_free(events);
  for (int i = 0; i < 3; i++) {
    seafoam_cluster_free(nodes[i]);
  }
}

/* Validity and a tenure end when the lighthouses go, the tenure within its lease. */
static void the_loss_of_lighthouses_is_told(void) {
  seafoam_cluster* nodes[3] = {NULL, NULL, NULL};
  seafoam_error* error = NULL;
  uint64_t term = 0;
  start_three("cut", nodes);
  REQUIRE(nodes[0] != NULL && nodes[1] != NULL && nodes[2] != NULL);
  seafoam_events* events = open_events(nodes[0], true);
  const int first = leader_of(events, 0, &term);
  REQUIRE(first >= 0);
  seafoam_events* told = open_events(nodes[first], false);
  for (int i = 0; i < 3; i++) {
    if (i != first) {
      CHECK(worked(seafoam_cluster_close(nodes[i], &error), &error));
    }
  }
  const uint64_t cut = seafoam_now_millis();
  CHECK(worked(seafoam_cluster_leadership_lost(nodes[first], term, DEADLINE, &error), &error));
  CHECK(!seafoam_cluster_is_leader(nodes[first]));
  CHECK(seafoam_now_millis() - cut < 5000);
  const seafoam_event* event = next_of_kind(told, SEAFOAM_EVENT_LEADER);
  CHECK(event != NULL && seafoam_event_leader(event) == NULL);
  const seafoam_validity* validity = NULL;
  do {
    event = next_of_kind(told, SEAFOAM_EVENT_VALIDITY);
    REQUIRE(event != NULL);
    validity = seafoam_event_validity(event);
  } while (seafoam_validity_state(validity) != SEAFOAM_VALIDITY_INVALID);
  CHECK(seafoam_validity_needed(validity) == 2 && seafoam_validity_missing_length(validity) == 2);
  CHECK(!seafoam_cluster_is_valid(nodes[first]));
  seafoam_events_free(events);
  seafoam_events_free(told);
  for (int i = 0; i < 3; i++) {
    seafoam_cluster_free(nodes[i]);
  }
}

static void a_tenure_is_waited_for_and_given_up(void) {
  seafoam_cluster* cluster = start_alone("waits");
  seafoam_error* error = NULL;
  uint64_t term = 0, remaining = 0;
  seafoam_quality quality = -1;
  REQUIRE(cluster != NULL);
  CHECK(
      worked(seafoam_cluster_leadership(cluster, 0, DEADLINE, &term, &remaining, &quality, &error),
             &error));
  CHECK(term > 0 && remaining > 0 && quality == SEAFOAM_TERM_CLOCK_FLOOR);
  CHECK(failed_with(seafoam_cluster_leadership_lost(cluster, term, 0, &error), SEAFOAM_TIMEOUT,
                    &error, "still leads"));
  uint64_t next = 7;
  CHECK(failed_with(seafoam_cluster_leadership(cluster, term, 0, &next, NULL, NULL, &error),
                    SEAFOAM_TIMEOUT, &error, "does not lead yet"));
  CHECK(next == 0);
  CHECK(worked(seafoam_cluster_leadership_resign(cluster, term, &error), &error));
  CHECK(!seafoam_cluster_is_leader(cluster));
  next = elected(cluster, term);
  CHECK(next > term);
  CHECK(worked(seafoam_cluster_leadership_resign(cluster, term, &error), &error));
  CHECK(seafoam_cluster_is_leader(cluster));
  CHECK(worked(seafoam_cluster_close(cluster, &error), &error));
  CHECK(worked(seafoam_cluster_leadership_lost(cluster, next, DEADLINE, &error), &error));
  CHECK(failed_with(seafoam_cluster_leadership(cluster, 0, DEADLINE, &term, NULL, NULL, &error),
                    SEAFOAM_CLOSED, &error, "closed"));
  seafoam_cluster_free(cluster);
}

struct tenures {
  struct latch elected;
  struct latch lost;
  struct latch drops;
  seafoam_callback* callback;
  seafoam_cluster* cluster;
  _Atomic uint64_t term;
};

#define TENURES {LATCH, LATCH, LATCH, NULL, NULL, 0}

static void on_elected(void* user_data, uint64_t term, uint64_t remaining_millis,
                       seafoam_quality quality) {
  struct tenures* tenures = user_data;
  CHECK(term > tenures->term && remaining_millis > 0 && quality == SEAFOAM_TERM_CLOCK_FLOOR);
  tenures->term = term;
  latch_up(&tenures->elected);
}

static void on_lost(void* user_data, uint64_t term) {
  struct tenures* tenures = user_data;
  CHECK(term == tenures->term);
  CHECK(latch_count(&tenures->elected) == latch_count(&tenures->lost) + 1);
  latch_up(&tenures->lost);
}

static void tenures_dropped(void* user_data) {
  latch_up(&((struct tenures*)user_data)->drops);
}

static void a_pair_is_called_in_turns(void) {
  struct tenures tenures = TENURES, later = TENURES;
  seafoam_cluster* cluster = start_alone("pair");
  seafoam_error* error = NULL;
  REQUIRE(cluster != NULL);
  REQUIRE(worked(seafoam_cluster_on_leadership(cluster, on_elected, on_lost, &tenures,
                                               tenures_dropped, &tenures.callback, &error),
                 &error));
  CHECK(latch_wait(&tenures.elected, 1));
  CHECK(worked(seafoam_cluster_resign(cluster, &error), &error));
  CHECK(latch_wait(&tenures.lost, 1) && latch_wait(&tenures.elected, 2));
  seafoam_callback_remove(tenures.callback);
  CHECK(latch_count(&tenures.drops) == 1 && seafoam_cluster_is_leader(cluster));
  REQUIRE(worked(seafoam_cluster_on_leadership(cluster, on_elected, on_lost, &later,
                                               tenures_dropped, NULL, &error),
                 &error));
  CHECK(latch_wait(&later.elected, 1));
  CHECK(worked(seafoam_cluster_close(cluster, &error), &error));
  CHECK(latch_count(&later.lost) == 1 && latch_count(&later.drops) == 1);
  CHECK(latch_count(&tenures.elected) == 2 && latch_count(&tenures.lost) == 1);
  seafoam_cluster_free(cluster);
}

static void closes(void* user_data, uint64_t term, uint64_t remaining_millis,
                   seafoam_quality quality) {
  struct tenures* tenures = user_data;
  seafoam_error* error = NULL;
  on_elected(user_data, term, remaining_millis, quality);
  seafoam_callback_remove(tenures->callback);
  CHECK(worked(seafoam_cluster_close(tenures->cluster, &error), &error));
  latch_up(&tenures->lost);
}

static void it_may_be_removed_and_closed_from_inside(void) {
  struct tenures tenures = TENURES;
  seafoam_error* error = NULL;
  tenures.cluster = start_alone("inside");
  REQUIRE(tenures.cluster != NULL);
  /* It is installed while nobody leads: `callback` is set before it is called. */
  REQUIRE(worked(seafoam_cluster_on_leadership(tenures.cluster, closes, on_lost, &tenures,
                                               tenures_dropped, &tenures.callback, &error),
                 &error));
  CHECK(latch_wait(&tenures.lost, 1) && latch_wait(&tenures.drops, 1));
  seafoam_cluster_free(tenures.cluster);
}

static void refused_calls_drop_and_say_why(void) {
  struct tenures tenures = TENURES;
  seafoam_cluster* plain = start_node("plain", "a", "");
  seafoam_error* error = NULL;
  uint64_t term = 7;
  REQUIRE(plain != NULL);
  CHECK(failed_with(seafoam_cluster_leadership(plain, 0, -1, &term, NULL, NULL, &error),
                    SEAFOAM_NOT_VALID, &error, "can never lead"));
  CHECK(term == 0);
  CHECK(failed_with(seafoam_cluster_leadership(plain, 0, -1, NULL, NULL, NULL, &error),
                    SEAFOAM_INVALID_CONFIG, &error, "term"));
  CHECK(failed_with(seafoam_cluster_on_leadership(plain, on_elected, on_lost, &tenures,
                                                  tenures_dropped, &tenures.callback, &error),
                    SEAFOAM_NOT_VALID, &error, "can never lead"));
  CHECK(failed_with(seafoam_cluster_on_leadership(plain, NULL, on_lost, &tenures, tenures_dropped,
                                                  &tenures.callback, &error),
                    SEAFOAM_INVALID_CONFIG, &error, "function"));
  CHECK(failed_with(seafoam_cluster_on_leadership(NULL, on_elected, on_lost, &tenures,
                                                  tenures_dropped, NULL, &error),
                    SEAFOAM_INVALID_CONFIG, &error, "cluster"));
  CHECK(latch_count(&tenures.drops) == 3 && tenures.callback == NULL);
  CHECK(worked(seafoam_cluster_leadership_lost(plain, 7, -1, &error), &error));
  CHECK(worked(seafoam_cluster_leadership_resign(plain, 7, &error), &error));
  CHECK(failed_with(seafoam_cluster_leadership_lost(NULL, 7, -1, &error), SEAFOAM_INVALID_CONFIG,
                    &error, "cluster"));
  seafoam_cluster_free(plain);
}

int main(void) {
  RUN(one_leads_and_hands_over);
  RUN(the_loss_of_lighthouses_is_told);
  RUN(a_tenure_is_waited_for_and_given_up);
  RUN(a_pair_is_called_in_turns);
  RUN(it_may_be_removed_and_closed_from_inside);
  RUN(refused_calls_drop_and_say_why);
  return REPORT();
}
