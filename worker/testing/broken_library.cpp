// Libraries for tests: the C library's allocator with one fault. Which, the build says; `sound` has none, and
// `strict` is there to see who calls it.
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <string_view>
#include <utility>

extern "C" {
// The C library's own, under the names by which wrappers know them.
void* __libc_malloc(std::size_t size);
void* __libc_calloc(std::size_t count, std::size_t size);
void* __libc_realloc(void* block, std::size_t size);
void __libc_free(void* block);
void* __libc_memalign(std::size_t alignment, std::size_t size);
}

namespace {

enum class Fault {
  sound,
  crashes,         ///< the 100th malloc kills the process
  crashes_late,    ///< so does the 600th, which takes more than one program of 1000 operations
  crashes_once,    ///< as `crashes`, but never again while the file that POOLHAMMER_TEST_MARK names is there
  aborts,          ///< the 100th malloc writes a line, and aborts
  exits,           ///< the 100th malloc ends the process as if all were well
  hangs,           ///< the 100th malloc never returns
  hangs_at_start,  ///< its constructor never returns, and first opens the file that POOLHAMMER_TEST_MARK
                   ///< names
  dies_at_start,   ///< its constructor kills the process
  spins_in_free,   ///< the 100th free computes for ever
  eats_memory,     ///< every malloc takes 16 MiB
  overwrites,      ///< every 5th malloc changes a byte of the block that was given before
  overlaps,        ///< every 5th malloc gives a part of the block that was given before
  loses_on_realloc,  ///< a growing realloc changes the last byte that was there
  dirty_calloc,      ///< every 5th calloc leaves a byte that is not zero
  refuses,           ///< no block of 5000 to 6000 bytes
  /// No block of 5001 bytes in a signal handler on the thread's stack, none of 5002 on an alternate stack,
  /// and none of 5003 in a thread that a child bore.
  knows_its_context,
  refuses_nothing,    ///< NULL for 0 bytes, which is lawful
  leaks,              ///< frees nothing
  strict,             ///< behind the first request of 777 bytes, any other size kills the process
  crashes_elsewhere,  ///< a block that is freed by another thread than got it kills the process
  races,              ///< keeps a freed block in a place that no lock guards
  /// A realloc of a block from an aligned function, of 2 MiB and more, loses its last bytes where the thread
  /// that calls it is younger than the block.
  loses_aligned,
  crashes_at_a_size,  ///< of 1234567 bytes
  slow_once,          ///< the 100th malloc computes for half a second, and all is well
  slow_with_many,     ///< a malloc of 5005 bytes computes for 5 ms, a free for 40 ms
  gives_again,        ///< every malloc of 5006 bytes gives the same block, and no block is freed
  slow_start,         ///< its constructor computes for a second and a half
  knows_its_process,  ///< the 10th malloc kills any process but the one that it was loaded in
  dies_where_loaded,  ///< the 10th malloc kills the process that it was loaded in, and no child
  has_a_thread,       ///< as `knows_its_process`, and its constructor starts a thread
  hangs_in_children,  ///< a child of fork never comes back from it
  kills_its_parent,   ///< so does the 100th malloc
  stops_its_parent,   ///< the 100th malloc does, by SIGSTOP
  leaves_a_process,   ///< the 100th malloc starts a process that goes its own way, and writes its number to
                      ///< the file that POOLHAMMER_TEST_MARK names
};
constexpr Fault fault = Fault::POOLHAMMER_FAULT;

std::atomic<unsigned> mallocs = 0;
std::atomic<unsigned> callocs = 0;
std::atomic<unsigned> frees = 0;
unsigned char* last = nullptr;
std::size_t last_size = 0;

void* refuse() {
  errno = ENOMEM;
  return nullptr;
}

bool on_alternate_stack() {
  stack_t stack{};
  return sigaltstack(nullptr, &stack) == 0 && (stack.ss_flags & SS_ONSTACK) != 0;
}

/// While it runs, a handler's signal is blocked.
bool in_signal_handler() {
  sigset_t blocked;
  return pthread_sigmask(SIG_SETMASK, nullptr, &blocked) == 0 && sigismember(&blocked, SIGUSR1) == 1;
}

thread_local bool in_destructors = false;

/// Has the thread say when the destructors of its data are called.
void watch_end() {
  static pthread_key_t data;
  static const bool made = pthread_key_create(&data, [](void*) { in_destructors = true; }) == 0;
  if (made && !in_destructors) pthread_setspecific(data, &data);
}

const pid_t loading_process = getpid();

bool in_thread_of_child() {
  return getpid() != loading_process && gettid() != getpid();
}

void say(std::string_view text) {
  (void)!write(STDERR_FILENO, text.data(), text.size());
}

void crash_unless_marked() {
  const char* const mark = getenv("POOLHAMMER_TEST_MARK");
  if (mark == nullptr || access(mark, F_OK) == 0) return;
  close(open(mark, O_CREAT | O_WRONLY, 0600));
  __builtin_trap();
}

// For `loses_aligned`: how many threads have called so far, and for a few blocks of the aligned functions how
// many there were when they were given.
std::atomic<unsigned> threads_seen = 0;
thread_local unsigned thread_number = 0;

unsigned this_thread() {
  if (thread_number == 0) thread_number = ++threads_seen;
  return thread_number;
}

struct Aligned {
  void* block;
  std::size_t size;
  unsigned threads;
};
std::array<Aligned, 4096> aligned_blocks{};
pthread_mutex_t aligned_lock = PTHREAD_MUTEX_INITIALIZER;

// A child finds the lock open, whichever thread held it.
__attribute__((constructor)) void open_lock_in_children() {
  pthread_atfork([] { pthread_mutex_lock(&aligned_lock); }, [] { pthread_mutex_unlock(&aligned_lock); },
                 [] { pthread_mutex_unlock(&aligned_lock); });
}

void* remember_aligned(void* block, std::size_t size) {
  (void)this_thread();
  if (block == nullptr) return nullptr;
  pthread_mutex_lock(&aligned_lock);
  for (Aligned& each : aligned_blocks) {
    if (each.block != nullptr && each.block != block) continue;
    each = {block, size, threads_seen};
    break;
  }
  pthread_mutex_unlock(&aligned_lock);
  return block;
}

/// What is known of a block, which is forgotten.
Aligned take_aligned(const void* block) {
  Aligned found{};
  pthread_mutex_lock(&aligned_lock);
  for (Aligned& each : aligned_blocks) {
    if (block != nullptr && each.block == block) found = std::exchange(each, {});
  }
  pthread_mutex_unlock(&aligned_lock);
  return found;
}

void* resize_aligned(void* block, std::size_t size) {
  constexpr std::size_t from = std::size_t{2} << 20U;
  const Aligned known = take_aligned(block);
  auto* const result = static_cast<unsigned char*>(__libc_realloc(block, size));
  if (result == nullptr) {
    if (known.block != nullptr) remember_aligned(block, known.size);
    return nullptr;
  }
  const bool younger = known.block != nullptr && this_thread() > known.threads;
  const std::size_t kept = known.size < size ? known.size : size;
  if (younger && kept >= from) std::memset(result + kept - 8, 0, 8);
  return result;
}

void demand_strictness(std::size_t size) {
  static std::atomic<bool> strict = false;
  constexpr std::size_t only_size = 777;
  if (fault != Fault::strict) return;
  if (size == only_size)
    strict = true;
  else if (strict)
    __builtin_trap();
}

void* sleep_for_ever(void* /*unused*/) {
  for (;;) pause();
}

pid_t loaded_in = 0;

bool in_another_process() {
  return getpid() != loaded_in;
}

void leave_a_process() {
  const pid_t child = fork();
  if (child == 0) {
    setsid();
    // Its parent is gone before it is.
    const pid_t grandchild = fork();
    while (grandchild == 0) pause();
    const char* const mark = getenv("POOLHAMMER_TEST_MARK");
    const int file = mark == nullptr ? -1 : open(mark, O_CREAT | O_WRONLY, 0600);
    (void)!write(file, &grandchild, sizeof grandchild);
    _exit(0);
  }
  waitpid(child, nullptr, 0);
}

void misbehave(unsigned number) {
  if (fault == Fault::eats_memory) {
    constexpr std::size_t bytes = std::size_t{16} << 20U;
    void* const memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory != MAP_FAILED) std::memset(memory, 1, bytes);
  }
  if (fault == Fault::crashes_late && number == 600) __builtin_trap();
  const bool process_matters = fault == Fault::knows_its_process || fault == Fault::has_a_thread;
  if (process_matters && number == 10 && in_another_process()) __builtin_trap();
  if (fault == Fault::dies_where_loaded && number == 10 && !in_another_process()) __builtin_trap();
  if (number != 100) return;
  if (fault == Fault::crashes) __builtin_trap();
  if (fault == Fault::crashes_once) crash_unless_marked();
  if (fault == Fault::exits) _exit(0);
  if (fault == Fault::kills_its_parent) {
    kill(getppid(), SIGKILL);
    (void)sleep_for_ever(nullptr);
  }
  if (fault == Fault::stops_its_parent) kill(getppid(), SIGSTOP);
  if (fault == Fault::leaves_a_process) leave_a_process();
  if (fault == Fault::aborts) {
    say("broken library: the heap is damaged\n");
    abort();
  }
  while (fault == Fault::hangs) pause();
}

