/* The work of an agent in a soak: readers, broadcasts, messages, tags, keys, clusters that come and
 * go. */
#include "work.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SLOW_CAPACITY = 64, READY_MILLIS = 5000, RECEIPT_MILLIS = 3000, ROTATE_MILLIS = 20000 };
static const uint64_t slow_nanos = 200000000;

static void tell_status(const seafoam_event* event) {
  const seafoam_node* node = seafoam_event_node(event);
  printf("{\"event\":\"status\",\"at\":%" PRIu64
         ",\"node\":\"%s\",\"generation\":%llu,\"status\":\"%s\"}\n",
         now(), seafoam_node_name(node), (unsigned long long)seafoam_node_generation(node),
         seafoam_status_name(seafoam_node_status(node)));
}

void work_open(struct work* work, seafoam_cluster* cluster) {
  work->cluster = cluster;
  seafoam_error* error = NULL;
  if (getenv("LAB_WORK") != NULL &&
      (seafoam_cluster_events(cluster, 0, 0, true, &work->fast, &error) != SEAFOAM_OK ||
       seafoam_cluster_events(cluster, 0, SLOW_CAPACITY, false, &work->slow, &error) !=
           SEAFOAM_OK)) {
    fprintf(stderr, "events: %s\n", seafoam_error_message(error));
    exit(1);
  }
}

void work_look(struct work* work, uint64_t at) {
  const seafoam_event* event = NULL;
  while (work->fast != NULL && seafoam_events_next(work->fast, 0, &event, NULL) == SEAFOAM_OK) {
    switch (seafoam_event_kind(event)) {
    case SEAFOAM_EVENT_STATUS:
    case SEAFOAM_EVENT_NODE: /* a new run, or other tags */
      tell_status(event);
      break;
    case SEAFOAM_EVENT_BROADCAST:
      atomic_fetch_add(&work->heard, 1);
      break;
    case SEAFOAM_EVENT_MESSAGE:
      atomic_fetch_add(&work->got, 1);
      break;
    case SEAFOAM_EVENT_LAGGED:
      atomic_fetch_add(&work->lagged, seafoam_event_missed(event));
      break;
    default:
      break;
    }
  }
  if (work->slow != NULL && at - work->slow_at > slow_nanos &&
      seafoam_events_next(work->slow, 0, &event, NULL) == SEAFOAM_OK) {
    work->slow_at = at;
    atomic_fetch_add(&work->taken, 1);
    if (seafoam_event_kind(event) == SEAFOAM_EVENT_LAGGED) {
      atomic_fetch_add(&work->missed, seafoam_event_missed(event));
    }
  }
}

static seafoam_code broadcast(struct work* work, int count, seafoam_error** error) {
  seafoam_code code = SEAFOAM_OK;
  for (int number = 0; number < count && code == SEAFOAM_OK; number++) {
    code = seafoam_cluster_broadcast_text(work->cluster, "of the soak", NULL, error);
  }
  return code;
}

static seafoam_code receipt(struct work* work, char* text, size_t size, seafoam_error** error) {
  static const char payload[] = "with a receipt";
  seafoam_receipt* receipt = NULL;
  seafoam_code code = seafoam_cluster_broadcast_with_receipt(work->cluster, payload, sizeof payload,
                                                             RECEIPT_MILLIS, &receipt, error);
  snprintf(text, size, "%zu %zu", seafoam_receipt_confirmed_length(receipt),
           seafoam_receipt_missing_length(receipt));
  seafoam_receipt_free(receipt);
  return code;
}

/* A cluster of its own beside the one that lives on: started, read, closed. */
static seafoam_code cycle(seafoam_error** error) {
  static const char* const settings[][2] = {
      {"cluster_name", "cycle"}, {"listen_ip", "127.0.0.1"}, {"listen_port", "0"}, {"name", ""},
      {"lighthouses", ""},       {"is_lighthouse", "false"}, {"state_dir", ""},
  };
  seafoam_config* config = seafoam_config_new();
  seafoam_cluster* cluster = NULL;
  seafoam_events* events = NULL;
  const seafoam_event* event = NULL;
  seafoam_code code = SEAFOAM_OK;
  for (size_t at = 0; at < sizeof settings / sizeof *settings && code == SEAFOAM_OK; at++) {
    code = seafoam_config_set(config, settings[at][0], settings[at][1], error);
  }
  if (code == SEAFOAM_OK) {
    code = seafoam_cluster_start(config, &cluster, error);
  }
  if (code == SEAFOAM_OK) {
    code = seafoam_cluster_events(cluster, 0, 0, true, &events, error);
  }
  if (code == SEAFOAM_OK) {
    code = seafoam_cluster_ready(cluster, 1, false, READY_MILLIS, error);
  }
  if (code == SEAFOAM_OK) {
    code = seafoam_events_next(events, READY_MILLIS, &event, error);
  }
  if (code == SEAFOAM_OK) {
    code = seafoam_cluster_close(cluster, error);
  }
  seafoam_events_free(events);
  seafoam_cluster_free(cluster);
  seafoam_config_free(config);
  return code;
}

