/* Flat batches: their layout, what fits, and that they are the same events as elsewhere. */
#include <stdlib.h>

#include "waiting.h"

static struct pair pair;
static union {
  uint8_t bytes[SEAFOAM_FLAT_ANY_EVENT_BYTES];
  seafoam_flat_batch batch;
} buffer;

static const seafoam_flat_event* event_at(uint32_t index) {
  const seafoam_flat_batch* batch = &buffer.batch;
  size_t at = batch->events_at + (size_t)index * batch->event_size;
  return (const seafoam_flat_event*)(const void*)(buffer.bytes + at);
}

static const seafoam_flat_node* node_of(const seafoam_flat_event* event) {
  const seafoam_flat_batch* batch = &buffer.batch;
  CHECK(event->node < batch->nodes);
  size_t at = batch->nodes_at + (size_t)(event->node % batch->nodes) * batch->node_size;
  return (const seafoam_flat_node*)(const void*)(buffer.bytes + at);
}

static bool holds(seafoam_flat_bytes bytes, const void* wanted, size_t length) {
  return bytes.length == length && memcmp(buffer.bytes + bytes.at, wanted, length) == 0;
}

static bool says(seafoam_flat_bytes bytes, const char* text) {
  return holds(bytes, text, strlen(text));
}

static bool within(seafoam_flat_bytes inner, seafoam_flat_bytes outer) {
  return inner.length == 0 ||
         (inner.at >= outer.at && inner.at + inner.length <= outer.at + outer.length);
}

static size_t read_batch(seafoam_events* events, size_t most) {
  seafoam_error* error = NULL;
  size_t count = 0;
  memset(&buffer, 0xee, sizeof buffer);
  seafoam_code code =
      seafoam_events_next_flat(events, DEADLINE, most, &buffer, sizeof buffer, &count, &error);
  if (!worked(code, &error)) {
    exit(1);
  }
  const seafoam_flat_batch* batch = &buffer.batch;
  CHECK(batch->version == SEAFOAM_FLAT_VERSION && batch->events == count && count >= 1);
  CHECK(batch->event_size >= sizeof(seafoam_flat_event) && batch->events_at % 8 == 0);
  CHECK(batch->node_size >= sizeof(seafoam_flat_node) && batch->nodes_at % 8 == 0);
  CHECK(batch->length <= sizeof buffer && buffer.bytes[batch->length] == 0xee);
  for (uint32_t i = 0; i < batch->events; i++) {
    CHECK(within(event_at(i)->text, batch->bytes) && within(event_at(i)->bytes, batch->bytes));
  }
  return count;
}

static void members_come_with_all_their_fields(void) {
  seafoam_events* events = open_events(pair.a, true);
  bool a = false, b = false;
  while (!a || !b) {
    size_t count = read_batch(events, 16);
    for (uint32_t i = 0; i < count; i++) {
      const seafoam_flat_event* event = event_at(i);
      if (event->kind != SEAFOAM_EVENT_STATUS) {
        continue;
      }
      const seafoam_flat_node* flat = node_of(event);
      const char* name = says(flat->name, "a") ? "a" : "b";
      seafoam_node* node = NULL;
      REQUIRE(seafoam_cluster_node(pair.a, name, &node, NULL) == SEAFOAM_OK);
      CHECK(says(flat->name, name) && says(flat->address, seafoam_node_address(node)));
      CHECK(says(flat->status_source, seafoam_node_status_source(node)));
      CHECK(within(flat->name, buffer.batch.node_bytes) && flat->tags.length == 0);
      CHECK(flat->generation == seafoam_node_generation(node));
      CHECK(flat->port == seafoam_node_port(node) && flat->rank == seafoam_node_rank(node));
      CHECK(flat->datacenter == seafoam_node_datacenter(node) && flat->is_lighthouse == 0);
      CHECK(flat->ip_length == 4 && memcmp(flat->ip, "\x7f\0\0\x01", 4) == 0);
      CHECK(event->status == SEAFOAM_STATUS_ALIVE && flat->status == SEAFOAM_STATUS_ALIVE);
      CHECK(event->previous == SEAFOAM_STATUS_UNKNOWN && event->text.length > 0);
      a |= name[0] == 'a';
      b |= name[0] == 'b';
      seafoam_node_free(node);
    }
  }
  seafoam_events_free(events);
}

static seafoam_events* open_broadcasts(void) {
  seafoam_events* events = NULL;
  uint32_t kinds = SEAFOAM_EVENT_BIT(SEAFOAM_EVENT_BROADCAST);
  CHECK(seafoam_cluster_events(pair.a, kinds, 0, false, &events, NULL) == SEAFOAM_OK);
  return events;
}

