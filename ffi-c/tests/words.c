/* Words, numbers and version: the library that is loaded agrees with its header. */
#include <ctype.h>

#include "check.h"

/* Whether a word is the name of its constant in lower case. */
static bool is_word(const char* word, const char* constant) {
  for (; *word != '\0' && *constant != '\0'; word++, constant++) {
    if (*word != tolower((unsigned char)*constant)) {
      return false;
    }
  }
  return *word == *constant;
}

#define WORD(namer, prefix, name) CHECK(is_word(namer(SEAFOAM_##prefix##name), #name))

static void words_of_codes(void) {
  WORD(seafoam_code_name, , OK);
  WORD(seafoam_code_name, , INVALID_CONFIG);
  WORD(seafoam_code_name, , ADDRESS_IN_USE);
  WORD(seafoam_code_name, , INVALID_ADDRESS);
  WORD(seafoam_code_name, , RESOLVE_FAILED);
  WORD(seafoam_code_name, , UNKNOWN_NODE);
  WORD(seafoam_code_name, , PAYLOAD_TOO_LARGE);
  WORD(seafoam_code_name, , NOT_LEADER);
  WORD(seafoam_code_name, , NOT_VALID);
  WORD(seafoam_code_name, , NOT_AVAILABLE);
  WORD(seafoam_code_name, , TIMEOUT);
  WORD(seafoam_code_name, , BUSY);
  WORD(seafoam_code_name, , CONFLICT);
  WORD(seafoam_code_name, , CLOSED);
  WORD(seafoam_code_name, , FORKED);
  WORD(seafoam_code_name, , KEY_REQUIRED);
  WORD(seafoam_code_name, , BAD_KEY);
  WORD(seafoam_code_name, , INTERNAL);
}

static void words_of_nodes(void) {
  WORD(seafoam_status_name, STATUS_, UNKNOWN);
  WORD(seafoam_status_name, STATUS_, ALIVE);
  WORD(seafoam_status_name, STATUS_, SUSPECTED);
  WORD(seafoam_status_name, STATUS_, DEAD);
  WORD(seafoam_status_name, STATUS_, LEFT);
  WORD(seafoam_rank_name, RANK_, NORMAL);
  WORD(seafoam_rank_name, RANK_, LEADER);
  WORD(seafoam_rank_name, RANK_, LIGHTHOUSE);
}

static void words_of_events(void) {
  WORD(seafoam_event_kind_name, EVENT_, STATUS);
  WORD(seafoam_event_kind_name, EVENT_, BROADCAST);
  WORD(seafoam_event_kind_name, EVENT_, MESSAGE);
  WORD(seafoam_event_kind_name, EVENT_, LEADER);
  WORD(seafoam_event_kind_name, EVENT_, VALIDITY);
  WORD(seafoam_event_kind_name, EVENT_, NODE);
  WORD(seafoam_event_kind_name, EVENT_, CONFLICT);
  WORD(seafoam_event_kind_name, EVENT_, LINK);
  WORD(seafoam_event_kind_name, EVENT_, MERGED);
  WORD(seafoam_event_kind_name, EVENT_, DATACENTER);
  WORD(seafoam_event_kind_name, EVENT_, LAGGED);
  WORD(seafoam_event_kind_name, EVENT_, CLOSED);
  WORD(seafoam_link_direction_name, LINK_, INBOUND);
  WORD(seafoam_link_direction_name, LINK_, OUTBOUND);
  WORD(seafoam_link_direction_name, LINK_, BOTH);
  WORD(seafoam_hint_name, HINT_, NONE);
  WORD(seafoam_hint_name, HINT_, SILENT);
  WORD(seafoam_hint_name, HINT_, HUNG);
  WORD(seafoam_hint_name, HINT_, GONE);
}

static void words_of_the_rest(void) {
  WORD(seafoam_log_level_name, LOG_, ALL);
  WORD(seafoam_log_level_name, LOG_, TRACE);
  WORD(seafoam_log_level_name, LOG_, DEBUG);
  WORD(seafoam_log_level_name, LOG_, INFO);
  WORD(seafoam_log_level_name, LOG_, WARN);
  WORD(seafoam_log_level_name, LOG_, ERROR);
  WORD(seafoam_log_level_name, LOG_, FATAL);
  WORD(seafoam_log_level_name, LOG_, OFF);
  WORD(seafoam_validity_state_name, VALIDITY_, FALLBACK);
  WORD(seafoam_validity_state_name, VALIDITY_, FORMING);
  WORD(seafoam_validity_state_name, VALIDITY_, VALID);
  WORD(seafoam_validity_state_name, VALIDITY_, INVALID);
  WORD(seafoam_validity_basis_name, BASIS_, LISTED);
  WORD(seafoam_validity_basis_name, BASIS_, LEARNED);
  WORD(seafoam_term_quality_name, TERM_, DURABLE);
  WORD(seafoam_term_quality_name, TERM_, CLOCK_FLOOR);
}

static void numbers_that_are_none(void) {
  const char* (*const namers[])(int) = {
      seafoam_code_name,           seafoam_status_name,       seafoam_rank_name,
      seafoam_event_kind_name,     seafoam_log_level_name,    seafoam_validity_state_name,
      seafoam_validity_basis_name, seafoam_term_quality_name, seafoam_link_direction_name,
      seafoam_hint_name,
  };
  const int wrong[] = {-1, -2147483647 - 1, 99, 256, 257, 2147483647};
  for (size_t i = 0; i < sizeof namers / sizeof namers[0]; i++) {
    for (size_t j = 0; j < sizeof wrong / sizeof wrong[0]; j++) {
      CHECK(strcmp(namers[i](wrong[j]), "?") == 0);
    }
  }
  CHECK(strcmp(seafoam_status_name(4), "?") == 0); /* reserved, never reported */
}

static void version_of_header_and_library(void) {
  CHECK(strcmp(seafoam_version(), SEAFOAM_VERSION) == 0);
  CHECK(seafoam_version_number() == SEAFOAM_VERSION_NUMBER);
  CHECK(SEAFOAM_VERSION_NUMBER ==
        SEAFOAM_VERSION_MAJOR * 1000000 + SEAFOAM_VERSION_MINOR * 1000 + SEAFOAM_VERSION_PATCH);
}

static void clock_is_that_of_the_wall(void) {
  uint64_t year_2026 = UINT64_C(1767225600000);
  uint64_t first = seafoam_now_millis();
  CHECK(first > year_2026 && first < 2 * year_2026);
  CHECK(seafoam_now_millis() >= first);
}

static void own_address(void) {
  char* ip = NULL;
  seafoam_error* error = NULL;
  CHECK(worked(seafoam_local_ip(&ip, &error), &error));
  CHECK(ip == NULL || strlen(ip) >= 2);
  seafoam_string_free(ip);
}

int main(void) {
  RUN(words_of_codes);
  RUN(words_of_nodes);
  RUN(words_of_events);
  RUN(words_of_the_rest);
  RUN(numbers_that_are_none);
  RUN(version_of_header_and_library);
  RUN(clock_is_that_of_the_wall);
  RUN(own_address);
  return REPORT();
}
