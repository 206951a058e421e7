/* Events of seafoam in a loop of libuv: the stream's descriptor is watched like any other. */
#include <uv.h>

#include "two_nodes.h"

struct watch {
  uv_poll_t poll;
  uv_timer_t deadline;
  seafoam_events* events;
  seafoam_cluster* other;
  bool done;
};

static void stop(struct watch* watch) {
  uv_close((uv_handle_t*)&watch->poll, NULL);
  uv_close((uv_handle_t*)&watch->deadline, NULL);
}

/* Reads what waits. What is left would call again at once: the descriptor is level-triggered. */
static void on_readable(uv_poll_t* poll, int status, int ready) {
  struct watch* watch = poll->data;
  const seafoam_event* event = NULL;
  (void)status, (void)ready;
  while (!watch->done && seafoam_events_next(watch->events, 0, &event, NULL) == SEAFOAM_OK) {
    watch->done = told(event, watch->other);
  }
  if (watch->done) {
    stop(watch);
  }
}

static void on_deadline(uv_timer_t* timer) {
  fprintf(stderr, "libuv: the story did not end in time\n");
  stop(timer->data);
}

int main(void) {
  struct watch watch = {.done = false};
  seafoam_error* error = NULL;
  seafoam_cluster* cluster = start("one", NULL);
  int fd = -1;
  must(seafoam_cluster_events(cluster, 0, 0, true, &watch.events, &error), error, "events");
  must(seafoam_events_fd(watch.events, &fd, &error), error, "events_fd");
  watch.other = start("other", cluster);

  uv_loop_t* loop = uv_default_loop();
  watch.poll.data = watch.deadline.data = &watch;
  uv_poll_init(loop, &watch.poll, fd);
  uv_poll_start(&watch.poll, UV_READABLE, on_readable);
  uv_timer_init(loop, &watch.deadline);
  uv_timer_start(&watch.deadline, on_deadline, STORY_MILLIS, 0);
  uv_run(loop, UV_RUN_DEFAULT); /* until both handles are closed: out of the loop before freed */
  uv_loop_close(loop);

  seafoam_events_free(watch.events);
  seafoam_cluster_free(watch.other);
  seafoam_cluster_free(cluster);
  return watch.done ? 0 : 1;
}