/// Up to that time of the process.
void compute(clock_t time) {
  while (clock() < time) continue;
}

[[gnu::constructor]] void start() {
  if (fault == Fault::dies_at_start) __builtin_trap();
  loaded_in = getpid();
  if (fault == Fault::slow_start) compute(CLOCKS_PER_SEC * 3 / 2);
  if (fault == Fault::hangs_in_children)
    pthread_atfork(nullptr, nullptr, [] { (void)sleep_for_ever(nullptr); });
  if (pthread_t thread = 0; fault == Fault::has_a_thread)
    pthread_create(&thread, nullptr, &sleep_for_ever, nullptr);
  if (fault != Fault::hangs_at_start) return;
  if (const char* const mark = getenv("POOLHAMMER_TEST_MARK"); mark != nullptr) close(open(mark, O_WRONLY));
  for (;;) pause();
}

/// In front of a block: which thread got it.
struct Owner {
  pthread_t thread;
  void* unused;
};
static_assert(sizeof(Owner) == 16);

// Where `races` keeps a block of 64 bytes.
void* volatile kept = nullptr;

void* take_kept() {
  void* const block = kept;
  if (block == nullptr) return nullptr;
  sched_yield();  // a window in which another thread takes it, too
  kept = nullptr;
  return block;
}

