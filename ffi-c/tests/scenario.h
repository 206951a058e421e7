/* The list of scenarios (scenarios/README.md) as C and C++ see it: scenarios.py makes tables of
 * this form out of it. Lists of texts end with NULL; what a step does not have is NULL or -1. */
#ifndef SEAFOAM_SCENARIO_H
#define SEAFOAM_SCENARIO_H

#include <stddef.h>
#include <stdint.h>

#include "seafoam.h"

enum action {
  DO_START,
  DO_SUBSCRIBE,
  DO_AWAIT,
  DO_READY,
  DO_HEALTHY,
  DO_BROADCAST,
  DO_SEND,
  DO_SET_TAGS,
  DO_LEAVE,
  DO_CLOSE,
  DO_SET,
  DO_ADD_NODE,
  DO_REMOVE_NODE,
  DO_PING_NODE,
  DO_UPDATE_NODE_STATUS,
  DO_CALL
};

struct setting {
  const char* key;
  const char* value;
};

struct step {
  enum action action;
  const char* node;               /* the label of the node that makes the call */
  const char* stream;             /* `as` or `on` */
  const char* text;               /* `line`, `target`, `address`, `call` or `key` */
  const char* value;              /* `value` of a setting, `target` of add_node */
  const char* const* texts;       /* `join` or `names` */
  const struct setting* settings; /* all that a start sets, in order, or tags; ends with NULL */
  const char* payload;
  size_t payload_length;
  uint32_t kinds;
  int status;
  int initial;
  int64_t number; /* `members` or `capacity` */
  int64_t within_millis;
  seafoam_code error;      /* SEAFOAM_OK where the step must not fail */
  const char* const* says; /* what its message contains */
};

struct expectation {
  const char* stream;
  const char* const* lines;
};

struct scenario {
  const char* name;
  const struct step* steps;
  size_t step_count;
  const struct expectation* expectations; /* ends with a stream of NULL */
  const char* const* const* same;         /* groups of streams, or NULL; ends with NULL */
};

struct normalisation {
  const char* what;
  const char* const* lines;
  const char* const* gives;
};

#endif
