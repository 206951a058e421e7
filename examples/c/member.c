/* One member of a mixed cluster, told what to do by lines on standard input.
 *
 * Each event becomes one line of JSON on standard output. ../README.md has the contract, which the
 * programs of this name in the other languages keep as well. */
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <seafoam.h>

enum { LEAVE_MILLIS = 5000, LINE_BYTES = 4096 };

static void must(seafoam_code code, seafoam_error* error, const char* what) {
  if (code != SEAFOAM_OK) {
    fprintf(stderr, "%s: %s: %s\n", what, seafoam_code_name(code), seafoam_error_message(error));
    exit(1);
  }
}

/* How many bytes the UTF-8 sequence at `text` has; 0 where it is none. */
static size_t sequence(const unsigned char* text, size_t left) {
  static const unsigned char lowest[] = {0, 0, 0x80, 0xa0, 0x90}; /* overlong forms are none */
  unsigned char lead = text[0];
  size_t length = lead < 0x80 ? 1 : lead < 0xc2 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  if (lead > 0xf4 || length > left) {
    return 0;
  }
  for (size_t i = 1; i < length; i++) {
    if ((text[i] & 0xc0) != 0x80) {
      return 0;
    }
  }
  bool overlong = (lead == 0xe0 || lead == 0xf0) && text[1] < lowest[length];
  bool surrogate = lead == 0xed && text[1] > 0x9f;
  bool beyond = lead == 0xf4 && text[1] > 0x8f;
  return overlong || surrogate || beyond ? 0 : length;
}

/* Prints bytes as a JSON string; what is not UTF-8 becomes the replacement character. */
static void print_json(const void* bytes, size_t length) {
  const unsigned char* text = bytes;
  putchar('"');
  for (size_t i = 0; i < length;) {
    size_t step = sequence(text + i, length - i);
    if (step == 0) {
      fputs("\\ufffd", stdout);
      step = 1;
    } else if (text[i] == '"' || text[i] == '\\') {
      printf("\\%c", text[i]);
    } else if (text[i] < 0x20) {
      printf("\\u%04x", (unsigned)text[i]);
    } else {
      fwrite(text + i, 1, step, stdout);
    }
    i += step;
  }
  putchar('"');
}

static void print_field(const char* name, const char* text) {
  printf(",\"%s\":", name);
  print_json(text, strlen(text));
}

static void end_line(void) {
  puts("}");
  fflush(stdout); /* whoever reads a pipe waits for each line */
}

static void tell_start(seafoam_cluster* cluster) {
  seafoam_node* node = NULL;
  seafoam_error* error = NULL;
  must(seafoam_cluster_local_node(cluster, &node, &error), error, "local_node");
  fputs("{\"event\":\"started\"", stdout);
  print_field("node", seafoam_node_name(node));
  print_field("address", seafoam_node_address(node));
  printf(",\"generation\":%llu", (unsigned long long)seafoam_node_generation(node));
  end_line();
  seafoam_node_free(node);
}

static void tell(const seafoam_event* event) {
  const seafoam_node* node;
  const unsigned char* bytes;
  size_t length = 0;
  switch (seafoam_event_kind(event)) {
  case SEAFOAM_EVENT_STATUS:
    node = seafoam_event_node(event);
    fputs("{\"event\":\"status\"", stdout);
    print_field("node", seafoam_node_name(node));
    print_field("status", seafoam_status_name(seafoam_event_status(event)));
    print_field("previous", seafoam_status_name(seafoam_event_previous(event)));
    printf(",\"generation\":%llu", (unsigned long long)seafoam_node_generation(node));
    end_line();
    break;
  case SEAFOAM_EVENT_BROADCAST:
    bytes = seafoam_event_bytes(event, &length);
    fputs("{\"event\":\"broadcast\"", stdout);
    print_field("origin", seafoam_node_name(seafoam_event_origin(event)));
    fputs(",\"text\":", stdout);
    print_json(bytes, length);
    end_line();
    break;
  default: /* kinds that the demonstration does not show */
    break;
  }
}

