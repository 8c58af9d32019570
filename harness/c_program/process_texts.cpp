// Texts of helpers that deal with the process and its threads.
#include "harness/c_program/helper_texts.hpp"
#include "harness/subjects/call.hpp"
#include "harness/trace/act_bounds.hpp"

namespace poolhammer::c::texts {

// The texts below have these numbers in them.
static_assert(handler_calls == 3 && act_bounds::threads == 256);

const std::string_view limit_memory =
    R"(/* Allows the process so many bytes of addresses more than it has. */
static void limit_memory(size_t more) {
  char text[256] = "";
  int file = open("/proc/self/statm", O_RDONLY);
  struct rlimit limit;
  getrlimit(RLIMIT_AS, &limit);
  if (file < 0 || read(file, text, sizeof text - 1) <= 0) _exit(2);
  close(file);
  limit.rlim_cur = strtoull(text, NULL, 10) * (size_t)sysconf(_SC_PAGESIZE) + more;
  if (limit.rlim_cur > limit.rlim_max) limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_AS, &limit);
}
)";

const std::string_view unlimit =
    R"(static void unlimit(void) {
  struct rlimit limit;
  getrlimit(RLIMIT_AS, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_AS, &limit);
}
)";

const std::string_view resident =
    R"(/* The process keeps so few bytes in use that 1 GiB is far too much. */
static void look_at_memory(void) {
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  if (usage.ru_maxrss < 1 << 20) return;
  dprintf(1, "%s: promised to go on, happened: %ld KiB of memory are taken\n", clause, usage.ru_maxrss);
  _exit(1);
}
)";

const std::string_view hung =
    R"(/* Asked at each alarm, ten seconds apart: whether it slept since the last, or computed for eight seconds in all. On a
   busy machine all takes longer, and that is no fault; but two minutes are enough. */
static int hung(void) {
  static long long before = 0;
  static int alarms = 0;
  struct timespec spent;
  long long now, slept;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &spent);
  now = (long long)spent.tv_sec * 1000 + spent.tv_nsec / 1000000;
  slept = now >= before && now - before < 100;
  before = now;
  if (slept || now >= 8000 || ++alarms == 12) return 1;
  alarm(10);
  return 0;
}
)";

const std::string_view patience = R"(static void end_if_hung(int number) {
  if (!hung()) return;
  signal(number, SIG_DFL);
  raise(number);
}

/* A child that waits for ever for a lock, or for itself, is ended. */
static void be_patient(void) {
  signal(SIGALRM, end_if_hung);
  alarm(10);
}
)";

const std::string_view watch =
    R"(static void say(const char *text) { (void)!write(1, text, strlen(text)); }

/* The process dies: only what a signal handler may do. */
static void died(int number) {
  if (number == SIGALRM && !hung()) return;
  say(clause);
  say(": promised to go on, happened: ");
  say(number == SIGALRM   ? "it hangs\n"
      : number == SIGABRT ? "it aborts\n"
      : number == SIGSEGV ? "it crashes (SIGSEGV)\n"
      : number == SIGBUS  ? "it crashes (SIGBUS)\n"
      : number == SIGFPE  ? "it crashes (SIGFPE)\n"
                          : "it crashes (SIGILL)\n");
  _exit(1);
}

static void ended(void) {
  say(clause);
  say(": promised to go on, happened: the program is ended by exit\n");
  _exit(1);
}

static void watch(void) {
  static const int deaths[] = {SIGSEGV, SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGALRM};
  static char stack[1 << 16];
  stack_t alternate;
  struct sigaction action;
  memset(&alternate, 0, sizeof alternate);
  alternate.ss_sp = stack;
  alternate.ss_size = sizeof stack;
  sigaltstack(&alternate, NULL);
  memset(&action, 0, sizeof action);
  action.sa_handler = died;
  action.sa_flags = SA_ONSTACK | SA_RESTART;
  for (size_t i = 0; i < sizeof deaths / sizeof deaths[0]; ++i) sigaction(deaths[i], &action, NULL);
  atexit(ended);
  alarm(10);
}
)";

const std::string_view in_handler = R"(static void *(*handled)(void *);
static int handler_flags;

static void handle(int number) {
  (void)number;
  handled(NULL);
}

/* Performs a part in the handler of a signal that the thread raises itself: nothing unsafe is interrupted. */
static void in_handler(void *(*part)(void *)) {
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_handler = handle;
  action.sa_flags = handler_flags;
  sigaction(SIGUSR1, &action, NULL);
  handled = part;
  raise(SIGUSR1);
}
)";

