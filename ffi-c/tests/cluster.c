/* One cluster handle: its life, its readings, its settings, and what it answers once it is closed.
 */
#include "waiting.h"
#include <stdlib.h>

static seafoam_cluster* cluster; /* started by main, closed by the last tests */

static void local_node_is_as_configured(void) {
  seafoam_node* node = NULL;
  seafoam_error* error = NULL;
  REQUIRE(worked(seafoam_cluster_local_node(cluster, &node, &error), &error));
  CHECK(strcmp(seafoam_node_name(node), "solo") == 0);
  CHECK(strcmp(seafoam_node_ip(node), "127.0.0.1") == 0);
  CHECK(seafoam_node_port(node) != 0);
  char address[40];
  snprintf(address, sizeof address, "127.0.0.1:%u", (unsigned)seafoam_node_port(node));
  CHECK(strcmp(seafoam_node_address(node), address) == 0);
  CHECK(seafoam_node_address(node) == seafoam_node_address(node)); /* made once */
  CHECK(seafoam_node_status(node) == SEAFOAM_STATUS_ALIVE && seafoam_node_is_healthy(node));
  CHECK(seafoam_node_rank(node) == SEAFOAM_RANK_NORMAL && !seafoam_node_is_lighthouse(node));
  CHECK(seafoam_node_datacenter(node) == SEAFOAM_DATACENTER_NONE);
  CHECK(seafoam_node_generation(node) > 0 && seafoam_node_age_millis(node) == 0);
  CHECK(seafoam_node_tags_length(node) == 0 && seafoam_node_tag_name(node, 0) == NULL);
  seafoam_node* copy = seafoam_node_clone(node);
  seafoam_node_free(node);
  CHECK(strcmp(seafoam_node_name(copy), "solo") == 0);
  seafoam_node_free(copy);
}

static void lists_hold_the_local_node(void) {
  seafoam_error* error = NULL;
  seafoam_nodes* nodes = NULL;
  seafoam_node* node = NULL;
  REQUIRE(worked(seafoam_cluster_all_nodes(cluster, &nodes, &error), &error));
  CHECK(seafoam_nodes_length(nodes) == 1 && seafoam_nodes_get(nodes, 1) == NULL);
  CHECK(strcmp(seafoam_node_name(seafoam_nodes_get(nodes, 0)), "solo") == 0);
  seafoam_nodes_free(nodes);
  REQUIRE(worked(seafoam_cluster_healthy_nodes(cluster, &nodes, &error), &error));
  CHECK(seafoam_nodes_length(nodes) == 1);
  seafoam_nodes_free(nodes);
  CHECK(worked(seafoam_cluster_node(cluster, "nobody", &node, &error), &error));
  CHECK(node == NULL);
  CHECK(worked(seafoam_cluster_node(cluster, "solo", &node, &error), &error));
  CHECK(node != NULL);
  seafoam_node_free(node);
}

static void any_key_is_owned_by_the_only_node(void) {
  seafoam_error* error = NULL;
  seafoam_node* owner = NULL;
  seafoam_nodes* owners = NULL;
  const char* const names[] = {"role"};
  const char* const values[] = {"cache"};
  REQUIRE(worked(seafoam_cluster_owner(cluster, "k", 1, NULL, NULL, 0, &owner, &error), &error));
  CHECK(strcmp(seafoam_node_name(owner), "solo") == 0);
  seafoam_node_free(owner);
  CHECK(worked(seafoam_cluster_owner(cluster, "k", 1, names, values, 1, &owner, &error), &error));
  CHECK(owner == NULL); /* nobody has that tag */
  CHECK(
      worked(seafoam_cluster_owners(cluster, NULL, 0, 3, NULL, NULL, 0, &owners, &error), &error));
  CHECK(seafoam_nodes_length(owners) == 1);
  seafoam_nodes_free(owners);
  CHECK(failed_with(seafoam_cluster_owner(cluster, NULL, 1, NULL, NULL, 0, &owner, &error),
                    SEAFOAM_INVALID_CONFIG, &error, "key is NULL with length 1"));
  CHECK(failed_with(seafoam_cluster_owner(cluster, "k", 1, names, NULL, 1, &owner, &error),
                    SEAFOAM_INVALID_CONFIG, &error, "values is NULL"));
  CHECK(failed_with(seafoam_cluster_owner(cluster, "k", 1, names, values, SIZE_MAX, &owner, &error),
                    SEAFOAM_INVALID_CONFIG, &error, "count"));
}

