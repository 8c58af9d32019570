// The helper that has threads born and ended, and looks at the memory of the process.
#include "harness/c_program/helper_texts.hpp"

namespace poolhammer::c::texts {

const std::string_view generations = R"(/* Bytes behind a key of /proc/self/smaps_rollup. */
static uint64_t bytes_behind(const char *key) {
  char text[8192] = "";
  int file = open("/proc/self/smaps_rollup", O_RDONLY);
  if (file < 0 || read(file, text, sizeof text - 1) <= 0) _exit(2);
  close(file);
  const char *line = strstr(text, key);
  return line == NULL ? 0 : strtoull(line + strlen(key), NULL, 10) * 1024;
}

/* Pages of the process's own, without those that the system may take back. */
static uint64_t own_bytes(void) { return bytes_behind("Anonymous:") - bytes_behind("LazyFree:"); }

struct life {
  size_t largest;
  uint64_t rounds;
};

static void *take_and_free(void *argument) {
  struct life *life = (struct life *)argument;
  size_t count = 131072 / life->largest;
  if (count > 64) count = 64;
  if (count == 0) count = 1;
  for (uint64_t round = 0; round < life->rounds; ++round) {
    void *blocks[64];
    for (size_t i = 0; i < count; ++i) {
      size_t size = life->largest * (i + 1) / count;
      if (size == 0) size = 1;
      blocks[i] = do_malloc(size);
      for (size_t at = 0; blocks[i] != NULL && at < size; at += 4096) ((volatile char *)blocks[i])[at] = 1;
    }
    for (size_t i = 0; i < count; ++i)
      if (blocks[i] != NULL) do_free(blocks[i]);
  }
  return NULL;
}

/* By how many bytes the process grows as threads live one after the other. */
static uint64_t growth_by(uint64_t threads, struct life life) {
  uint64_t before = own_bytes(), after;
  for (uint64_t i = 0; i < threads; ++i) {
    pthread_t thread;
    if (pthread_create(&thread, NULL, take_and_free, &life) != 0) _exit(2);
    pthread_join(thread, NULL);
  }
  after = own_bytes();
  return after > before ? after - before : 0;
}

/* The bytes that the process grows by with each sixteenth of the threads: the least of the last eight of these.
   0 where it does not grow steadily, or a thread that lives on makes it grow as well. */
static uint64_t generations(uint64_t threads, size_t largest) {
  struct life once = {largest, 1}, first = {largest, threads / 16}, all = {largest, threads / 2};
  uint64_t alone, least = UINT64_MAX, most = 0;
  (void)growth_by(1, first);
  alone = growth_by(1, all);
  for (int interval = 0; interval < 16; ++interval) {
    uint64_t grown = growth_by(threads / 16, once);
    if (interval < 8) continue;
    if (grown < least) least = grown;
    if (grown > most) most = grown;
  }
  return least < 65536 || most > 2 * least || alone > 4 * least ? 0 : least;
}
)";

}  // namespace poolhammer::c::texts
