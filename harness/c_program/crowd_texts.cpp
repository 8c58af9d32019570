// Texts of helpers that have threads at work at the same time.
#include "harness/c_program/helper_texts.hpp"
#include "harness/trace/act_bounds.hpp"

namespace poolhammer::c::texts {

// The texts below have these numbers in them.
static_assert(act_bounds::threads == 256 && act_bounds::in_turn == 16);

const std::string_view crowd = R"(/* A block on its way from thread to thread: its bytes all hold mark. */
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
)";

const std::string_view churn = R"(static void churn(unsigned threads, uint64_t blocks) {
  static struct member members[256];
  gather(members, threads, blocks);
  join(members, threads);
  empty_shelf();
}
)";

const std::string_view churn_with_heirs = R"(enum { most = 256, lives = 16 };
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
)";

const std::string_view fork_crowd =
    R"(/* A child allocates too. */
static void be_a_child(void) {
  uint64_t random = 88172645463325252u;
  be_patient();
  for (int block = 0; block < 20; ++block) take_apart(make(draw(&random)));
  for (int i = 0; i < 6; ++i) take_and_free(sizes_alone[i]);
  _exit(damaged);
}

static void fork_crowd(unsigned threads, uint64_t children) {
  static struct member members[256];
  int status = 0;
  forks = 1;
  gather(members, threads, UINT64_MAX);
  for (uint64_t i = 0; i < children && status == 0; ++i) {
    pid_t born = fork();
    if (born == 0) be_a_child();
    if (born > 0) waitpid(born, &status, 0);
  }
  enough = 1;
  join(members, threads);
  empty_shelf();
  enough = forks = 0;
  if (status != 0) damaged = 1;
}
)";

}  // namespace poolhammer::c::texts
