/* What callers get wrong: each is answered with a precise code, and nothing is left behind. */
#include "nodes.h"

#define BAD_UTF8 "a\xff\xfe"

static seafoam_error* const POISON = (seafoam_error*)(uintptr_t)0x5a5a5a5aU;

static void null_is_freed(void) {
  seafoam_config_free(NULL);
  seafoam_cluster_free(NULL);
  seafoam_events_free(NULL);
  seafoam_events_close(NULL);
  seafoam_event_free(NULL);
  seafoam_node_free(NULL);
  seafoam_nodes_free(NULL);
  seafoam_error_free(NULL);
  seafoam_stats_free(NULL);
  seafoam_why_free(NULL);
  seafoam_receipt_free(NULL);
  seafoam_validity_free(NULL);
  seafoam_string_free(NULL);
  seafoam_callback_remove(NULL);
  CHECK(seafoam_error_clone(NULL) == NULL);
  CHECK(seafoam_node_clone(NULL) == NULL);
  CHECK(seafoam_event_clone(NULL) == NULL);
}

static void null_is_read_as_nothing(void) {
  CHECK(seafoam_error_code(NULL) == SEAFOAM_OK);
  CHECK(strcmp(seafoam_error_message(NULL), "") == 0);
  CHECK(seafoam_cluster_is_closed(NULL));
  CHECK(!seafoam_cluster_is_leader(NULL) && !seafoam_cluster_is_valid(NULL));
  CHECK(seafoam_node_name(NULL) == NULL && seafoam_node_address(NULL) == NULL);
  CHECK(seafoam_node_ip(NULL) == NULL && seafoam_node_status_source(NULL) == NULL);
  CHECK(seafoam_node_port(NULL) == 0 && seafoam_node_status(NULL) == -1);
  CHECK(seafoam_node_rank(NULL) == -1 && !seafoam_node_is_lighthouse(NULL));
  CHECK(!seafoam_node_is_healthy(NULL));
  CHECK(seafoam_node_datacenter(NULL) == SEAFOAM_DATACENTER_NONE);
  CHECK(seafoam_node_generation(NULL) == 0 && seafoam_node_incarnation(NULL) == 0);
  CHECK(seafoam_node_ping_millis(NULL) == SEAFOAM_PING_NO_DATA);
  CHECK(seafoam_node_age_millis(NULL) == 0 && seafoam_node_timestamp_millis(NULL) == 0);
  CHECK(seafoam_node_emit_counter(NULL) == 0 && seafoam_node_tags_length(NULL) == 0);
  CHECK(seafoam_node_tag_name(NULL, 0) == NULL && seafoam_node_tag_value(NULL, 0) == NULL);
  CHECK(seafoam_nodes_length(NULL) == 0 && seafoam_nodes_get(NULL, 0) == NULL);
  CHECK(seafoam_stats_length(NULL) == 0 && seafoam_stats_name(NULL, 0) == NULL);
  CHECK(seafoam_stats_doc(NULL, 0) == NULL && seafoam_stats_value(NULL, 0) == 0);
  CHECK(!seafoam_stats_is_counter(NULL, 0));
  CHECK(seafoam_why_node(NULL) == NULL && seafoam_why_source(NULL) == NULL);
  CHECK(seafoam_why_witnesses_length(NULL) == 0 && seafoam_why_witness(NULL, 0) == NULL);
  CHECK(!seafoam_why_own_ping_failed(NULL) && seafoam_why_own_health(NULL) == -1);
  CHECK(seafoam_why_since_millis(NULL) == 0 && seafoam_why_accuser(NULL) == NULL);
  CHECK(seafoam_why_suspected_millis(NULL) == 0 && seafoam_why_heard_millis(NULL) == 0);
  CHECK(seafoam_why_witness_hint(NULL, 0) == -1 && seafoam_why_witness_millis(NULL, 0) == 0);
  CHECK(seafoam_why_own_hint(NULL) == -1);
  CHECK(seafoam_why_helpers_failed_length(NULL) == 0);
  CHECK(seafoam_why_helpers_silent_length(NULL) == 0);
  CHECK(seafoam_why_helpers_failed(NULL, 0) == NULL);
  CHECK(seafoam_why_helpers_silent(NULL, 0) == NULL);
  CHECK(seafoam_receipt_label(NULL) == NULL && !seafoam_receipt_is_complete(NULL));
  CHECK(seafoam_receipt_confirmed_length(NULL) == 0 && seafoam_receipt_missing_length(NULL) == 0);
  CHECK(seafoam_receipt_confirmed(NULL, 0) == NULL && seafoam_receipt_missing(NULL, 0) == NULL);
  CHECK(seafoam_validity_state(NULL) == -1 && seafoam_validity_basis(NULL) == -1);
  CHECK(seafoam_validity_needed(NULL) == 0 && seafoam_validity_seen(NULL, 0) == NULL);
  CHECK(seafoam_validity_seen_length(NULL) == 0 && seafoam_validity_missing_length(NULL) == 0);
  CHECK(seafoam_validity_missing(NULL, 0) == NULL);
}