static void expect_setting(const char* key, const char* wanted) {
  char* value = NULL;
  seafoam_error* error = NULL;
  REQUIRE(worked(seafoam_cluster_get(cluster, key, &value, &error), &error));
  CHECK(strcmp(value, wanted) == 0);
  seafoam_string_free(value);
}

static void settings_are_read_and_changed(void) {
  char* value = (char*)(uintptr_t)1;
  seafoam_error* error = NULL;
  expect_setting(SEAFOAM_KEY_NAME, "solo");
  expect_setting(SEAFOAM_KEY_EVENT_CAPACITY, SEAFOAM_DEFAULT_EVENT_CAPACITY);
  CHECK(worked(seafoam_cluster_set(cluster, SEAFOAM_KEY_HEARTBEAT_MILLIS, "200", &error), &error));
  expect_setting(SEAFOAM_KEY_HEARTBEAT_MILLIS, "200");
  CHECK(failed_with(seafoam_cluster_get(cluster, "heart", &value, &error), SEAFOAM_INVALID_CONFIG,
                    &error, "\"heart\" is not a configuration key"));
  CHECK(value == NULL);
  CHECK(failed_with(seafoam_cluster_set(cluster, SEAFOAM_KEY_LISTEN_PORT, "1", &error),
                    SEAFOAM_INVALID_CONFIG, &error, "fixed when the cluster starts"));
  CHECK(failed_with(seafoam_cluster_set(cluster, SEAFOAM_KEY_HEARTBEAT_MILLIS, "5", &error),
                    SEAFOAM_INVALID_CONFIG, &error, "from 10 to 60000"));
  expect_setting(SEAFOAM_KEY_HEARTBEAT_MILLIS, "200");
}

static void each_live_key_has_a_setter(void) {
  seafoam_error* error = NULL;
  CHECK(worked(seafoam_cluster_set_heartbeat_millis(cluster, 100, &error), &error));
  expect_setting(SEAFOAM_KEY_HEARTBEAT_MILLIS, "100");
  CHECK(worked(seafoam_cluster_set_max_broadcast_bytes(cluster, 300, &error), &error));
  expect_setting(SEAFOAM_KEY_MAX_BROADCAST_BYTES, "300");
  CHECK(
      worked(seafoam_cluster_set_multicast_announce_interval_seconds(cluster, 0, &error), &error));
  expect_setting(SEAFOAM_KEY_MULTICAST_ANNOUNCE_INTERVAL_SECONDS, "0");
  CHECK(worked(seafoam_cluster_set_ping_history_frontload_millis(cluster, 250, &error), &error));
  expect_setting(SEAFOAM_KEY_PING_HISTORY_FRONTLOAD_MILLIS, "250");
  CHECK(worked(seafoam_cluster_set_min_ping_time_millis(cluster, 151, &error), &error));
  expect_setting(SEAFOAM_KEY_MIN_PING_TIME_MILLIS, "151");
  CHECK(worked(seafoam_cluster_set_leader_eligible(cluster, true, &error), &error));
  CHECK(failed_with(seafoam_cluster_set_leader_priority(cluster, 300, &error),
                    SEAFOAM_INVALID_CONFIG, &error, "from 0 to 255"));
  CHECK(worked(seafoam_cluster_set_log_level(cluster, SEAFOAM_LOG_ERROR, &error), &error));
  CHECK(failed_with(seafoam_cluster_set_log_level(cluster, 8, &error), SEAFOAM_INVALID_CONFIG,
                    &error, "value = 8"));
  CHECK(failed_with(seafoam_cluster_set_heartbeat_millis(cluster, 0, &error),
                    SEAFOAM_INVALID_CONFIG, &error, "heartbeat_millis"));
}

