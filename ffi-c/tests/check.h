/* A test is a function without arguments; RUN counts it as passed where no CHECK in it failed.
 * CHECK may be used from any thread. */
#ifndef SEAFOAM_CHECK_H
#define SEAFOAM_CHECK_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "seafoam.h"

static atomic_int check_failures;
static int check_tests_passed;
static int check_tests_failed;

#define CHECK(condition)                                                                           \
  do {                                                                                             \
    if (!(condition)) {                                                                            \
      fprintf(stderr, "%s:%d: %s: CHECK(%s)\n", __FILE__, __LINE__, __func__, #condition);         \
      atomic_fetch_add(&check_failures, 1);                                                        \
    }                                                                                              \
  } while (0)

/* Ends the test: what follows would make no sense. */
#define REQUIRE(condition)                                                                         \
  do {                                                                                             \
    if (!(condition)) {                                                                            \
      fprintf(stderr, "%s:%d: %s: REQUIRE(%s)\n", __FILE__, __LINE__, __func__, #condition);       \
      atomic_fetch_add(&check_failures, 1);                                                        \
      return;                                                                                      \
    }                                                                                              \
  } while (0)

#define RUN(test)                                                                                  \
  do {                                                                                             \
    int before = atomic_load(&check_failures);                                                     \
    test();                                                                                        \
    bool failed = atomic_load(&check_failures) != before;                                          \
    check_tests_failed += failed;                                                                  \
    check_tests_passed += !failed;                                                                 \
    if (failed) {                                                                                  \
      fprintf(stderr, "FAILED %s\n", #test);                                                       \
    }                                                                                              \
  } while (0)

/* The last statement of main. */
#define REPORT()                                                                                   \
  (printf("%d passed, %d failed\n", check_tests_passed, check_tests_failed),                       \
   check_tests_failed == 0 && check_tests_passed > 0 ? 0 : 1)

/* Whether a call gave this code, with a sentence that contains `fragment`; frees the error. */
static inline bool failed_with(seafoam_code got, seafoam_code wanted, seafoam_error** error,
                               const char* fragment) {
  const char* message = seafoam_error_message(*error);
  bool as_wanted = got == wanted && *error != NULL && seafoam_error_code(*error) == wanted &&
                   strstr(message, fragment) != NULL;
  if (!as_wanted) {
    fprintf(stderr, "  got %s \"%s\", wanted %s with \"%s\"\n", seafoam_code_name(got), message,
            seafoam_code_name(wanted), fragment);
  }
  seafoam_error_free(*error);
  *error = NULL;
  return as_wanted;
}

/* Whether a call did what it was asked to; tells why where it did not, and frees the error. */
static inline bool worked(seafoam_code got, seafoam_error** error) {
  bool as_wanted = got == SEAFOAM_OK && *error == NULL;
  if (!as_wanted) {
    fprintf(stderr, "  got %s \"%s\"\n", seafoam_code_name(got), seafoam_error_message(*error));
    seafoam_error_free(*error);
    *error = NULL;
  }
  return as_wanted;
}

#endif
