/* Events of seafoam in a loop around epoll. member.c does the same with poll. */
#include <sys/epoll.h>
#include <unistd.h>

#include "two_nodes.h"

int main(void) {
  seafoam_error* error = NULL;
  seafoam_events* events = NULL;
  seafoam_cluster* cluster = start("one", NULL);
  int fd = -1;
  must(seafoam_cluster_events(cluster, 0, 0, true, &events, &error), error, "events");
  must(seafoam_events_fd(events, &fd, &error), error, "events_fd");
  seafoam_cluster* other = start("other", cluster);

  int loop = epoll_create1(EPOLL_CLOEXEC);
  struct epoll_event wanted = {.events = EPOLLIN, .data.ptr = events}, ready;
  epoll_ctl(loop, EPOLL_CTL_ADD, fd, &wanted);
  bool done = false;
  while (!done && epoll_wait(loop, &ready, 1, STORY_MILLIS) == 1) {
    const seafoam_event* event = NULL;
    while (!done && seafoam_events_next(ready.data.ptr, 0, &event, NULL) == SEAFOAM_OK) {
      done = told(event, other);
    }
  }
  epoll_ctl(loop, EPOLL_CTL_DEL, fd,
            NULL); /* before the stream is freed, who owns the descriptor */
  close(loop);

  seafoam_events_free(events);
  seafoam_cluster_free(other);
  seafoam_cluster_free(cluster);
  return done ? 0 : 1;
}