static void null_events_are_read_as_nothing(void) {
  size_t length = 7;
  CHECK(seafoam_event_kind(NULL) == -1 && seafoam_event_node(NULL) == NULL);
  CHECK(seafoam_event_status(NULL) == -1 && seafoam_event_previous(NULL) == -1);
  CHECK(seafoam_event_source(NULL) == NULL && seafoam_event_origin(NULL) == NULL);
  CHECK(seafoam_event_index(NULL) == 0 && seafoam_event_label(NULL) == NULL);
  CHECK(seafoam_event_bytes(NULL, &length) == NULL && length == 0);
  CHECK(seafoam_event_bytes(NULL, NULL) == NULL);
  CHECK(seafoam_event_sender(NULL) == NULL && seafoam_event_leader(NULL) == NULL);
  CHECK(seafoam_event_term(NULL) == 0 && seafoam_event_scope(NULL) == -1);
  CHECK(seafoam_event_validity(NULL) == NULL && seafoam_event_other_address(NULL) == NULL);
  CHECK(seafoam_event_direction(NULL) == -1 && seafoam_event_members(NULL) == 0);
  CHECK(seafoam_event_number(NULL) == -1 && !seafoam_event_lost(NULL));
  CHECK(seafoam_event_missed(NULL) == 0 && seafoam_event_error(NULL) == NULL);
}

/* One look at each fallible call: NULL handles answer, set every result to nothing, and say which
 * argument it was. */
#define NULL_HANDLE(call) CHECK(failed_with(call, SEAFOAM_INVALID_CONFIG, &error, "is NULL"))

static void null_handles_of_reading_calls(void) {
  seafoam_error* error = NULL;
  seafoam_cluster* cluster = (seafoam_cluster*)(uintptr_t)1;
  seafoam_node* node = (seafoam_node*)(uintptr_t)1;
  seafoam_nodes* nodes = (seafoam_nodes*)(uintptr_t)1;
  seafoam_why* why = (seafoam_why*)(uintptr_t)1;
  seafoam_stats* stats = (seafoam_stats*)(uintptr_t)1;
  seafoam_validity* validity = (seafoam_validity*)(uintptr_t)1;
  seafoam_events* events = (seafoam_events*)(uintptr_t)1;
  char* text = (char*)(uintptr_t)1;
  bool held = true;
  uint64_t term = 7, remaining = 7, value = 7;
  seafoam_quality quality = 7;
  double millis = 7;
  NULL_HANDLE(seafoam_cluster_start(NULL, &cluster, &error));
  NULL_HANDLE(seafoam_cluster_local_node(NULL, &node, &error));
  CHECK(cluster == NULL && node == NULL);
  node = (seafoam_node*)(uintptr_t)1;
  NULL_HANDLE(seafoam_cluster_node(NULL, "a", &node, &error));
  NULL_HANDLE(seafoam_cluster_all_nodes(NULL, &nodes, &error));
  CHECK(node == NULL && nodes == NULL);
  NULL_HANDLE(seafoam_cluster_healthy_nodes(NULL, &nodes, &error));
  NULL_HANDLE(seafoam_cluster_ping_node(NULL, "a", &millis, &error));
  CHECK(millis == SEAFOAM_PING_NO_DATA);
  NULL_HANDLE(seafoam_cluster_why(NULL, "a", &why, &error));
  NULL_HANDLE(seafoam_cluster_stats(NULL, &stats, &error));
  NULL_HANDLE(seafoam_cluster_validity(NULL, &validity, &error));
  NULL_HANDLE(seafoam_cluster_leader(NULL, &node, &error));
  NULL_HANDLE(seafoam_cluster_owner(NULL, "k", 1, NULL, NULL, 0, &node, &error));
  NULL_HANDLE(seafoam_cluster_owners(NULL, "k", 1, 3, NULL, NULL, 0, &nodes, &error));
  NULL_HANDLE(seafoam_cluster_get(NULL, "name", &text, &error));
  NULL_HANDLE(seafoam_cluster_events(NULL, 0, 0, false, &events, &error));
  NULL_HANDLE(seafoam_cluster_lease(NULL, &held, &term, &remaining, &quality, &error));
  NULL_HANDLE(seafoam_stats_get(NULL, "members", &value, &error));
  CHECK(why == NULL && stats == NULL && validity == NULL && text == NULL && events == NULL);
  CHECK(!held && term == 0 && remaining == 0 && quality == -1 && value == 0);
}

