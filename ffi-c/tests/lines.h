/* Lines of text: what a stream told, and how scenarios compare it (scenarios/README.md). */
#ifndef SEAFOAM_LINES_H
#define SEAFOAM_LINES_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "seafoam.h"

struct lines {
  char** all;
  size_t count;
};

/* Takes a text on the heap. */
static inline void add_line(struct lines* lines, char* line) {
  char** grown = line == NULL ? NULL : realloc(lines->all, (lines->count + 1) * sizeof *grown);
  if (grown == NULL) {
    abort(); /* no memory */
  }
  lines->all = grown;
  lines->all[lines->count++] = line;
}

static inline void free_lines(struct lines* lines) {
  for (size_t i = 0; i < lines->count; i++) {
    free(lines->all[i]);
  }
  free(lines->all);
  *lines = (struct lines){NULL, 0};
}

static inline bool begins_with(const char* text, const char* start) {
  return strncmp(text, start, strlen(start)) == 0;
}

static inline char* payload_line(const char* kind, const seafoam_node* node,
                                 const seafoam_event* event) {
  size_t length = 0;
  const uint8_t* bytes = seafoam_event_bytes(event, &length);
  const char* name = seafoam_node_name(node);
  size_t room = strlen(kind) + strlen(name) + 2 * length + sizeof "  -";
  char* line = malloc(room);
  if (line != NULL) {
    int at = snprintf(line, room, "%s %s %s", kind, name, length == 0 ? "-" : "");
    for (size_t i = 0; i < length; i++) {
      at += snprintf(line + at, room - (size_t)at, "%02x", bytes[i]);
    }
  }
  return line;
}

static inline void tags_line(char* line, size_t size, const seafoam_node* node) {
  size_t used = (size_t)snprintf(line, size, "node %s ", seafoam_node_name(node));
  size_t count = seafoam_node_tags_length(node);
  for (size_t i = 0; i < count && used < size; i++) {
    used += (size_t)snprintf(line + used, size - used, "%s%s=%s", i == 0 ? "" : ",",
                             seafoam_node_tag_name(node, i), seafoam_node_tag_value(node, i));
  }
  if (count == 0) {
    snprintf(line + used, size - used, "-");
  }
}

/* The event as a line on the heap; NULL for kinds that scenarios leave out. */
static inline char* line_of(const seafoam_event* event) {
  char line[1024];
  const seafoam_node* node = seafoam_event_node(event);
  const seafoam_error* error = seafoam_event_error(event);
  switch (seafoam_event_kind(event)) {
  case SEAFOAM_EVENT_STATUS:
    snprintf(line, sizeof line, "status %s %s>%s", seafoam_node_name(node),
             seafoam_status_name(seafoam_event_previous(event)),
             seafoam_status_name(seafoam_event_status(event)));
    break;
  case SEAFOAM_EVENT_BROADCAST:
    return payload_line("broadcast", seafoam_event_origin(event), event);
  case SEAFOAM_EVENT_MESSAGE:
    return payload_line("message", seafoam_event_sender(event), event);
  case SEAFOAM_EVENT_NODE:
    tags_line(line, sizeof line, node);
    break;
  case SEAFOAM_EVENT_CONFLICT:
    snprintf(line, sizeof line, "conflict %s", seafoam_node_name(node));
    break;
  case SEAFOAM_EVENT_DATACENTER:
    snprintf(line, sizeof line, "datacenter %d %s", seafoam_event_number(event),
             seafoam_event_lost(event) ? "lost" : "back");
    break;
  case SEAFOAM_EVENT_LAGGED:
    snprintf(line, sizeof line, "lagged %llu", (unsigned long long)seafoam_event_missed(event));
    break;
  case SEAFOAM_EVENT_CLOSED:
    snprintf(line, sizeof line, "closed%s%s", error == NULL ? "" : " ",
             error == NULL ? "" : seafoam_code_name(seafoam_error_code(error)));
    break;
  default:
    return NULL;
  }
  return strdup(line);
}

/* Whom a line is about: `lagged` sorts before all names, `closed` behind them. */
static inline const char* subject_of(const char* line, char* into, size_t size) {
  const char* space = strchr(line, ' ');
  if (begins_with(line, "lagged") || begins_with(line, "closed") || space == NULL) {
    snprintf(into, size, "%s", begins_with(line, "lagged") ? "!" : "~");
  } else {
    snprintf(into, size, "%.*s", (int)strcspn(space + 1, " "), space + 1);
  }
  return into;
}

struct change {
  char name[80], previous[16], now[16];
};

static inline bool parse_status(const char* line, struct change* change) {
  return sscanf(line, "status %79s %15[^>]>%15s", change->name, change->previous, change->now) == 3;
}

/* What a node was before it was suspected, from the lines in front of `end`; `change` is the step
 * that ends the suspicion. Where it began unseen, what the step itself says. */
static inline void before_suspicion(const struct lines* lines, size_t end, struct change* change) {
  while (strcmp(change->previous, "suspected") == 0 && end-- > 0) {
    struct change earlier;
    if (parse_status(lines->all[end], &earlier) && strcmp(earlier.name, change->name) == 0) {
      if (strcmp(earlier.now, "suspected") != 0) {
        return;
      }
      snprintf(change->previous, sizeof change->previous, "%s", earlier.previous);
    }
  }
}

/* Puts the lines of one subject together, in the order of subjects; those of one stay in order. */
static inline void sort_lines(struct lines* lines) {
  char left[96], right[96];
  for (size_t i = 1; i < lines->count; i++) {
    char* line = lines->all[i];
    size_t at = i;
    for (; at > 0 && strcmp(subject_of(lines->all[at - 1], left, sizeof left),
                            subject_of(line, right, sizeof right)) > 0;
         at--) {
      lines->all[at] = lines->all[at - 1];
    }
    lines->all[at] = line;
  }
}

static inline struct lines normalised(const struct lines* lines) {
  struct lines kept = {NULL, 0};
  for (size_t i = 0; i < lines->count; i++) {
    struct change change;
    char line[160];
    if (!parse_status(lines->all[i], &change)) {
      add_line(&kept, strdup(lines->all[i]));
      continue;
    }
    before_suspicion(lines, i, &change);
    if (strcmp(change.now, "suspected") != 0 && strcmp(change.now, change.previous) != 0) {
      snprintf(line, sizeof line, "status %s %s>%s", change.name, change.previous, change.now);
      add_line(&kept, strdup(line));
    }
  }
  sort_lines(&kept);
  return kept;
}

static inline struct lines lines_of(const char* const* texts) {
  struct lines lines = {NULL, 0};
  for (; *texts != NULL; texts++) {
    add_line(&lines, strdup(*texts));
  }
  return lines;
}

static inline bool same_lines(const struct lines* left, const struct lines* right) {
  bool same = left->count == right->count;
  for (size_t i = 0; same && i < left->count; i++) {
    same = strcmp(left->all[i], right->all[i]) == 0;
  }
  return same;
}

/* All lines in one text, for reports. */
static inline const char* joined(const struct lines* lines, char* into, size_t size) {
  size_t used = 0;
  into[0] = '\0';
  for (size_t i = 0; i < lines->count && used < size; i++) {
    used += (size_t)snprintf(into + used, size - used, "%s%s", i == 0 ? "" : ", ", lines->all[i]);
  }
  return into;
}

#endif