static void statistics_are_read_by_name_and_by_row(void) {
  seafoam_error* error = NULL;
  seafoam_stats* stats = NULL;
  uint64_t members = 0;
  REQUIRE(worked(seafoam_cluster_stats(cluster, &stats, &error), &error));
  CHECK(worked(seafoam_stats_get(stats, "members", &members, &error), &error) && members == 1);
  CHECK(failed_with(seafoam_stats_get(stats, "membres", &members, &error), SEAFOAM_INVALID_CONFIG,
                    &error, "members_alive"));
  CHECK(members == 0);
  size_t rows = seafoam_stats_length(stats), counters = 0;
  for (size_t i = 0; i < rows; i++) {
    uint64_t value = 0;
    counters += seafoam_stats_is_counter(stats, i);
    CHECK(strlen(seafoam_stats_doc(stats, i)) > 5);
    CHECK(worked(seafoam_stats_get(stats, seafoam_stats_name(stats, i), &value, &error), &error));
    CHECK(value == seafoam_stats_value(stats, i));
  }
  CHECK(rows > 40 && counters > 20 && counters < rows);
  CHECK(seafoam_stats_name(stats, rows) == NULL && seafoam_stats_doc(stats, rows) == NULL);
  CHECK(seafoam_stats_value(stats, rows) == 0 && !seafoam_stats_is_counter(stats, SIZE_MAX));
  seafoam_stats_free(stats);
}

static void nodes_are_added_and_removed(void) {
  seafoam_error* error = NULL;
  seafoam_node* node = NULL;
  REQUIRE(worked(seafoam_cluster_add_node(cluster, "127.0.0.1:1", &node, &error), &error));
  CHECK(seafoam_node_status(node) == SEAFOAM_STATUS_UNKNOWN);
  CHECK(strcmp(seafoam_node_name(node), "127.0.0.1:1") == 0);
  seafoam_node_free(node);
  CHECK(worked(seafoam_cluster_touch_node(cluster, "solo", &error), &error));
  CHECK(worked(seafoam_cluster_remove_node(cluster, "127.0.0.1:1", &node, &error), &error));
  CHECK(node != NULL);
  seafoam_node_free(node);
  CHECK(worked(seafoam_cluster_add_node(cluster, "127.0.0.1:1", NULL, &error), &error));
  CHECK(worked(seafoam_cluster_remove_node(cluster, "127.0.0.1:1", NULL, &error), &error));
  node = (seafoam_node*)(uintptr_t)1;
  CHECK(failed_with(seafoam_cluster_add_node(cluster, "not an address", &node, &error),
                    SEAFOAM_INVALID_ADDRESS, &error, "not an address"));
  CHECK(node == NULL);
  CHECK(failed_with(seafoam_cluster_remove_node(cluster, "solo", NULL, &error),
                    SEAFOAM_INVALID_ADDRESS, &error, "local"));
}

static void unknown_nodes_are_told(void) {
  seafoam_error* error = NULL;
  seafoam_why* why = (seafoam_why*)(uintptr_t)1;
#define UNKNOWN(call) CHECK(failed_with(call, SEAFOAM_UNKNOWN_NODE, &error, "nobody"))
  UNKNOWN(seafoam_cluster_remove_node(cluster, "nobody", NULL, &error));
  UNKNOWN(seafoam_cluster_touch_node(cluster, "nobody", &error));
  UNKNOWN(
      seafoam_cluster_update_node_status(cluster, "nobody", SEAFOAM_STATUS_DEAD, -1, -1, &error));
  UNKNOWN(seafoam_cluster_why(cluster, "nobody", &why, &error));
  CHECK(why == NULL);
  UNKNOWN(seafoam_cluster_ping_node(cluster, "nobody", NULL, &error));
}