const std::string_view on_alternate_stack = R"(static void on_alternate_stack(void *(*part)(void *)) {
  static char stack[1 << 20];
  stack_t alternate, before;
  memset(&alternate, 0, sizeof alternate);
  alternate.ss_sp = stack;
  alternate.ss_size = sizeof stack;
  sigaltstack(&alternate, &before);
  handler_flags = SA_ONSTACK;
  in_handler(part);
  handler_flags = 0;
  sigaltstack(&before, NULL);
}
)";

const std::string_view in_thread = R"(static void in_a_thread(void *(*part)(void *)) {
  pthread_t thread;
  if (pthread_create(&thread, NULL, part, NULL) != 0) _exit(2);
  pthread_join(thread, NULL);
}
)";

const std::string_view threads = R"(struct helper {
  pthread_t thread;
  sem_t go, done;
  void *(*part)(void *);
  int lives;
};

static void *serve(void *argument) {
  struct helper *self = (struct helper *)argument;
  for (;;) {
    sem_wait(&self->go);
    if (self->part == NULL) return NULL;
    self->part(NULL);
    sem_post(&self->done);
  }
}

/* Waits while a thread, which is born with its first part, performs one. */
static void perform(struct helper *helper, void *(*part)(void *)) {
  if (!helper->lives) {
    sem_init(&helper->go, 0, 0);
    sem_init(&helper->done, 0, 0);
    if (pthread_create(&helper->thread, NULL, serve, helper) != 0) _exit(2);
    helper->lives = 1;
  }
  helper->part = part;
  sem_post(&helper->go);
  sem_wait(&helper->done);
}
)";

const std::string_view end_thread = R"(static void end(struct helper *helper) {
  if (!helper->lives) return;
  helper->part = NULL;
  sem_post(&helper->go);
  pthread_join(helper->thread, NULL);
  helper->lives = 0;
}
)";

const std::string_view in_destructor = R"(static pthread_key_t data;
static char rounds[2];
static void *(*last_part)(void *);

/* What is set anew is destroyed anew, when all other destructors were called. */
static void destroy(void *round) {
  if (round == &rounds[0])
    pthread_setspecific(data, &rounds[1]);
  else
    last_part(NULL);
}

static void *set_data(void *unused) {
  (void)unused;
  pthread_setspecific(data, &rounds[0]);
  return NULL;
}

/* Has the thread perform a part in a destructor of its data. It ends then. */
static void in_destructor(struct helper *helper, void *(*part)(void *)) {
  static int made;
  if (!made && pthread_key_create(&data, destroy) != 0) _exit(2);
  made = 1;
  last_part = part;
  perform(helper, set_data);
  end(helper);
}
)";

const std::string_view handled_times = "static unsigned handled_times;\n";

const std::string_view handler = R"(static void handler() {
  if (++handled_times == 3) std::set_new_handler(nullptr);
}
)";

const std::string_view throwing_handler = R"(struct no_memory : std::bad_alloc {};

template <class Exception>
static void throwing_handler() {
  ++handled_times;
  std::set_new_handler(nullptr);
  throw Exception();
}
)";

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
};

static const size_t sizes_alone[] = {24, 300, 5000, 70000, 400000, 3000000};

/* Nobody touches the block. */
static void take_and_free(size_t size) {
  void *volatile block = do_malloc(size);
  do_free(block);
}

static void *live(void *argument) {
  struct member *self = (struct member *)argument;
  take_apart(make(draw(&self->random)));
  while (!all_live) usleep(100);
  for (uint64_t block = 0; block < self->blocks && !enough; ++block) {
    uint64_t random = draw(&self->random);
    if (self->leaves_alone) {
      for (int time = 0; time < 32; ++time) take_and_free(sizes_alone[random % 6]);
      continue;
    }
    take_apart(exchange(random >> 40, make(random)));
  }
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

static void part(struct member *members, unsigned threads) {
  struct parcel none = {NULL, 0, 0};
  for (unsigned i = 0; i < threads; ++i) pthread_join(members[i].thread, NULL);
  for (size_t place = 0; place < 64; ++place) take_apart(exchange(place, none));
}
)";

const std::string_view churn = R"(static void churn(unsigned threads, uint64_t blocks) {
  static struct member members[256];
  gather(members, threads, blocks);
  part(members, threads);
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
  part(members, threads);
  enough = forks = 0;
  if (status != 0) damaged = 1;
}
)";

}  // namespace poolhammer::c::texts
