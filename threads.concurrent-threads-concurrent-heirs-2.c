/* threads.concurrent (must): Threads may allocate, and free each other's blocks, at the same time.
   Source: ISO C17 7.22.3p2: no data races

   cc threads.concurrent-threads-concurrent-heirs-2.c -o threads.concurrent-threads-concurrent-heirs-2 -pthread
   LD_PRELOAD=/work/main/build/gcc/lib/broken/threads.concurrent+heirs.so ./threads.concurrent-threads-concurrent-heirs-2

   Exits 1 where the promise is broken, and 0 where it is kept. */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const char clause[] = "threads.concurrent: Threads may allocate, and free each other's blocks, at the same time";

/* Pointers that no compiler sees through: it leaves no call out. */
static void *(*volatile do_malloc)(size_t) = malloc;
static void *(*volatile do_calloc)(size_t, size_t) = calloc;
static void (*volatile do_free)(void *) = free;

/* A block on its way from thread to thread: its bytes all hold mark. */
struct parcel {
  unsigned char *block;
  size_t size;
  unsigned char mark;
};
static struct {
  pthread_mutex_t lock;
  struct parcel held;
} shelf[64];
static volatile int damaged, enough, all_live;
static int forks; /* many blocks are large then, and half of the threads touch none of theirs */

static uint64_t draw(uint64_t *state) {
  *state ^= *state << 13;
  *state ^= *state >> 7;
  *state ^= *state << 17;
  return *state;
}

static struct parcel make(uint64_t random) {
  struct parcel parcel;
  int zeroed = random % 3 == 0;
  parcel.size = 1 + (random >> 8) % (forks && random % 4 == 1 ? 1000000
                                     : random % 64 == 0       ? 300000
                                     : random % 8 == 0        ? 10000
                                                              : 256);
  parcel.mark = (unsigned char)(random >> 3);
  parcel.block = (unsigned char *)(zeroed ? do_calloc(1, parcel.size) : do_malloc(parcel.size));
  for (size_t i = 0; parcel.block != NULL && i < parcel.size; ++i) {
    if (zeroed && parcel.block[i] != 0) damaged = 1;
    parcel.block[i] = parcel.mark;
  }
  return parcel;
}

static void take_apart(struct parcel parcel) {
  if (parcel.block == NULL) return;
  for (size_t i = 0; i < parcel.size; ++i)
    if (parcel.block[i] != parcel.mark) damaged = 1;
  do_free(parcel.block);
}

static struct parcel exchange(size_t place, struct parcel given) {
  pthread_mutex_lock(&shelf[place % 64].lock);
  struct parcel taken = shelf[place % 64].held;
  shelf[place % 64].held = given;
  pthread_mutex_unlock(&shelf[place % 64].lock);
  return taken;
}

struct member {
  pthread_t thread;
  uint64_t random, blocks;
  int leaves_alone;
  void (*ends)(struct member *); /* what it does last; null: nothing */
};

static const size_t sizes_alone[] = {24, 300, 5000, 70000, 400000, 3000000};

/* Nobody touches the block. */
static void take_and_free(size_t size) {
  void *volatile block = do_malloc(size);
  do_free(block);
}

static void work(struct member *self, uint64_t blocks) {
  for (uint64_t block = 0; block < blocks && !enough; ++block) {
    uint64_t random = draw(&self->random);
    if (self->leaves_alone) {
      for (int time = 0; time < 32; ++time) take_and_free(sizes_alone[random % 6]);
      continue;
    }
    take_apart(exchange(random >> 40, make(random)));
  }
}

static void *live(void *argument) {
  struct member *self = (struct member *)argument;
  take_apart(make(draw(&self->random)));
  while (!all_live) usleep(100);
  work(self, self->blocks);
  if (self->ends != NULL) self->ends(self);
  return NULL;
}

static void gather(struct member *members, unsigned threads, uint64_t blocks) {
  all_live = 0;
  for (unsigned i = 0; i < threads; ++i) {
    members[i].random = 0x9e3779b97f4a7c15u * (i + 1);
    members[i].blocks = blocks;
    members[i].leaves_alone = forks && i % 2 == 1;
    if (pthread_create(&members[i].thread, NULL, live, &members[i]) != 0) _exit(2);
  }
  all_live = 1;
}

static void join(struct member *members, unsigned threads) {
  for (unsigned i = 0; i < threads; ++i) pthread_join(members[i].thread, NULL);
}

static void empty_shelf(void) {
  struct parcel none = {NULL, 0, 0};
  for (size_t place = 0; place < 64; ++place) take_apart(exchange(place, none));
}

static void churn(unsigned threads, uint64_t blocks) {
  static struct member members[256];
  gather(members, threads, blocks);
  join(members, threads);
  empty_shelf();
}

enum { most = 256, lives = 16 };
static struct member members[lives * most];
static pthread_key_t late;
static int others_were_called[lives * most];

/* What is set anew is destroyed anew, when all other destructors were called. */
static void go_on(void *argument) {
  struct member *self = (struct member *)argument;
  struct member *heir = self + most;
  if (!others_were_called[self - members]) {
    others_were_called[self - members] = 1;
    pthread_setspecific(late, self);
    return;
  }
  if (heir < members + lives * most) {
    heir->random = self->random;
    heir->blocks = self->blocks;
    heir->ends = self->ends;
    if (pthread_create(&heir->thread, NULL, live, heir) != 0) _exit(2);
  }
  work(self, self->blocks);
}

/* Its destructors go on while a thread does that is born for it. */
static void be_succeeded(struct member *self) {
  others_were_called[self - members] = 0;
  if (pthread_setspecific(late, self) != 0) _exit(2);
}

static void churn_with_heirs(unsigned threads, uint64_t blocks) {
  if (pthread_key_create(&late, go_on) != 0) _exit(2);
  for (unsigned i = 0; i < threads; ++i) members[i].ends = be_succeeded;
  gather(members, threads, blocks / (2 * lives));
  for (int life = 0; life < lives; ++life) join(members + life * most, threads);
  empty_shelf();
  pthread_key_delete(late);
}

int main(void) {
  churn(4, 5000);
  churn(8, 2500);
  churn(16, 1250);
  churn_with_heirs(2, 10000);
  if (damaged) {
    dprintf(1, "%s: promised that every block holds what was written into it, happened: a block changed under the threads\n", clause);
    _exit(1);
  }
  dprintf(1, "%s: kept\n", clause);
  _exit(0);
}
