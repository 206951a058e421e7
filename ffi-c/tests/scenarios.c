/* Plays the list of scenarios (scenarios/README.md): every stream must have exactly the lines that
 * are written there. All of them run side by side. */
#include <pthread.h>
#include <unistd.h>

#include "check.h"
#include "lines.h"
#include "scenarios_table.h"

/* MOST, of the tables: more than any scenario has of nodes, streams or subjects. */
enum { REPORT_BYTES = 4096, MOST_TAGS = 8 };

struct stream {
  const char* name;
  seafoam_events* events;
  struct lines lines;
  /* How far `await` has looked, for each subject. */
  struct {
    char subject[96];
    size_t from;
  } seen[MOST];
};

struct node {
  const char* label;
  char address[80];
  seafoam_cluster* cluster;
};

struct run {
  const struct scenario* scenario;
  struct node nodes[MOST];
  struct stream streams[MOST];
  char report[REPORT_BYTES]; /* what went wrong; empty where nothing did */
  bool line_missing;
  pthread_t thread;
};

#define FAIL(run, ...) snprintf((run)->report, sizeof(run)->report, __VA_ARGS__)

static struct node* find_node(struct run* run, const char* label) {
  struct node* node = run->nodes;
  while (node->label != NULL && strcmp(node->label, label) != 0) {
    node++;
  }
  node->label = label;
  return node;
}

static struct stream* find_stream(struct run* run, const char* name) {
  struct stream* stream = run->streams;
  while (stream->name != NULL && strcmp(stream->name, name) != 0) {
    stream++;
  }
  stream->name = name;
  return stream;
}

/* Takes one event in; false where there was none. */
static bool read_one(struct stream* stream, int64_t millis) {
  const seafoam_event* event = NULL;
  if (seafoam_events_next(stream->events, millis, &event, NULL) != SEAFOAM_OK) {
    return false;
  }
  char* line = line_of(event);
  if (line != NULL) {
    add_line(&stream->lines, line);
  }
  return true;
}

static bool read_until(struct stream* stream, uint64_t deadline) {
  uint64_t now = seafoam_now_millis();
  return now < deadline && read_one(stream, (int64_t)(deadline - now));
}

/* Waits for a line behind the last one that was found about the same subject. */
static void await_line(struct run* run, struct stream* stream, const char* line) {
  char subject[96], lines[REPORT_BYTES / 2];
  subject_of(line, subject, sizeof subject);
  int place = 0;
  while (stream->seen[place].subject[0] != '\0' &&
         strcmp(stream->seen[place].subject, subject) != 0) {
    place++;
  }
  size_t* from = &stream->seen[place].from;
  snprintf(stream->seen[place].subject, sizeof stream->seen[place].subject, "%s", subject);
  uint64_t deadline = seafoam_now_millis() + DEADLINE_MILLIS;
  for (size_t i = *from;; i++) {
    while (i == stream->lines.count && read_until(stream, deadline)) {
    }
    if (i == stream->lines.count) {
      run->line_missing = true;
      FAIL(run, "%s did not get \"%s\"; it has %s", stream->name, line,
           joined(&stream->lines, lines, sizeof lines));
      return;
    }
    if (strcmp(stream->lines.all[i], line) == 0) {
      *from = i + 1;
      return;
    }
  }
}

static seafoam_code open_stream(struct run* run, const struct node* node, const char* name,
                                const struct step* step, bool initial, seafoam_error** error) {
  size_t capacity = step->number < 0 ? 0 : (size_t)step->number;
  seafoam_events* events = NULL;
  seafoam_code code =
      seafoam_cluster_events(node->cluster, step->kinds, capacity, initial, &events, error);
  if (code == SEAFOAM_OK) {
    find_stream(run, name)->events = events;
  }
  return code;
}