static void null_handles_of_acting_calls(void) {
  seafoam_error* error = NULL;
  NULL_HANDLE(seafoam_cluster_ready(NULL, 1, false, 0, &error));
  NULL_HANDLE(seafoam_cluster_leave(NULL, 0, &error));
  NULL_HANDLE(seafoam_cluster_close(NULL, &error));
  NULL_HANDLE(seafoam_cluster_add_node(NULL, "a:1", NULL, &error));
  NULL_HANDLE(seafoam_cluster_remove_node(NULL, "a", NULL, &error));
  NULL_HANDLE(seafoam_cluster_update_node_status(NULL, "a", 1, -1, -1, &error));
  NULL_HANDLE(seafoam_cluster_touch_node(NULL, "a", &error));
  NULL_HANDLE(seafoam_cluster_broadcast(NULL, "a", 1, NULL, &error));
  NULL_HANDLE(seafoam_cluster_broadcast_text(NULL, "a", NULL, &error));
  seafoam_receipt* receipt = (seafoam_receipt*)(uintptr_t)1;
  NULL_HANDLE(seafoam_cluster_broadcast_with_receipt(NULL, "a", 1, 0, &receipt, &error));
  CHECK(receipt == NULL);
  NULL_HANDLE(seafoam_cluster_send(NULL, "a", "b", 1, &error));
  NULL_HANDLE(seafoam_cluster_set_tags(NULL, NULL, NULL, 0, &error));
  NULL_HANDLE(seafoam_cluster_resign(NULL, &error));
  NULL_HANDLE(seafoam_cluster_transfer_leadership(NULL, "a", &error));
  NULL_HANDLE(seafoam_cluster_keyring_install(NULL, "a", NULL, &error));
  NULL_HANDLE(seafoam_cluster_keyring_reload(NULL, NULL, &error));
  NULL_HANDLE(seafoam_cluster_keyring_rotate(NULL, "a", 0, NULL, &error));
  NULL_HANDLE(seafoam_cluster_keyring_use(NULL, "a", &error));
  NULL_HANDLE(seafoam_cluster_keyring_retire(NULL, "a", &error));
  NULL_HANDLE(seafoam_cluster_set(NULL, "heartbeat_millis", "100", &error));
  NULL_HANDLE(seafoam_cluster_set_heartbeat_millis(NULL, 100, &error));
  NULL_HANDLE(seafoam_cluster_set_max_broadcast_bytes(NULL, 100, &error));
  NULL_HANDLE(seafoam_cluster_set_multicast_announce_interval_seconds(NULL, 100, &error));
  NULL_HANDLE(seafoam_cluster_set_ping_history_frontload_millis(NULL, 100, &error));
  NULL_HANDLE(seafoam_cluster_set_min_ping_time_millis(NULL, 100, &error));
  NULL_HANDLE(seafoam_cluster_set_lighthouses(NULL, "a=127.0.0.1:1", &error));
  NULL_HANDLE(seafoam_cluster_set_leader_eligible(NULL, true, &error));
  NULL_HANDLE(seafoam_cluster_set_leader_priority(NULL, 1, &error));
  NULL_HANDLE(seafoam_cluster_set_log_level(NULL, SEAFOAM_LOG_INFO, &error));
  NULL_HANDLE(seafoam_config_set(NULL, "name", "a", &error));
  NULL_HANDLE(seafoam_config_ignore_environment(NULL, &error));
  NULL_HANDLE(seafoam_log(SEAFOAM_LOG_INFO, NULL, &error));
}

static void null_streams(void) {
  seafoam_error* error = NULL;
  const seafoam_event* event = (const seafoam_event*)(uintptr_t)1;
  size_t count = 7;
  int fd = 7;
  NULL_HANDLE(seafoam_events_next(NULL, 0, &event, &error));
  CHECK(event == NULL);
  NULL_HANDLE(seafoam_events_next_batch(NULL, 0, &event, 1, &count, &error));
  CHECK(count == 0);
  count = 7;
  NULL_HANDLE(seafoam_events_next_flat(NULL, 0, 1, &event, sizeof event, &count, &error));
  CHECK(count == 0);
  NULL_HANDLE(seafoam_events_fd(NULL, &fd, &error));
  CHECK(fd == -1);
}