static void broadcasts_share_their_origin(void) {
  enum { SENT = 20 };
  seafoam_events* events = open_broadcasts();
  char* labels[SENT];
  unsigned seen = 0;
  for (int i = 0; i < SENT; i++) {
    char payload[3] = {(char)i, '\0', (char)0xff};
    seafoam_code code =
        seafoam_cluster_broadcast(pair.b, payload, sizeof payload, &labels[i], NULL);
    REQUIRE(code == SEAFOAM_OK);
  }
  for (size_t got = 0; got < SENT;) {
    size_t count = read_batch(events, 7);
    CHECK(count <= 7 && buffer.batch.nodes <= count);
    for (uint32_t i = 0; i < count; i++) {
      const seafoam_flat_event* event = event_at(i);
      REQUIRE(event->bytes.length == 3);
      int number = buffer.bytes[event->bytes.at];
      char payload[3] = {(char)number, '\0', (char)0xff};
      REQUIRE(number < SENT);
      CHECK(event->kind == SEAFOAM_EVENT_BROADCAST && holds(event->bytes, payload, 3));
      const seafoam_flat_node* origin = node_of(event);
      char label[64];
      snprintf(label, sizeof label, "%u.%u.%u.%u:%u:%u", origin->ip[0], origin->ip[1],
               origin->ip[2], origin->ip[3], origin->port, (unsigned)event->number);
      CHECK(event->text.length == 0 && strcmp(labels[number], label) == 0);
      CHECK(says(origin->name, "b"));
      CHECK(event->status == 0 && event->previous == 0);
      seen |= 1u << number;
    }
    got += count;
  }
  CHECK(seen == (1u << SENT) - 1);
  for (int i = 0; i < SENT; i++) {
    seafoam_string_free(labels[i]);
  }
  seafoam_events_free(events);
}

static void what_does_not_fit_stays(void) {
  seafoam_events* events = open_broadcasts();
  seafoam_error* error = NULL;
  char payload[200];
  memset(payload, 'x', sizeof payload);
  for (int i = 0; i < 2; i++) {
    seafoam_code code = seafoam_cluster_broadcast(pair.b, payload, sizeof payload, NULL, NULL);
    REQUIRE(code == SEAFOAM_OK);
  }
  const seafoam_event* first = NULL;
  REQUIRE(seafoam_events_next(events, DEADLINE, &first, NULL) == SEAFOAM_OK);
  size_t count = 7, room = 0;
  memset(&buffer, 0xee, sizeof buffer);
  /* The second is there, or comes; it does not fit until there is room for all of it. */
  seafoam_code code = SEAFOAM_INVALID_CONFIG;
  for (; code == SEAFOAM_INVALID_CONFIG; room++) {
    REQUIRE(room < 1000);
    code = seafoam_events_next_flat(events, DEADLINE, 9, &buffer, room, &count, &error);
    if (code != SEAFOAM_OK) {
      CHECK(failed_with(code, SEAFOAM_INVALID_CONFIG, &error, "the next event takes"));
      CHECK(count == 0 && buffer.bytes[0] == 0xee);
    }
  }
  CHECK(code == SEAFOAM_OK && count == 1 && buffer.batch.length <= room);
  CHECK(holds(event_at(0)->bytes, payload, sizeof payload) && room > sizeof payload + 100);
  CHECK(seafoam_events_next_flat(events, 0, 9, &buffer, sizeof buffer, &count, &error) ==
        SEAFOAM_TIMEOUT);
  CHECK(count == 0 && error == NULL);
  seafoam_events_free(events);
}

static void arguments_are_checked(void) {
  seafoam_events* events = open_broadcasts();
  seafoam_error* error = NULL;
  size_t count = 7;
  CHECK(failed_with(seafoam_events_next_flat(events, 0, 1, NULL, 9, &count, &error),
                    SEAFOAM_INVALID_CONFIG, &error, "buffer is NULL"));
  CHECK(failed_with(seafoam_events_next_flat(events, 0, 0, &buffer, 9, &count, &error),
                    SEAFOAM_INVALID_CONFIG, &error, "most = 0"));
  CHECK(failed_with(seafoam_events_next_flat(events, 0, 1, &buffer, 9, NULL, &error),
                    SEAFOAM_INVALID_CONFIG, &error, "count is NULL"));
  CHECK(count == 0);
  seafoam_events_free(events);
}

static void the_end_is_an_event(void) {
  seafoam_events* events = open_broadcasts();
  seafoam_error* error = NULL;
  size_t count = 7;
  seafoam_events_close(events);
  CHECK(read_batch(events, 9) == 1 && buffer.batch.nodes == 0);
  CHECK(event_at(0)->kind == SEAFOAM_EVENT_CLOSED && event_at(0)->node == SEAFOAM_FLAT_NO_NODE);
  CHECK(event_at(0)->number == 0 && event_at(0)->text.length == 0);
  CHECK(failed_with(seafoam_events_next_flat(events, -1, 9, &buffer, sizeof buffer, &count, &error),
                    SEAFOAM_CLOSED, &error, "closed"));
  seafoam_events_free(events);
}

int main(void) {
  pair = start_pair("flat");
  if (pair.a == NULL || pair.b == NULL) {
    return 1;
  }
  RUN(members_come_with_all_their_fields);
  RUN(broadcasts_share_their_origin);
  RUN(what_does_not_fit_stays);
  RUN(arguments_are_checked);
  RUN(the_end_is_an_event);
  free_pair(pair);
  return REPORT();
}