/* Does what a line asks for; false where it asks to end. A failure is told and not fatal. */
static bool obey(seafoam_cluster* cluster, const char* line) {
  seafoam_error* error = NULL;
  if (strcmp(line, "quit") == 0) {
    return false;
  }
  if (strcmp(line, "leave") == 0) {
    if (seafoam_cluster_leave(cluster, LEAVE_MILLIS, &error) == SEAFOAM_OK) {
      fputs("{\"event\":\"left\"", stdout);
      end_line();
    }
  } else if (strncmp(line, "broadcast ", 10) == 0) {
    seafoam_cluster_broadcast(cluster, line + 10, strlen(line + 10), NULL, &error);
  } else {
    fprintf(stderr, "not a command: %s\n", line);
  }
  if (error != NULL) {
    fprintf(stderr, "%s: %s\n", line, seafoam_error_message(error));
    seafoam_error_free(error);
  }
  return true;
}

/* Reads what standard input has and obeys each whole line; false where it asks to end. */
static bool read_commands(seafoam_cluster* cluster) {
  static char buffer[LINE_BYTES];
  static size_t filled;
  ssize_t count = read(STDIN_FILENO, buffer + filled, sizeof buffer - 1 - filled);
  if (count <= 0) {
    return false;
  }
  filled += (size_t)count;
  char* line = buffer;
  char* end;
  while ((end = memchr(line, '\n', filled - (size_t)(line - buffer))) != NULL) {
    *end = '\0';
    if (!obey(cluster, line)) {
      return false;
    }
    line = end + 1;
  }
  filled -= (size_t)(line - buffer);
  memmove(buffer, line, filled);
  if (filled == sizeof buffer - 1) {
    fprintf(stderr, "a line is longer than %zu bytes and was dropped\n", sizeof buffer - 1);
    filled = 0;
  }
  return true;
}

static seafoam_config* configure(int count, char** words) {
  static const char* const options[][2] = {
      {"--name", SEAFOAM_KEY_NAME},
      {"--port", SEAFOAM_KEY_LISTEN_PORT},
      {"--join", SEAFOAM_KEY_INITIAL_HOSTS},
  };
  seafoam_config* config = seafoam_config_new();
  seafoam_error* error = NULL;
  for (int i = 1; i < count; i += 2) {
    const char* key = NULL;
    for (size_t j = 0; j < sizeof options / sizeof options[0]; j++) {
      key = strcmp(words[i], options[j][0]) == 0 ? options[j][1] : key;
    }
    if (key == NULL || i + 1 == count) {
      fprintf(stderr, "usage: member [--name NAME] [--port PORT] [--join HOST:PORT]\n");
      exit(2);
    }
    must(seafoam_config_set(config, key, words[i + 1], &error), error, words[i]);
  }
  return config;
}

int main(int count, char** words) {
  seafoam_error* error = NULL;
  seafoam_cluster* cluster = NULL;
  seafoam_events* events = NULL;
  seafoam_config* config = configure(count, words);
  must(seafoam_cluster_start(config, &cluster, &error), error, "start");
  seafoam_config_free(config);
  must(seafoam_cluster_events(cluster, 0, 0, true, &events, &error), error, "events");
  tell_start(cluster);

  struct pollfd ready[2] = {{.fd = STDIN_FILENO, .events = POLLIN}, {.events = POLLIN}};
  must(seafoam_events_fd(events, &ready[1].fd, &error), error, "events_fd");
  bool goes_on = true;
  while (goes_on) {
    poll(ready, 2, -1);
    const seafoam_event* event = NULL;
    seafoam_code code = SEAFOAM_OK;
    while ((code = seafoam_events_next(events, 0, &event, NULL)) == SEAFOAM_OK) {
      tell(event);
    }
    goes_on = code == SEAFOAM_TIMEOUT; /* else the cluster closed itself */
    if (goes_on && ready[0].revents != 0) {
      goes_on = read_commands(cluster);
    }
  }
  seafoam_cluster_leave(cluster, LEAVE_MILLIS, NULL); /* again is allowed, alone is no failure */
  seafoam_events_free(events);
  seafoam_cluster_free(cluster);
  return 0;
}