void* give(std::size_t size) {
  const unsigned number = ++mallocs;
  demand_strictness(size);
  misbehave(number);
  if (fault == Fault::slow_once && number == 100) compute(clock() + CLOCKS_PER_SEC / 2);
  if (fault == Fault::slow_with_many && size == 5005) compute(clock() + CLOCKS_PER_SEC / 200);
  static void* const again = fault == Fault::gives_again ? __libc_malloc(5006) : nullptr;
  if (again != nullptr && size == 5006) return again;
  if (fault == Fault::crashes_at_a_size && size == 1'234'567) __builtin_trap();
  if (fault == Fault::refuses_nothing && size == 0) return nullptr;
  if (fault == Fault::refuses && size >= 5000 && size <= 6000) return refuse();
  if (fault == Fault::knows_its_context) watch_end();
  if (fault == Fault::knows_its_context &&
      ((size == 5001 && in_signal_handler() && !on_alternate_stack()) ||
       (size == 5002 && on_alternate_stack()) || (size == 5003 && in_thread_of_child()) ||
       (size == 5004 && in_destructors)))
    return refuse();
  if (fault == Fault::races && size <= 64) {
    void* const block = take_kept();
    return block != nullptr ? block : __libc_malloc(64);
  }
  if (fault == Fault::overwrites && number % 5 == 0 && last_size > 0) last[last_size / 2] ^= 1U;
  if (fault == Fault::overlaps && number % 5 == 0 && last_size >= 16 && size <= last_size) return last;
  void* const block = __libc_malloc(size);
  last = static_cast<unsigned char*>(block);
  last_size = block == nullptr ? 0 : size;
  return block;
}