static void statements_out_of_range_are_refused(void) {
  seafoam_error* error = NULL;
#define REFUSED(status, rank, datacenter, fragment)                                                \
  CHECK(failed_with(                                                                               \
      seafoam_cluster_update_node_status(cluster, "x", status, rank, datacenter, &error),          \
      SEAFOAM_INVALID_CONFIG, &error, fragment))
  REFUSED(4, -1, -1, "status = 4 is none of 0, 1, 2, 3, 5");
  REFUSED(257, -1, -1, "status = 257");
  REFUSED(SEAFOAM_STATUS_DEAD, 3, -1, "rank = 3");
  REFUSED(SEAFOAM_STATUS_DEAD, -2, -1, "rank = -2");
  REFUSED(SEAFOAM_STATUS_DEAD, -1, 256, "datacenter = 256");
  REFUSED(SEAFOAM_STATUS_DEAD, SEAFOAM_RANK_LEADER, -1, "own claims");
  REFUSED(SEAFOAM_STATUS_DEAD, -1, 7, "own claims");
}

static void nobody_leads_in_this_version(void) {
  seafoam_error* error = NULL;
  seafoam_node* leader = (seafoam_node*)(uintptr_t)1;
  seafoam_validity* validity = NULL;
  bool held = true;
  CHECK(worked(seafoam_cluster_leader(cluster, &leader, &error), &error) && leader == NULL);
  CHECK(!seafoam_cluster_is_leader(cluster) && !seafoam_cluster_is_valid(cluster));
  CHECK(worked(seafoam_cluster_lease(cluster, &held, NULL, NULL, NULL, &error), &error) && !held);
  CHECK(failed_with(seafoam_cluster_resign(cluster, &error), SEAFOAM_NOT_LEADER, &error, "lead"));
  CHECK(failed_with(seafoam_cluster_transfer_leadership(cluster, "x", &error), SEAFOAM_NOT_LEADER,
                    &error, "lead"));
  REQUIRE(worked(seafoam_cluster_validity(cluster, &validity, &error), &error));
  CHECK(seafoam_validity_state(validity) == SEAFOAM_VALIDITY_FALLBACK);
  CHECK(seafoam_validity_basis(validity) == SEAFOAM_BASIS_LISTED);
  CHECK(seafoam_validity_needed(validity) == 0 && seafoam_validity_seen_length(validity) == 0);
  CHECK(seafoam_validity_missing_length(validity) == 0);
  CHECK(seafoam_validity_seen(validity, 0) == NULL &&
        seafoam_validity_missing(validity, 0) == NULL);
  seafoam_validity_free(validity);
}

static void a_plain_cluster_has_no_keys(void) {
  seafoam_error* error = NULL;
  seafoam_keys* keys = NULL;
  char* key = NULL;
  char* id = NULL;
  CHECK(seafoam_generate_key(&key, NULL) == SEAFOAM_OK && strlen(key) == 44);
  CHECK(seafoam_cluster_keyring_list(cluster, &keys, NULL) == SEAFOAM_OK);
  CHECK(seafoam_keys_length(keys) == 0 && seafoam_keys_id(keys, 0) == NULL);
  CHECK(!seafoam_keys_seals(keys, 0));
  seafoam_keys_free(keys);
#define BAD_KEY(call, text) CHECK(failed_with(call, SEAFOAM_BAD_KEY, &error, text))
  BAD_KEY(seafoam_cluster_keyring_install(cluster, "x", &id, &error), "32 bytes in base64");
  BAD_KEY(seafoam_cluster_keyring_install(cluster, key, &id, &error), "runs plain");
  BAD_KEY(seafoam_cluster_keyring_use(cluster, "x", &error), "four hexadecimal digits");
  BAD_KEY(seafoam_cluster_keyring_retire(cluster, "beef", &error), "runs plain");
  CHECK(id == NULL);
  seafoam_string_free(key);
}

