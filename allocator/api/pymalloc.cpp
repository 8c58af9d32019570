#include "allocator/api/pymalloc.h"

#include <cstring>
#include <string>

#include "allocator/api/default_system.hpp"

namespace {

using pymalloc::default_system;
using pymalloc::Domain;

static_assert(static_cast<int>(Domain::raw) == PYMALLOC_RAW &&
              static_cast<int>(Domain::mem) == PYMALLOC_MEM &&
              static_cast<int>(Domain::object) == PYMALLOC_OBJECT);

[[nodiscard]] Domain of(pymalloc_domain domain) {
  return static_cast<Domain>(domain);
}

/// A copy for a C caller, from the domain Raw; null where none can be had.
[[nodiscard]] char* copy(const std::string& text) {
  auto* const result = static_cast<char*>(default_system().malloc(Domain::raw, text.size() + 1));
  return result == nullptr ? nullptr : static_cast<char*>(std::memcpy(result, text.c_str(), text.size() + 1));
}

}  // namespace

void* pymalloc_malloc(pymalloc_domain domain, size_t size) {
  return default_system().malloc(of(domain), size);
}

void* pymalloc_calloc(pymalloc_domain domain, size_t count, size_t size) {
  return default_system().calloc(of(domain), count, size);
}

void* pymalloc_realloc(pymalloc_domain domain, void* block, size_t size) {
  return default_system().realloc(of(domain), block, size);
}

void pymalloc_free(pymalloc_domain domain, void* block) {
  default_system().free(of(domain), block);
}

void pymalloc_get_allocator(pymalloc_domain domain, pymalloc_allocator* allocator) {
  const pymalloc::AllocatorFunctions f = default_system().allocator(of(domain));
  *allocator = {f.context, f.malloc, f.calloc, f.realloc, f.free};
}

void pymalloc_set_allocator(pymalloc_domain domain, const pymalloc_allocator* a) {
  default_system().set_allocator(of(domain), {a->context, a->malloc, a->calloc, a->realloc, a->free});
}

void pymalloc_get_arena_source(pymalloc_arena_source* source) {
  const pymalloc::ArenaFunctions f = default_system().arena_source();
  *source = {f.context, f.allocate, f.release};
}

void pymalloc_set_arena_source(const pymalloc_arena_source* source) {
  default_system().set_arena_source({source->context, source->allocate, source->release});
}

int pymalloc_choose(const char* name) {
  const auto choice = pymalloc::choice_named(name);
  if (!choice) return -1;
  default_system().choose(*choice);
  return 0;
}

char* pymalloc_statistics_text() {
  return copy(pymalloc::to_text(default_system().statistics()));
}

char* pymalloc_statistics_json() {
  return copy(pymalloc::to_json(default_system().statistics()));
}

char* pymalloc_check() {
  const pymalloc::Check violation = default_system().check();
  return violation ? copy(pymalloc::to_string(*violation)) : nullptr;
}
