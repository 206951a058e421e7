/* What the library says of the layout of its structs (abi/layout.h) holds for this compiler too. */
#include "../abi/layout.h"
#include "check.h"

static void the_compiler_took_the_layouts(void) {
  CHECK(sizeof(seafoam_flat_bytes) == 2 * sizeof(uint32_t));
  CHECK(sizeof(seafoam_code) == 4 && sizeof(seafoam_kind) == 4 && sizeof(bool) == 1);
  CHECK(sizeof(seafoam_event_function) == sizeof(void*));
}

int main(void) {
  RUN(the_compiler_took_the_layouts);
  return REPORT();
}