/* Two nodes under one key: a second one is installed, rotated to, and the first retired. */
static void keys_are_rotated(void) {
  seafoam_error* error = NULL;
  char* keys[2] = {NULL, NULL};
  char* ids[2] = {NULL, NULL};
  char* first_id = NULL;
  char seed[64];
  seafoam_cluster* nodes[2] = {NULL, NULL};
  seafoam_key_report* report = NULL;
  seafoam_keys* list = NULL;
  CHECK(seafoam_generate_key(&keys[0], NULL) == SEAFOAM_OK);
  CHECK(seafoam_generate_key(&keys[1], NULL) == SEAFOAM_OK);
  for (int i = 0; i < 2; i++) {
    seafoam_config* config =
        test_config("c-keys", i == 0 ? "keys-1" : "keys-2", i == 0 ? "" : seed);
    CHECK(seafoam_config_set(config, "keys", keys[0], NULL) == SEAFOAM_OK);
    CHECK(seafoam_cluster_start(config, &nodes[i], &error) == SEAFOAM_OK);
    seafoam_config_free(config);
    if (i == 0) {
      seafoam_node* node = NULL;
      CHECK(seafoam_cluster_local_node(nodes[0], &node, NULL) == SEAFOAM_OK);
      snprintf(seed, sizeof seed, "%s", seafoam_node_address(node));
      seafoam_node_free(node);
    }
  }
  CHECK(seafoam_cluster_ready(nodes[0], 2, false, 20000, NULL) == SEAFOAM_OK);
  CHECK(seafoam_cluster_keyring_install(nodes[0], keys[1], &ids[0], NULL) == SEAFOAM_OK);
  CHECK(failed_with(seafoam_cluster_keyring_rotate(nodes[0], ids[0], 500, &report, &error),
                    SEAFOAM_TIMEOUT, &error, "nothing was changed"));
  CHECK(report == NULL);
  CHECK(seafoam_cluster_keyring_install(nodes[1], keys[1], &ids[1], NULL) == SEAFOAM_OK);
  CHECK(strcmp(ids[0], ids[1]) == 0);
  CHECK(seafoam_cluster_keyring_rotate(nodes[0], ids[0], 20000, &report, &error) == SEAFOAM_OK);
  CHECK(seafoam_key_report_length(report) == 2 && seafoam_key_report_name(report, 2) == NULL);
  for (size_t i = 0; i < 2; i++) {
    const seafoam_keys* found = seafoam_key_report_keys(report, i);
    CHECK(seafoam_key_report_answered(report, i) && seafoam_keys_length(found) == 2);
    CHECK(strcmp(seafoam_keys_id(found, 0), ids[0]) == 0);
    CHECK(seafoam_keys_seals(found, 0) && !seafoam_keys_seals(found, 1));
  }
  seafoam_key_report_free(report);
  CHECK(seafoam_cluster_keyring_list(nodes[1], &list, NULL) == SEAFOAM_OK);
  first_id = strdup(seafoam_keys_id(list, 1));
  seafoam_keys_free(list);
  CHECK(seafoam_cluster_keyring_use(nodes[1], first_id, NULL) == SEAFOAM_OK);
  CHECK(seafoam_cluster_keyring_use(nodes[1], ids[0], NULL) == SEAFOAM_OK);
  CHECK(seafoam_cluster_keyring_report(nodes[1], 20000, &report, NULL) == SEAFOAM_OK);
  CHECK(seafoam_key_report_length(report) == 2);
  seafoam_key_report_free(report);
  CHECK(failed_with(seafoam_cluster_keyring_reload(nodes[0], NULL, &error), SEAFOAM_INVALID_CONFIG,
                    &error, "keys_file is not set"));
  for (int i = 0; i < 2; i++) {
    CHECK(seafoam_cluster_keyring_retire(nodes[i], first_id, NULL) == SEAFOAM_OK);
    seafoam_cluster_free(nodes[i]);
    seafoam_string_free(keys[i]);
    seafoam_string_free(ids[i]);
  }
  free(first_id);
}