void* owned(void* block) {
  if (block == nullptr) return nullptr;
  static_cast<Owner*>(block)->thread = pthread_self();
  return static_cast<Owner*>(block) + 1;
}

}  // namespace

extern "C" {
void* malloc(std::size_t size) {
  if (fault == Fault::crashes_elsewhere)
    return owned(size > PTRDIFF_MAX ? refuse() : give(size + sizeof(Owner)));
  return give(size);
}

void* calloc(std::size_t count, std::size_t size) {
  std::size_t bytes = 0;
  if (__builtin_mul_overflow(count, size, &bytes)) return refuse();
  demand_strictness(bytes);
  if (fault == Fault::refuses_nothing && bytes == 0) return nullptr;
  if (fault == Fault::crashes_elsewhere)
    return owned(bytes > PTRDIFF_MAX ? refuse() : __libc_calloc(1, bytes + sizeof(Owner)));
  auto* const block = static_cast<unsigned char*>(__libc_calloc(count, size));
  if (fault == Fault::dirty_calloc && block != nullptr && bytes > 0 && ++callocs % 5 == 0)
    block[bytes - 1] = 7;
  return block;
}

void free(void* block) {
  if (block == last) last_size = 0;
  if (fault == Fault::loses_aligned) (void)take_aligned(block);
  if (fault == Fault::leaks || fault == Fault::gives_again) return;
  if (fault == Fault::slow_with_many) compute(clock() + CLOCKS_PER_SEC / 25);
  if (fault == Fault::spins_in_free && ++frees >= 100) {
    for (std::atomic<unsigned> turns = 0;; ++turns) continue;
  }
  if (fault == Fault::crashes_elsewhere && block != nullptr) {
    Owner* const owner = static_cast<Owner*>(block) - 1;
    if (pthread_equal(owner->thread, pthread_self()) == 0) __builtin_trap();
    return __libc_free(owner);
  }
  if (fault == Fault::races && block != nullptr && kept == nullptr) {
    static const auto usable =
        reinterpret_cast<std::size_t (*)(void*)>(dlsym(RTLD_NEXT, "malloc_usable_size"));
    if (usable(block) == 72) {
      kept = block;
      return;
    }
  }
  __libc_free(block);
}

void* aligned_alloc(std::size_t alignment, std::size_t size) {
  void* const block = __libc_memalign(alignment, size);
  return fault == Fault::loses_aligned ? remember_aligned(block, size) : block;
}
int posix_memalign(void** result, std::size_t alignment, std::size_t size) {
  if (alignment < sizeof(void*) || (alignment & (alignment - 1)) != 0) return EINVAL;
  void* const block = __libc_memalign(alignment, size);
  if (block == nullptr) return ENOMEM;
  *result = fault == Fault::loses_aligned ? remember_aligned(block, size) : block;
  return 0;
}

void* realloc(void* block, std::size_t size) {
  if (block == last) last_size = 0;
  if (fault == Fault::loses_aligned) return resize_aligned(block, size);
  demand_strictness(size);
  if (fault == Fault::crashes_elsewhere) {
    if (block == nullptr) return malloc(size);
    if (size > PTRDIFF_MAX) return refuse();
    Owner* const owner = static_cast<Owner*>(block) - 1;
    return owned(__libc_realloc(owner, size + sizeof(Owner)));
  }
  if (fault == Fault::loses_on_realloc && block != nullptr) {
    static const auto usable =
        reinterpret_cast<std::size_t (*)(void*)>(dlsym(RTLD_NEXT, "malloc_usable_size"));
    const std::size_t before = usable(block);
    auto* const result = static_cast<unsigned char*>(__libc_realloc(block, size));
    if (result != nullptr && size > before) std::memset(result + before - 8, 0x55, 8);
    return result;
  }
  return __libc_realloc(block, size);
}
}