static seafoam_code cycles(int count, seafoam_error** error) {
  seafoam_code code = SEAFOAM_OK;
  for (int number = 0; number < count && code == SEAFOAM_OK; number++) {
    code = cycle(error);
  }
  return code;
}

static seafoam_code rotate(struct work* work, const char* id, seafoam_error** error) {
  seafoam_key_report* report = NULL;
  seafoam_code code =
      seafoam_cluster_keyring_rotate(work->cluster, id, ROTATE_MILLIS, &report, error);
  seafoam_key_report_free(report);
  return code;
}

static seafoam_code install(struct work* work, const char* key, char* text, size_t size,
                            seafoam_error** error) {
  char* id = NULL;
  seafoam_code code = seafoam_cluster_keyring_install(work->cluster, key, &id, error);
  snprintf(text, size, "%s", id == NULL ? "" : id);
  seafoam_string_free(id);
  return code;
}

static seafoam_code tags(struct work* work, const char* value, seafoam_error** error) {
  const char* names[] = {"round"};
  return seafoam_cluster_set_tags(work->cluster, names, &value, 1, error);
}

static seafoam_code state(struct work* work, seafoam_error** error) {
  seafoam_stats* stats = NULL;
  seafoam_code code = seafoam_cluster_stats(work->cluster, &stats, error);
  flockfile(stdout);
  printf("{\"event\":\"state\",\"at\":%" PRIu64
         ",\"heard\":%lu,\"got\":%lu,\"lagged\":%lu,\"taken\":%lu,\"missed\":%lu,\"stats\":{",
         now(), work->heard, work->got, work->lagged, work->taken, work->missed);
  for (size_t at = 0; at < seafoam_stats_length(stats); at++) {
    printf("%s\"%s\":%" PRIu64, at == 0 ? "" : ",", seafoam_stats_name(stats, at),
           seafoam_stats_value(stats, at));
  }
  printf("}}\n");
  funlockfile(stdout);
  seafoam_stats_free(stats);
  return code;
}

bool work_obey(struct work* work, const char* command, const char* argument) {
  char text[512] = "";
  seafoam_error* error = NULL;
  seafoam_code code;
  if (strcmp(command, "broadcast") == 0) {
    code = broadcast(work, atoi(argument), &error);
  } else if (strcmp(command, "receipt") == 0) {
    code = receipt(work, text, sizeof text, &error);
  } else if (strcmp(command, "send") == 0) {
    code = seafoam_cluster_send(work->cluster, argument, "hello", 5, &error);
  } else if (strcmp(command, "tags") == 0) {
    code = tags(work, argument, &error);
  } else if (strcmp(command, "install") == 0) {
    code = install(work, argument, text, sizeof text, &error);
  } else if (strcmp(command, "rotate") == 0) {
    code = rotate(work, argument, &error);
  } else if (strcmp(command, "use") == 0) {
    code = seafoam_cluster_keyring_use(work->cluster, argument, &error);
  } else if (strcmp(command, "retire") == 0) {
    code = seafoam_cluster_keyring_retire(work->cluster, argument, &error);
  } else if (strcmp(command, "cycle") == 0) {
    code = cycles(atoi(argument), &error);
  } else if (strcmp(command, "state") == 0) {
    code = state(work, &error);
  } else {
    return false;
  }
  if (code != SEAFOAM_OK) {
    snprintf(text, sizeof text, "%s", error == NULL ? "" : seafoam_error_message(error));
    seafoam_error_free(error);
  }
  for (char* at = text; *at != '\0'; at++) {
    *at = *at == '"' || *at == '\\' ? '\'' : *at;
  }
  printf("{\"event\":\"did\",\"what\":\"%s\",\"ok\":%s,\"text\":\"%s\"}\n", command,
         code == SEAFOAM_OK ? "true" : "false", text);
  fflush(stdout);
  return true;
}

void work_close(struct work* work) {
  seafoam_events_free(work->slow);
  seafoam_events_free(work->fast);
}
