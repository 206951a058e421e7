/* A job that runs in one process of many, and whose late writes a database refuses. Configuration:
 * SEAFOAM_* for the cluster, PG* for the database, JOB for the row. ../README.md says what it
 * prints, and what PAUSE_BEFORE is for. */
#include <inttypes.h>
#include <libpq-fe.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <seafoam.h>

static void say(const char* event, uint64_t term) {
  printf("{\"event\":\"%s\",\"term\":%" PRIu64 "}\n", event, term);
  fflush(stdout);
}

static void fail(const char* what, const char* why) {
  fprintf(stderr, "job: %s: %s\n", what, why);
  exit(1);
}

/* Whether the database took the write of this term. */
static bool write_fenced(PGconn* database, uint64_t term) {
  char text[24];
  snprintf(text, sizeof text, "%" PRIu64, term);
  const char* const values[] = {text, getenv("JOB")};
  PGresult* done = PQexecParams(
      database, "UPDATE job SET fence = $1, runs = runs + 1 WHERE name = $2 AND fence <= $1", 2,
      NULL, values, NULL, NULL, 0);
  if (PQresultStatus(done) != PGRES_COMMAND_OK) {
    fail("write", PQerrorMessage(database));
  }
  const bool taken = strcmp(PQcmdTuples(done), "1") == 0;
  PQclear(done);
  return taken;
}

/* Writes for as long as this process leads. */
static void lead(const seafoam_cluster* cluster, uint64_t term, PGconn* database) {
  const char* pause_before = getenv("PAUSE_BEFORE");
  bool taken = true;
  say("leads", term);
  /* The work of one turn stands in the place of this wait. */
  for (int writes = 1;
       taken && seafoam_cluster_leadership_lost(cluster, term, 50, NULL) == SEAFOAM_TIMEOUT;
       writes++) {
    if (pause_before != NULL && writes == atoi(pause_before)) {
      /* What a full disk, a debugger or a busy host may do at any moment, this one too. */
      raise(SIGSTOP);
    }
    taken = write_fenced(database, term); /* where not, another leads: its term was there first */
    say(taken ? "wrote" : "refused", term);
  }
  say("ends", term);
}

int main(void) {
  seafoam_config* config = seafoam_config_new();
  seafoam_cluster* cluster = NULL;
  seafoam_error* error = NULL;
  PGconn* database = PQconnectdb("");
  uint64_t term = 0;
  if (PQstatus(database) != CONNECTION_OK) {
    fail("database", PQerrorMessage(database));
  }
  if (seafoam_cluster_start(config, &cluster, &error) != SEAFOAM_OK) {
    fail("start", seafoam_error_message(error));
  }
  seafoam_config_free(config);
  /* snippet */
  while (seafoam_cluster_leadership(cluster, term, -1, &term, NULL, NULL, &error) == SEAFOAM_OK) {
    lead(cluster, term, database); /* until seafoam_cluster_leadership_lost(cluster, term, ...) */
    seafoam_cluster_leadership_resign(cluster, term, NULL);
  }
  /* end */
  fail("leadership", seafoam_error_message(error));
}
