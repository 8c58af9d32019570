// A library that is loaded with RTLD_DEEPBIND: it allocates and frees by functions that it finds itself.

#include <cstddef>
#include <cstdlib>

extern "C" [[gnu::visibility("default")]] void* deep_bound_allocate(std::size_t size) {
  return std::malloc(size);
}

extern "C" [[gnu::visibility("default")]] void deep_bound_free(void* block) {
  std::free(block);
}