static seafoam_code set_all(seafoam_config* config, struct run* run, const struct step* step,
                            seafoam_error** error) {
  char group[120], hosts[MOST * 80] = "";
  size_t used = 0;
  snprintf(group, sizeof group, "c-%s-%ld", run->scenario->name, (long)getpid());
  for (const char* const* label = step->texts; label != NULL && *label != NULL; label++) {
    used += (size_t)snprintf(hosts + used, sizeof hosts - used, "%s%s", used == 0 ? "" : ",",
                             find_node(run, *label)->address);
  }
  const struct setting own[] = {{SEAFOAM_KEY_CLUSTER_NAME, group},
                                {SEAFOAM_KEY_LISTEN_PORT, "0"},
                                {SEAFOAM_KEY_MULTICAST_ENABLED, "false"},
                                {SEAFOAM_KEY_INITIAL_HOSTS, hosts},
                                {NULL, NULL}};
  seafoam_code code = seafoam_config_ignore_environment(config, error);
  const struct setting* const parts[] = {own, step->settings};
  for (int part = 0; part < 2; part++) {
    for (const struct setting* each = parts[part]; code == SEAFOAM_OK && each->key; each++) {
      code = seafoam_config_set(config, each->key, each->value, error);
    }
  }
  return code;
}

static seafoam_code start(struct run* run, const struct step* step, seafoam_error** error) {
  struct node* node = find_node(run, step->node);
  seafoam_config* config = seafoam_config_new();
  seafoam_node* local = NULL;
  seafoam_code code = set_all(config, run, step, error);
  if (code == SEAFOAM_OK) {
    code = seafoam_cluster_start(config, &node->cluster, error);
  }
  seafoam_config_free(config);
  if (code == SEAFOAM_OK) {
    code = seafoam_cluster_local_node(node->cluster, &local, error);
  }
  if (code == SEAFOAM_OK) {
    snprintf(node->address, sizeof node->address, "%s", seafoam_node_address(local));
    seafoam_node_free(local);
    code = open_stream(run, node, node->label, step, true, error);
  }
  return code;
}

static seafoam_code healthy(struct run* run, const struct step* step, seafoam_cluster* cluster,
                            seafoam_error** error) {
  seafoam_nodes* nodes = NULL;
  seafoam_code code = seafoam_cluster_healthy_nodes(cluster, &nodes, error);
  size_t count = 0;
  for (; code == SEAFOAM_OK && step->texts[count] != NULL; count++) {
    const char* name = seafoam_node_name(seafoam_nodes_get(nodes, count));
    if (name == NULL || strcmp(name, step->texts[count]) != 0) {
      FAIL(run, "healthy node %zu is %s", count, name == NULL ? "none" : name);
    }
  }
  if (code == SEAFOAM_OK && seafoam_nodes_length(nodes) != count) {
    FAIL(run, "%zu nodes are healthy", seafoam_nodes_length(nodes));
  }
  seafoam_nodes_free(nodes);
  return code;
}

static seafoam_code call(const char* name, seafoam_cluster* cluster, seafoam_error** error) {
  seafoam_node* node = NULL;
  seafoam_nodes* nodes = NULL;
  seafoam_stats* stats = NULL;
  seafoam_validity* validity = NULL;
  seafoam_code code = SEAFOAM_INTERNAL;
  bool held;
  if (strcmp(name, "local_node") == 0) {
    code = seafoam_cluster_local_node(cluster, &node, error);
  } else if (strcmp(name, "all_nodes") == 0) {
    code = seafoam_cluster_all_nodes(cluster, &nodes, error);
  } else if (strcmp(name, "healthy_nodes") == 0) {
    code = seafoam_cluster_healthy_nodes(cluster, &nodes, error);
  } else if (strcmp(name, "stats") == 0) {
    code = seafoam_cluster_stats(cluster, &stats, error);
  } else if (strcmp(name, "leader") == 0) {
    code = seafoam_cluster_leader(cluster, &node, error);
  } else if (strcmp(name, "lease") == 0) {
    code = seafoam_cluster_lease(cluster, &held, NULL, NULL, NULL, error);
  } else if (strcmp(name, "validity") == 0) {
    code = seafoam_cluster_validity(cluster, &validity, error);
  } else if (strcmp(name, "resign") == 0) {
    code = seafoam_cluster_resign(cluster, error);
  } else {
    fprintf(stderr, "there is no call %s\n", name);
  }
  seafoam_node_free(node);
  seafoam_nodes_free(nodes);
  seafoam_stats_free(stats);
  seafoam_validity_free(validity);
  return code;
}

