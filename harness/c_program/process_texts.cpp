// Texts of helpers that deal with the process and its threads.
#include "harness/c_program/helper_texts.hpp"
#include "harness/subjects/call.hpp"

namespace poolhammer::c::texts {

// The texts below have this number in them.
static_assert(handler_calls == 3);

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

}  // namespace poolhammer::c::texts