static void without_lighthouses_nothing_is_valid(void) {
  seafoam_error* error = NULL;
  CHECK(failed_with(seafoam_cluster_ready(cluster, 1, true, DEADLINE, &error), SEAFOAM_NOT_VALID,
                    &error, "can never be valid: none are listed in lighthouses"));
  CHECK(!seafoam_cluster_is_valid(cluster));
}

static void tags_and_messages_are_checked(void) {
  static const char bytes[SEAFOAM_LIMIT_MESSAGE_BYTES + 1];
  seafoam_error* error = NULL;
  const char* const names[] = {"role"};
  const char* const values[] = {"cache"};
  const char* const bad[] = {"a,b"};
  CHECK(seafoam_cluster_set_tags(cluster, names, values, 1, &error) == SEAFOAM_OK);
  CHECK(failed_with(seafoam_cluster_set_tags(cluster, names, bad, 1, &error),
                    SEAFOAM_INVALID_CONFIG, &error, "a comma"));
  CHECK(seafoam_cluster_send(cluster, "solo", "x", 1, &error) == SEAFOAM_OK);
  CHECK(failed_with(seafoam_cluster_send(cluster, "solo", bytes, sizeof bytes, &error),
                    SEAFOAM_PAYLOAD_TOO_LARGE, &error, "65537"));
  CHECK(failed_with(seafoam_cluster_send(cluster, "nobody", "x", 1, &error), SEAFOAM_UNKNOWN_NODE,
                    &error, "nobody"));
}

static void broadcasts_are_bounded(void) {
  static const char bytes[SEAFOAM_LIMIT_BROADCAST_BYTES + 1];
  seafoam_error* error = NULL;
  char* label = (char*)(uintptr_t)1;
  CHECK(failed_with(seafoam_cluster_broadcast(cluster, bytes, sizeof bytes, &label, &error),
                    SEAFOAM_PAYLOAD_TOO_LARGE, &error, "1025"));
  CHECK(label == NULL);
  CHECK(failed_with(seafoam_cluster_broadcast(cluster, NULL, 1, &label, &error),
                    SEAFOAM_INVALID_CONFIG, &error, "bytes is NULL with length 1"));
  CHECK(failed_with(seafoam_cluster_broadcast(cluster, bytes, SIZE_MAX, &label, &error),
                    SEAFOAM_INVALID_CONFIG, &error, "length"));
  CHECK(worked(seafoam_cluster_broadcast(cluster, NULL, 0, NULL, &error), &error));
  seafoam_receipt* receipt = (seafoam_receipt*)(uintptr_t)1;
#define RECEIPT_INTO(into, bytes, length)                                                          \
  seafoam_cluster_broadcast_with_receipt(cluster, bytes, length, DEADLINE, into, &error)
#define RECEIPT(bytes, length) RECEIPT_INTO(&receipt, bytes, length)
  CHECK(failed_with(RECEIPT(bytes, sizeof bytes), SEAFOAM_PAYLOAD_TOO_LARGE, &error, "1025"));
  CHECK(receipt == NULL);
  CHECK(failed_with(RECEIPT(NULL, 1), SEAFOAM_INVALID_CONFIG, &error, "NULL with length 1"));
  CHECK(failed_with(RECEIPT_INTO(NULL, "x", 1), SEAFOAM_INVALID_CONFIG, &error, "receipt is NULL"));
  CHECK(worked(RECEIPT("to nobody", 9), &error) && seafoam_receipt_is_complete(receipt));
  CHECK(seafoam_receipt_confirmed_length(receipt) == 0);
  seafoam_receipt_free(receipt);
  REQUIRE(worked(seafoam_cluster_broadcast_text(cluster, "\xc3\xa4", &label, &error), &error));
  CHECK(strncmp(label, "127.0.0.1:", 10) == 0);
  seafoam_string_free(label);
}