static seafoam_code set_tags(const struct step* step, const seafoam_cluster* cluster,
                             seafoam_error** error) {
  const char *names[MOST_TAGS], *values[MOST_TAGS];
  size_t count = 0;
  for (; count < MOST_TAGS && step->settings[count].key != NULL; count++) {
    names[count] = step->settings[count].key;
    values[count] = step->settings[count].value;
  }
  return seafoam_cluster_set_tags(cluster, names, values, count, error);
}

static seafoam_code make(struct run* run, const struct step* step, seafoam_error** error) {
  const struct node* node = step->node == NULL ? NULL : find_node(run, step->node);
  seafoam_cluster* cluster = node == NULL ? NULL : node->cluster;
  int64_t within = step->within_millis < 0 ? DEADLINE_MILLIS : step->within_millis;
  const char* address;
  switch (step->action) {
  case DO_START:
    return start(run, step, error);
  case DO_SUBSCRIBE:
    return open_stream(run, node, step->stream, step, step->initial == 1, error);
  case DO_AWAIT:
    await_line(run, find_stream(run, step->stream), step->text);
    return SEAFOAM_OK;
  case DO_READY:
    return seafoam_cluster_ready(cluster, (size_t)step->number, false, within, error);
  case DO_HEALTHY:
    return healthy(run, step, cluster, error);
  case DO_BROADCAST:
    return seafoam_cluster_broadcast(cluster, step->payload, step->payload_length, NULL, error);
  case DO_SEND:
    return seafoam_cluster_send(cluster, step->text, step->payload, step->payload_length, error);
  case DO_SET_TAGS:
    return set_tags(step, cluster, error);
  case DO_LEAVE:
    return seafoam_cluster_leave(cluster, DEADLINE_MILLIS, error);
  case DO_CLOSE:
    return seafoam_cluster_close(cluster, error);
  case DO_SET:
    return seafoam_cluster_set(cluster, step->text, step->value, error);
  case DO_ADD_NODE:
    address = step->value == NULL ? step->text : find_node(run, step->value)->address;
    return seafoam_cluster_add_node(cluster, address, NULL, error);
  case DO_REMOVE_NODE:
    return seafoam_cluster_remove_node(cluster, step->text, NULL, error);
  case DO_PING_NODE:
    return seafoam_cluster_ping_node(cluster, step->text, NULL, error);
  case DO_UPDATE_NODE_STATUS:
    return seafoam_cluster_update_node_status(cluster, step->text, step->status, -1, -1, error);
  case DO_CALL:
    return call(step->text, cluster, error);
  }
  return SEAFOAM_INTERNAL;
}

/* Makes one step; where it names an error, exactly that one must come. */
static void make_step(struct run* run, size_t number) {
  const struct step* step = &run->scenario->steps[number];
  seafoam_error* error = NULL;
  seafoam_code code = make(run, step, &error);
  const char* message = seafoam_error_message(error);
  if (code != step->error) {
    FAIL(run, "step %zu: %s \"%s\" instead of %s", number + 1, seafoam_code_name(code), message,
         seafoam_code_name(step->error));
  }
  for (const char* const* text = step->says; *run->report == '\0' && *text != NULL; text++) {
    if (strstr(message, *text) == NULL) {
      FAIL(run, "step %zu: \"%s\" does not say \"%s\"", number + 1, message, *text);
    }
  }
  seafoam_error_free(error);
}

/* Reads until there are as many lines as expected, then what waits already, and compares. */
static void compare(struct run* run, const struct expectation* expectation) {
  struct stream* stream = find_stream(run, expectation->stream);
  struct lines listed = lines_of(expectation->lines);
  struct lines wanted = normalised(&listed), got = normalised(&stream->lines);
  uint64_t deadline = seafoam_now_millis() + DEADLINE_MILLIS;
  while (got.count < wanted.count && read_until(stream, deadline)) {
    free_lines(&got);
    got = normalised(&stream->lines);
  }
  run->line_missing = got.count < wanted.count;
  while (read_one(stream, 0)) {
  }
  free_lines(&got);
  got = normalised(&stream->lines);
  if (!same_lines(&got, &wanted)) {
    char left[REPORT_BYTES / 3], right[REPORT_BYTES / 3];
    FAIL(run, "%s has %s instead of %s", stream->name, joined(&got, left, sizeof left),
         joined(&wanted, right, sizeof right));
  }
  free_lines(&listed);
  free_lines(&wanted);
  free_lines(&got);
}

