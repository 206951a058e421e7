/* One member of a mixed cluster, told what to do by lines on standard input. Each event becomes one
 * line of JSON on standard output. ../README.md has the contract, which the programs of this name
 * in the other languages keep as well. */
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <seafoam.h>

enum { LEAVE_MILLIS = 3000, LINE_BYTES = 4096, SEEDS_BYTES = 2048 };

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

static void print_generation(const seafoam_node* node) {
  printf(",\"generation\":%llu", (unsigned long long)seafoam_node_generation(node));
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
  print_generation(node);
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
    print_generation(node);
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

/* Tells on standard error why a line was not obeyed, and frees the error. */
static void complain(const char* line, seafoam_error* error) {
  fprintf(stderr, "member: %s: %s\n", line, seafoam_error_message(error));
  seafoam_error_free(error);
}

/* Does what a line asks for; false where it asks to end. */
static bool obey(seafoam_cluster* cluster, const char* line) {
  static const char word[] = "broadcast ";
  seafoam_error* error = NULL;
  if (strcmp(line, "quit") == 0) {
    return false;
  }
  if (strcmp(line, "leave") == 0) {
    if (seafoam_cluster_leave(cluster, LEAVE_MILLIS, &error) == SEAFOAM_OK) {
      fputs("{\"event\":\"left\"", stdout);
      end_line();
    } else {
      complain(line, error);
    }
  } else if (strncmp(line, word, strlen(word)) == 0) {
    const char* text = line + strlen(word);
    if (seafoam_cluster_broadcast_text(cluster, text, NULL, &error) != SEAFOAM_OK) {
      complain(line, error);
    }
  } else {
    fprintf(stderr, "member: %s: it is none of broadcast TEXT, leave, quit\n", line);
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

static void set(seafoam_config* config, const char* key, const char* value) {
  seafoam_error* error = NULL;
  must(seafoam_config_set(config, key, value, &error), error, key);
}

static seafoam_config* configure(int count, char** words) {
  char seeds[SEEDS_BYTES] = "";
  size_t used = 0;
  seafoam_config* config = seafoam_config_new();
  for (int i = 1; i < count; i += 2) {
    const char* value = i + 1 < count ? words[i + 1] : NULL;
    if (value != NULL && strcmp(words[i], "--name") == 0) {
      set(config, SEAFOAM_KEY_NAME, value);
    } else if (value != NULL && strcmp(words[i], "--port") == 0) {
      set(config, SEAFOAM_KEY_LISTEN_PORT, value);
    } else if (value != NULL && strcmp(words[i], "--join") == 0) {
      used += (size_t)snprintf(seeds + used, sizeof seeds - used, "%s%s", used ? "," : "", value);
    } else {
      fprintf(stderr, "usage: member [--name NAME] [--port PORT] [--join HOST:PORT]...\n");
      exit(2);
    }
    if (used >= sizeof seeds) {
      fprintf(stderr, "member: more seeds than fit %d bytes\n", SEEDS_BYTES);
      exit(2);
    }
  }
  if (used > 0) {
    set(config, SEAFOAM_KEY_INITIAL_HOSTS, seeds);
  }
  return config;
}

/* Tells what waits; false once nothing will follow. */
static bool tell_all(seafoam_events* events) {
  const seafoam_event* event = NULL;
  seafoam_code code = SEAFOAM_OK;
  while ((code = seafoam_events_next(events, 0, &event, NULL)) == SEAFOAM_OK) {
    tell(event);
  }
  return code == SEAFOAM_TIMEOUT;
}

int main(int count, char** words) {
  seafoam_error* error = NULL;
  seafoam_cluster* cluster = NULL;
  seafoam_events* events = NULL;
  seafoam_config* config = configure(count, words);
  must(seafoam_cluster_start(config, &cluster, &error), error, "start");
  seafoam_config_free(config);
  tell_start(cluster);
  /* With the initial ones: whom the node met before that line is told too. */
  must(seafoam_cluster_events(cluster, 0, 0, true, &events, &error), error, "events");

  struct pollfd ready[2] = {{.fd = STDIN_FILENO, .events = POLLIN}, {.events = POLLIN}};
  must(seafoam_events_fd(events, &ready[1].fd, &error), error, "events_fd");
  bool goes_on = true;
  while (goes_on) {
    poll(ready, 2, -1);
    goes_on = tell_all(events) && (ready[0].revents == 0 || read_commands(cluster));
  }
  if (seafoam_cluster_leave(cluster, LEAVE_MILLIS, &error) != SEAFOAM_OK) {
    complain("leaving", error); /* nobody is there any more to acknowledge it */
  }
  seafoam_cluster_free(cluster);
  tell_all(events);
  seafoam_events_free(events);
  return 0;
}