static void waiting_for_nobody_fails_loudly(void) {
  seafoam_error* error = NULL;
  CHECK(worked(seafoam_cluster_ready(cluster, 1, false, 0, &error), &error));
  CHECK(failed_with(seafoam_cluster_ready(cluster, 2, false, 50, &error), SEAFOAM_TIMEOUT, &error,
                    "1 of 2"));
}

static void a_taken_port_is_told(void) {
  char address[80];
  seafoam_error* error = NULL;
  seafoam_cluster* second = (seafoam_cluster*)(uintptr_t)1;
  seafoam_config* config = test_config("cluster", "second", "");
  const char* port = strrchr(address_of(cluster, address, sizeof address), ':') + 1;
  CHECK(worked(seafoam_config_set(config, SEAFOAM_KEY_LISTEN_PORT, port, &error), &error));
  CHECK(failed_with(seafoam_cluster_start(config, &second, &error), SEAFOAM_ADDRESS_IN_USE, &error,
                    address));
  CHECK(second == NULL);
  seafoam_config_free(config);
}

static atomic_bool goes_on = true;

/* Calls whatever can be called until the cluster is closed under its feet. */
static void* hammer(void* nothing) {
  while (goes_on) {
    seafoam_nodes* nodes = NULL;
    seafoam_stats* stats = NULL;
    seafoam_events* events = NULL;
    seafoam_error* error = NULL;
    seafoam_code code = seafoam_cluster_all_nodes(cluster, &nodes, &error);
    CHECK(code == SEAFOAM_OK || code == SEAFOAM_CLOSED);
    CHECK((code == SEAFOAM_OK) == (nodes != NULL) && (code == SEAFOAM_OK) == (error == NULL));
    seafoam_cluster_stats(cluster, &stats, NULL);
    seafoam_cluster_events(cluster, 0, 0, true, &events, NULL);
    seafoam_cluster_broadcast_text(cluster, "x", NULL, NULL);
    seafoam_events_next(events, 0, (const seafoam_event*[]){NULL}, NULL);
    seafoam_error_free(error);
    seafoam_nodes_free(nodes);
    seafoam_stats_free(stats);
    seafoam_events_free(events);
  }
  return nothing;
}

static void closing_under_the_feet_of_threads(void) {
  pthread_t threads[4];
  seafoam_error* error = NULL;
  for (int i = 0; i < 4; i++) {
    REQUIRE(pthread_create(&threads[i], NULL, hammer, NULL) == 0);
  }
  CHECK(worked(seafoam_cluster_leave(cluster, DEADLINE, &error), &error));
  uint64_t before = seafoam_now_millis();
  CHECK(worked(seafoam_cluster_close(cluster, &error), &error));
  /* Under 1 s on a quiet machine; memcheck runs one of these threads at a time. */
  CHECK(seafoam_now_millis() - before < (getenv("RUNNER") ? 30000 : 3000));
  goes_on = false;
  for (int i = 0; i < 4; i++) {
    pthread_join(threads[i], NULL);
  }
}

