/* The log: one logger for the process, its threshold, and calls from inside the logger. */
#include "waiting.h"

struct notes {
  struct latch lines;
  struct latch drops;
  seafoam_level level;
  char line[200];
};

#define NOTES {LATCH, LATCH, -1, ""}

static void dropped(void* user_data) {
  latch_up(&((struct notes*)user_data)->drops);
}

static void note(void* user_data, seafoam_level level, const char* line) {
  struct notes* notes = user_data;
  notes->level = level;
  snprintf(notes->line, sizeof notes->line, "%s", line);
  latch_up(&notes->lines);
}

static void install(seafoam_logger logger, struct notes* notes) {
  seafoam_error* error = NULL;
  CHECK(worked(seafoam_set_logger(logger, notes, dropped, &error), &error));
}

static void restore(void) {
  seafoam_error* error = NULL;
  CHECK(worked(seafoam_set_logger(NULL, NULL, NULL, &error), &error));
}

static void lines_reach_the_logger(void) {
  static struct notes notes = NOTES;
  seafoam_error* error = NULL;
  install(note, &notes);
  CHECK(worked(seafoam_log(SEAFOAM_LOG_WARN, "a line \xc3\xa4", &error), &error));
  CHECK(latch_wait(&notes.lines, 1));
  seafoam_flush_log(DEADLINE);
  CHECK(notes.level == SEAFOAM_LOG_WARN && strcmp(notes.line, "a line \xc3\xa4") == 0);
  restore();
  CHECK(latch_count(&notes.drops) == 1);
}

static void lines_below_the_threshold_are_not_made(void) {
  static struct notes notes = NOTES;
  seafoam_error* error = NULL;
  install(note, &notes);
  CHECK(worked(seafoam_set_log_level(SEAFOAM_LOG_ERROR, &error), &error));
  CHECK(seafoam_log_level() == SEAFOAM_LOG_ERROR);
  CHECK(worked(seafoam_log(SEAFOAM_LOG_WARN, "too low", &error), &error));
  CHECK(worked(seafoam_log(SEAFOAM_LOG_ERROR, "enough", &error), &error));
  CHECK(latch_wait(&notes.lines, 1));
  seafoam_flush_log(DEADLINE);
  CHECK(latch_count(&notes.lines) == 1 && strcmp(notes.line, "enough") == 0);
  CHECK(worked(seafoam_set_log_level(SEAFOAM_LOG_INFO, &error), &error));
  restore();
  CHECK(latch_count(&notes.drops) == 1);
}

static void a_new_logger_drops_the_old_one(void) {
  static struct notes first = NOTES, second = NOTES;
  seafoam_error* error = NULL;
  install(note, &first);
  install(note, &second);
  CHECK(latch_count(&first.drops) == 1 && latch_count(&second.drops) == 0);
  CHECK(worked(seafoam_log(SEAFOAM_LOG_WARN, "second", &error), &error));
  CHECK(latch_wait(&second.lines, 1) && latch_count(&first.lines) == 0);
  restore();
  CHECK(latch_count(&second.drops) == 1);
  /* Without a logger there is nothing that could be called later: dropped at once. */
  static struct notes none = NOTES;
  install(NULL, &none);
  CHECK(latch_count(&none.drops) == 1);
}

static struct notes refused = NOTES;

static void note_and_call(void* user_data, seafoam_level level, const char* line) {
  seafoam_error* error = NULL;
  if (strcmp(line, "first") == 0) {
    CHECK(failed_with(seafoam_set_logger(note, &refused, dropped, &error), SEAFOAM_BUSY, &error,
                      "cannot replace itself"));
    CHECK(worked(seafoam_log(SEAFOAM_LOG_WARN, "from inside", &error), &error));
    seafoam_flush_log(-1); /* returns at once instead of waiting for this call */
  }
  note(user_data, level, line);
}

static void calls_from_inside_the_logger_end(void) {
  static struct notes notes = NOTES;
  seafoam_error* error = NULL;
  install(note_and_call, &notes);
  CHECK(worked(seafoam_log(SEAFOAM_LOG_WARN, "first", &error), &error));
  CHECK(latch_wait(&notes.lines, 2));
  seafoam_flush_log(DEADLINE);
  CHECK(strcmp(notes.line, "from inside") == 0);
  CHECK(latch_count(&refused.drops) == 1 && latch_count(&refused.lines) == 0);
  restore();
  CHECK(latch_count(&notes.drops) == 1);
}

static void drop_and_log(void* user_data) {
  CHECK(seafoam_log(SEAFOAM_LOG_ALL, "dropping", NULL) == SEAFOAM_OK);
  restore();
  dropped(user_data);
}

static void drop_may_call_the_library(void) {
  static struct notes notes = NOTES;
  seafoam_error* error = NULL;
  CHECK(worked(seafoam_set_logger(note, &notes, drop_and_log, &error), &error));
  restore();
  CHECK(latch_count(&notes.drops) == 1);
}

int main(void) {
  RUN(lines_reach_the_logger);
  RUN(lines_below_the_threshold_are_not_made);
  RUN(a_new_logger_drops_the_old_one);
  RUN(calls_from_inside_the_logger_end);
  RUN(drop_may_call_the_library);
  return REPORT();
}
