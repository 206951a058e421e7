/* What a soak asks of an agent beside leading; ../README.md has the contract. */
#ifndef LAB_WORK_H
#define LAB_WORK_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <seafoam.h>

/* Two readers of one cluster. One thread looks, another may tell the counts at any time. */
struct work {
  seafoam_cluster* cluster;
  seafoam_events *fast, *slow; /* NULL: nobody asked for work */
  uint64_t slow_at;            /* when the slow reader took its last event */
  atomic_ulong heard, got, lagged, taken, missed;
};

/* CLOCK_MONOTONIC in nanoseconds. */
uint64_t now(void);

/* Opens the readers where LAB_WORK is set; ends the process where that fails. */
void work_open(struct work* work, seafoam_cluster* cluster);

/* Takes what there is: all for the fast reader, one event each 200 ms for the slow one. */
void work_look(struct work* work, uint64_t at);

/* Carries one command out, waits for it and answers; false where it is none of these. */
bool work_obey(struct work* work, const char* command, const char* argument);

void work_close(struct work* work);

#endif