static void a_closed_handle_says_so(void) {
  seafoam_error* error = NULL;
  seafoam_node* node = (seafoam_node*)(uintptr_t)1;
  seafoam_keys* keys = NULL;
  seafoam_nodes* nodes = NULL;
  seafoam_stats* stats = NULL;
  seafoam_events* events = NULL;
  seafoam_validity* validity = NULL;
  seafoam_why* why = NULL;
  seafoam_receipt* receipt = (seafoam_receipt*)(uintptr_t)1;
  char* value = NULL;
  bool held = true;
#define CLOSED(call) CHECK(failed_with(call, SEAFOAM_CLOSED, &error, "closed"))
  CHECK(seafoam_cluster_is_closed(cluster));
  CHECK(!seafoam_cluster_is_leader(cluster) && !seafoam_cluster_is_valid(cluster));
  CLOSED(seafoam_cluster_local_node(cluster, &node, &error));
  CHECK(node == NULL);
  CLOSED(seafoam_cluster_all_nodes(cluster, &nodes, &error));
  CLOSED(seafoam_cluster_healthy_nodes(cluster, &nodes, &error));
  CLOSED(seafoam_cluster_node(cluster, "solo", &node, &error));
  CLOSED(seafoam_cluster_add_node(cluster, "127.0.0.1:1", &node, &error));
  CLOSED(seafoam_cluster_remove_node(cluster, "x", &node, &error));
  CLOSED(seafoam_cluster_touch_node(cluster, "x", &error));
  CLOSED(seafoam_cluster_why(cluster, "x", &why, &error));
  CLOSED(seafoam_cluster_update_node_status(cluster, "x", SEAFOAM_STATUS_DEAD, -1, -1, &error));
  CLOSED(seafoam_cluster_ping_node(cluster, "x", NULL, &error));
  CLOSED(seafoam_cluster_broadcast(cluster, "x", 1, &value, &error));
  CLOSED(seafoam_cluster_broadcast_text(cluster, "x", &value, &error));
  CLOSED(seafoam_cluster_broadcast_with_receipt(cluster, "x", 1, DEADLINE, &receipt, &error));
  CHECK(receipt == NULL);
  CLOSED(seafoam_cluster_send(cluster, "x", "x", 1, &error));
  CLOSED(seafoam_cluster_set_tags(cluster, NULL, NULL, 0, &error));
  CLOSED(seafoam_cluster_keyring_list(cluster, &keys, &error));
  CHECK(keys == NULL);
  CLOSED(seafoam_cluster_stats(cluster, &stats, &error));
  CLOSED(seafoam_cluster_validity(cluster, &validity, &error));
  CLOSED(seafoam_cluster_leader(cluster, &node, &error));
  CLOSED(seafoam_cluster_lease(cluster, &held, NULL, NULL, NULL, &error));
  CLOSED(seafoam_cluster_resign(cluster, &error));
  CLOSED(seafoam_cluster_get(cluster, "name", &value, &error));
  CLOSED(seafoam_cluster_set(cluster, "heartbeat_millis", "100", &error));
  CLOSED(seafoam_cluster_set_heartbeat_millis(cluster, 100, &error));
  CLOSED(seafoam_cluster_owner(cluster, "k", 1, NULL, NULL, 0, &node, &error));
  CLOSED(seafoam_cluster_events(cluster, 0, 0, true, &events, &error));
  CLOSED(seafoam_cluster_ready(cluster, 1, false, 0, &error));
  CHECK(events == NULL && stats == NULL && value == NULL && !held);
}

static void closing_twice_is_fine(void) {
  seafoam_error* error = NULL;
  CHECK(worked(seafoam_cluster_close(cluster, &error), &error));
  seafoam_cluster_free(cluster);
}

int main(void) {
  cluster = start_node("cluster", "solo", "");
  RUN(local_node_is_as_configured);
  RUN(lists_hold_the_local_node);
  RUN(any_key_is_owned_by_the_only_node);
  RUN(settings_are_read_and_changed);
  RUN(each_live_key_has_a_setter);
  RUN(statistics_are_read_by_name_and_by_row);
  RUN(nodes_are_added_and_removed);
  RUN(unknown_nodes_are_told);
  RUN(statements_out_of_range_are_refused);
  RUN(nobody_leads_in_this_version);
  RUN(a_plain_cluster_has_no_keys);
  RUN(keys_are_rotated);
  RUN(without_lighthouses_nothing_is_valid);
  RUN(tags_and_messages_are_checked);
  RUN(broadcasts_are_bounded);
  RUN(waiting_for_nobody_fails_loudly);
  RUN(a_taken_port_is_told);
  RUN(closing_under_the_feet_of_threads);
  RUN(a_closed_handle_says_so);
  RUN(closing_twice_is_fine);
  return REPORT();
}