static void configuration_is_checked_where_it_is_set(void) {
  seafoam_error* error = NULL;
  seafoam_config* config = seafoam_config_new();
#define REFUSED(key, value, fragment)                                                              \
  CHECK(failed_with(seafoam_config_set(config, key, value, &error), SEAFOAM_INVALID_CONFIG,        \
                    &error, fragment))
  REFUSED(NULL, "1", "key is NULL");
  REFUSED(SEAFOAM_KEY_NAME, NULL, "value is NULL");
  REFUSED(BAD_UTF8, "1", "key is not UTF-8 from byte 1");
  REFUSED(SEAFOAM_KEY_NAME, BAD_UTF8, "value is not UTF-8");
  REFUSED("listen_prot", "1", "\"listen_prot\" is not a configuration key");
  REFUSED(SEAFOAM_KEY_LISTEN_PORT, "70000", "listen_port = \"70000\" is refused");
  REFUSED(SEAFOAM_KEY_LISTEN_PORT, "", "from 0 to 65535");
  REFUSED(SEAFOAM_KEY_NAME, "a b", "name");
  REFUSED(SEAFOAM_KEY_PROFILE, "faster", "one of fast, patient");
  CHECK(worked(seafoam_config_set(config, SEAFOAM_KEY_LISTEN_PORT, "0", &error), &error));
  seafoam_config_free(config);
}

static void values_must_go_together(void) {
  seafoam_error* error = NULL;
  seafoam_cluster* cluster = (seafoam_cluster*)(uintptr_t)1;
  seafoam_config* config = test_config("misuse", "a", "");
  CHECK(worked(seafoam_config_set(config, SEAFOAM_KEY_LEADER_SCOPE, "datacenter", &error), &error));
  CHECK(worked(seafoam_config_set(config, SEAFOAM_KEY_LIGHTHOUSES, "127.0.0.1:1", &error), &error));
  CHECK(failed_with(seafoam_cluster_start(config, &cluster, &error), SEAFOAM_INVALID_CONFIG, &error,
                    "has no @datacenter"));
  CHECK(cluster == NULL);
  seafoam_config_free(config);
}

static void listening_beyond_loopback_needs_a_key(void) {
  seafoam_error* error = NULL;
  seafoam_cluster* cluster = NULL;
  seafoam_config* config = test_config("misuse", "a", "");
  CHECK(worked(seafoam_config_set(config, SEAFOAM_KEY_LISTEN_IP, "0.0.0.0", &error), &error));
  CHECK(failed_with(seafoam_cluster_start(config, &cluster, &error), SEAFOAM_KEY_REQUIRED, &error,
                    "0.0.0.0"));
  CHECK(cluster == NULL);
  seafoam_config_free(config);
}

static void errors_are_always_set_and_may_be_ignored(void) {
  seafoam_error* error = POISON;
  CHECK(seafoam_set_log_level(99, NULL) == SEAFOAM_INVALID_CONFIG);
  CHECK(seafoam_set_log_level(SEAFOAM_LOG_WARN, &error) == SEAFOAM_OK && error == NULL);
  CHECK(seafoam_log_level() == SEAFOAM_LOG_WARN);
  CHECK(failed_with(seafoam_set_log_level(-1, &error), SEAFOAM_INVALID_CONFIG, &error,
                    "level = -1 is none of 0, 1"));
  CHECK(seafoam_set_log_level(256, NULL) == SEAFOAM_INVALID_CONFIG); /* not cut to a byte */
  CHECK(seafoam_log_level() == SEAFOAM_LOG_WARN);
  CHECK(seafoam_log(8, "line", NULL) == SEAFOAM_INVALID_CONFIG);
  CHECK(seafoam_log(SEAFOAM_LOG_ERROR, BAD_UTF8, NULL) == SEAFOAM_INVALID_CONFIG);
}

static void errors_are_cloned(void) {
  seafoam_error* error = NULL;
  CHECK(seafoam_set_log_level(99, &error) == SEAFOAM_INVALID_CONFIG);
  seafoam_error* copy = seafoam_error_clone(error);
  REQUIRE(copy != NULL && copy != error);
  CHECK(strcmp(seafoam_error_message(copy), seafoam_error_message(error)) == 0);
  seafoam_error_free(error);
  CHECK(seafoam_error_code(copy) == SEAFOAM_INVALID_CONFIG);
  seafoam_error_free(copy);
}

int main(void) {
  RUN(null_is_freed);
  RUN(null_is_read_as_nothing);
  RUN(null_events_are_read_as_nothing);
  RUN(null_handles_of_reading_calls);
  RUN(null_handles_of_acting_calls);
  RUN(null_streams);
  RUN(configuration_is_checked_where_it_is_set);
  RUN(values_must_go_together);
  RUN(listening_beyond_loopback_needs_a_key);
  RUN(errors_are_always_set_and_may_be_ignored);
  RUN(errors_are_cloned);
  return REPORT();
}