/* Reads a stream to its end: its last line says so, and no other. */
static void check_end(struct run* run, struct stream* stream) {
  uint64_t deadline = seafoam_now_millis() + DEADLINE_MILLIS;
  size_t closed = 0;
  while (read_until(stream, deadline)) {
  }
  for (size_t i = 0; i < stream->lines.count; i++) {
    closed += begins_with(stream->lines.all[i], "closed");
  }
  size_t count = stream->lines.count;
  if (closed != 1 || !begins_with(stream->lines.all[count - 1], "closed")) {
    FAIL(run, "%s did not end with one `closed`, but has %zu", stream->name, closed);
  }
}

static void check_same(struct run* run, const char* const* group) {
  const struct stream* first = find_stream(run, *group);
  while (*++group != NULL) {
    if (!same_lines(&first->lines, &find_stream(run, *group)->lines)) {
      FAIL(run, "%s and %s differ", first->name, *group);
    }
  }
}

static void* play(void* argument) {
  struct run* run = argument;
  const struct scenario* scenario = run->scenario;
  for (size_t i = 0; *run->report == '\0' && i < scenario->step_count; i++) {
    make_step(run, i);
  }
  const struct expectation* each = scenario->expectations;
  for (; *run->report == '\0' && each->stream != NULL; each++) {
    compare(run, each);
  }
  for (struct node* node = run->nodes; node->label != NULL; node++) {
    seafoam_cluster_close(node->cluster, NULL);
  }
  for (struct stream* stream = run->streams; *run->report == '\0' && stream->name; stream++) {
    check_end(run, stream);
  }
  const char* const* const* group = scenario->same;
  for (; *run->report == '\0' && group != NULL && *group != NULL; group++) {
    check_same(run, *group);
  }
  for (int i = 0; i < MOST; i++) {
    free_lines(&run->streams[i].lines);
    seafoam_events_free(run->streams[i].events);
    seafoam_cluster_free(run->nodes[i].cluster);
  }
  return NULL;
}

enum { SCENARIOS = sizeof scenarios / sizeof *scenarios };
enum { CONTROLS = sizeof controls / sizeof *controls };

static struct run runs[SCENARIOS + CONTROLS];

static void play_all(void) {
  for (int i = 0; i < SCENARIOS + CONTROLS; i++) {
    runs[i].scenario = i < SCENARIOS ? &scenarios[i] : &controls[i - SCENARIOS];
    REQUIRE(pthread_create(&runs[i].thread, NULL, play, &runs[i]) == 0);
  }
  for (int i = 0; i < SCENARIOS + CONTROLS; i++) {
    pthread_join(runs[i].thread, NULL);
  }
}

static const struct run* judged;

static void scenario_is_as_written(void) {
  CHECK(*judged->report == '\0');
}

/* A control that passes, or that waited in vain, shows that nobody looks. */
static void control_is_noticed(void) {
  CHECK(*judged->report != '\0' && !judged->line_missing);
}

static void normalisation_is_as_written(void) {
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct lines lines = lines_of(cases[i].lines), wanted = lines_of(cases[i].gives);
    struct lines got = normalised(&lines);
    if (!same_lines(&got, &wanted)) {
      fprintf(stderr, "  %s\n", cases[i].what);
      CHECK(!"the lines are others");
    }
    free_lines(&lines);
    free_lines(&wanted);
    free_lines(&got);
  }
}

int main(void) {
  RUN(normalisation_is_as_written);
  RUN(play_all);
  for (judged = runs; judged < runs + SCENARIOS + CONTROLS; judged++) {
    int before = check_tests_failed;
    if (judged < runs + SCENARIOS) {
      RUN(scenario_is_as_written);
    } else {
      RUN(control_is_noticed);
    }
    if (check_tests_failed != before) {
      fprintf(stderr, "  %s: %s\n", judged->scenario->name, judged->report);
    }
  }
  return REPORT();
}
