/* threads.returned-by-others (expected): What one thread takes and another frees, before or after the end of either, leaves no memory behind: the process does not grow with each thread.
   Source: ISO C17 7.22.3.3p2: freed memory is made available for further allocation

   cc threads.returned-by-others-B01.c -o threads.returned-by-others-B01 -pthread
   LD_PRELOAD=/tmp/hold2/lib/B01.so ./threads.returned-by-others-B01

   Exits 1 where the promise is broken, and 0 where it is kept. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char clause[] = "threads.returned-by-others: What one thread takes and another frees, before or after the end of either, leaves no memory behind: the process does not grow with each thread";

/* Pointers that no compiler sees through: it leaves no call out. */
static void *(*volatile do_malloc)(size_t) = malloc;
static void (*volatile do_free)(void *) = free;

/* Bytes behind a key of /proc/self/smaps_rollup. */
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

/* The first `handed` of the blocks are freed by another thread than the one that takes them. */
struct life {
  size_t largest, count, handed;
  uint64_t rounds;
  int shared, first_takes;
  void *blocks[64];
};

static void take(struct life *life) {
  for (size_t i = 0; i < life->count; ++i) {
    size_t size = life->largest * (i + 1) / life->count;
    if (size == 0) size = 1;
    life->blocks[i] = do_malloc(size);
    for (size_t at = 0; life->blocks[i] != NULL && at < size; at += 4096) ((volatile char *)life->blocks[i])[at] = 1;
  }
}

static void give_back(struct life *life, size_t from, size_t to) {
  for (size_t i = from; i < to; ++i)
    if (life->blocks[i] != NULL) do_free(life->blocks[i]);
}

static void *live_once(void *argument) {
  struct life *life = (struct life *)argument;
  if (life->shared) do_free(do_malloc(1));
  for (uint64_t round = 0; round < life->rounds; ++round) {
    if (!life->first_takes) take(life);
    if (!life->shared)
      give_back(life, 0, life->count);
    else if (life->first_takes)
      give_back(life, 0, life->handed);
    else
      give_back(life, life->handed, life->count);
  }
  return NULL;
}

/* By how many bytes the process grows as threads live one after the other. */
static uint64_t growth_by(uint64_t threads, struct life life) {
  uint64_t before = own_bytes(), after;
  life.count = 131072 / life.largest;
  if (life.count > 64) life.count = 64;
  if (life.count == 0) life.count = 1;
  for (uint64_t i = 0; i < threads; ++i) {
    pthread_t thread;
    size_t always = (life.count + 1) / 2;
    life.first_takes = life.shared && i % 2 == 0;
    life.handed = always + i / 2 % (life.count - always + 1);
    if (life.first_takes) take(&life);
    if (pthread_create(&thread, NULL, live_once, &life) != 0) _exit(2);
    pthread_join(thread, NULL);
    if (life.first_takes)
      give_back(&life, life.handed, life.count);
    else if (life.shared)
      give_back(&life, 0, life.handed);
  }
  after = own_bytes();
  return after > before ? after - before : 0;
}

/* The bytes that the process grows by with each sixteenth of the threads: the least of the last eight of these.
   0 where it does not grow steadily, or a thread that lives on makes it grow as well. */
static uint64_t generations(uint64_t threads, size_t largest, int shared) {
  struct life once = {largest, 0, 0, 1, shared, 0, {NULL}}, first = {largest, 0, 0, threads / 16, 0, 0, {NULL}};
  struct life all = {largest, 0, 0, threads / 2, 0, 0, {NULL}};
  uint64_t alone, least = UINT64_MAX, most = 0, earlier = 0, later = 0;
  (void)growth_by(1, first);
  alone = growth_by(1, all);
  for (int interval = 0; interval < 16; ++interval) {
    uint64_t grown = growth_by(threads / 16, once);
    if (interval < 8) continue;
    if (grown < least) least = grown;
    if (grown > most) most = grown;
    if (interval < 12)
      earlier += grown;
    else
      later += grown;
  }
  if (later < earlier - earlier / 8) return 0; /* less and less: that comes to an end */
  return least < 65536 || most > 2 * least || alone > 4 * least ? 0 : least;
}

int main(void) {
  {
    uint64_t lost = generations(4096, 256, 1);
    if (lost != 0) {
      dprintf(1, "%s: promised that the process grows no further once caches are full, happened: each thread that ended left %zu bytes or more behind\n", clause, (size_t)(lost / 256));
      _exit(1);
    }
  }
  dprintf(1, "%s: kept\n", clause);
  _exit(0);
}
