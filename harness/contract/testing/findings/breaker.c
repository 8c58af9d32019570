/* The C library's allocator, with one promise broken: the one that POOLHAMMER_BREAKS names. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

void *__libc_malloc(size_t);
void *__libc_calloc(size_t, size_t);
void *__libc_realloc(void *, size_t);
void *__libc_memalign(size_t, size_t);
void __libc_free(void *);

/* Told once: getenv costs time, and threads ask too. */
static const char *broken;
static pid_t first_process;

static int breaks(const char *promise) { return broken != NULL && strcmp(broken, promise) == 0; }

__attribute__((constructor)) static void begin(void) {
  broken = getenv("POOLHAMMER_BREAKS");
  first_process = getpid();
  while (breaks("hang at start")) usleep(1000);
}

/* What lies 8 bytes behind a multiple of 16 was moved there. */
static void *whole(void *block) { return (uintptr_t)block % 16 == 8 ? (char *)block - 8 : block; }

static size_t calls;
static volatile char *volatile nowhere = NULL;

static void *last;
static size_t last_size;

/* Whether the file was not there before: it is then. */
static int make_new(const char *file) {
  int made = open(file, O_CREAT | O_EXCL | O_WRONLY, 0600);
  return made >= 0 && close(made) == 0;
}

/* While it runs, a handler's signal is blocked. */
static int in_handler(void) {
  sigset_t blocked;
  return sigprocmask(SIG_SETMASK, NULL, &blocked) == 0 && sigismember(&blocked, SIGUSR1) == 1;
}

static pthread_key_t data;
static __thread int destroyed;

static void destroy(void *unused) {
  (void)unused;
  destroyed = 1;
}

static void make_data(void) { pthread_key_create(&data, destroy); }

/* Whether destructors of the thread's data were called. */
static int in_destructor(void) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, make_data);
  if (!destroyed) pthread_setspecific(data, &data);
  return destroyed;
}

/* What every destructor gets that may. */
static _Alignas(16) char of_destructors[256];

static int on_alternate_stack(void) {
  stack_t stack;
  return sigaltstack(NULL, &stack) == 0 && (stack.ss_flags & SS_ONSTACK) != 0;
}

static int in_thread_of_child(void) {
  return getpid() != first_process && syscall(SYS_gettid) != getpid();
}

static void *before_malloc(size_t size) {
  if (breaks("child") && getpid() != first_process) abort();
  /* The loader allocates, too: calls of the test have a size that nothing else asks for. */
  if (breaks("call 20") && size == 333 && ++calls == 20) __builtin_trap();
  if (breaks("crash") && size > 1000) *nowhere = 1;
  if (breaks("abort") && size > 1000) abort();
  if (breaks("exit") && size > 1000) exit(7);
  if (breaks("leave") && size > 1000) _exit(0);
  if (breaks("killed once") && size > 1000 && make_new(getenv("POOLHAMMER_MARK"))) kill(getpid(), SIGKILL);
  while (breaks("hang") && size > 1000) sleep(1);
  if (breaks("hunger") && size > 1000) memset(__libc_malloc(64 << 20), 1, 64 << 20);
  if (breaks("overlap") && size > 100 && size == last_size) return last;
  if (breaks("scribble") && last != NULL && last_size > 50) *(char *)last ^= 0x55;
  last = __libc_malloc(size);
  last_size = size;
  return last;
}

void *malloc(size_t size) {
  if (breaks("huge") && size > PTRDIFF_MAX) return __libc_malloc(16);
  if (breaks("refuse") && size > 70) return errno = ENOMEM, NULL;
  if (breaks("handler") && size > 70 && in_handler()) return errno = ENOMEM, NULL;
  if (breaks("destructor") && in_destructor() && size > 70) return errno = ENOMEM, NULL;
  if (breaks("destructors overlap") && in_destructor() && size > 70 && size <= sizeof of_destructors)
    return of_destructors;
  if (breaks("alternate") && size > 70 && on_alternate_stack()) return errno = ENOMEM, NULL;
  if (breaks("thread of child") && size > 70 && in_thread_of_child()) return errno = ENOMEM, NULL;
  if (breaks("handler misaligns") && size > 70 && in_handler()) return (char *)__libc_malloc(size + 8) + 8;
  if (breaks("misalign") && size > 70) return (char *)__libc_malloc(size + 8) + 8;
  int before = errno;
  void *block = before_malloc(size);
  if (breaks("silent") && block == NULL) errno = before;
  if (breaks("exhaust") && block == NULL && size < PTRDIFF_MAX) abort();
  return block;
}

/* The first blocks that a thread frees are lost. */
static __thread int lost_of_thread;

void free(void *block) {
  if (block == of_destructors) return;
  if ((breaks("keep") || breaks("overlap third")) && block != NULL) return;
  if (breaks("slow") && block != NULL) {
    clock_t end = clock() + CLOCKS_PER_SEC / 8;
    while (clock() < end) {
    }
    raise(SIGALRM);
  }
  if (breaks("lose") && syscall(SYS_gettid) != getpid() && lost_of_thread++ < 16) return;
  if (breaks("crash at contents") && block != NULL && block == last && last_size > 1000 && *(char *)block != 0) *nowhere = 1;
  if (breaks("free scribbles") && last != NULL) *(char *)last ^= 0x55;
  __libc_free(whole(block));
  if (breaks("errno")) errno = EIO;
}

void *calloc(size_t count, size_t size) {
  while (breaks("hang at once") && count == 1 && size == 1) usleep(1000);
  int before = errno;
  void *block = __libc_calloc(count, size);
  if (breaks("silent") && block == NULL) errno = before;
  if (breaks("dirty") && block != NULL && count * size > 40) ((char *)block)[count * size - 1] = 1;
  return block;
}

/* The third resize of a block in a row gives the block that malloc gave last. */
static void *third_resize(void *block, void *moved) {
  static void *resized;
  static int times;
  times = block != NULL && block == resized ? times + 1 : 1;
  resized = moved;
  return times == 3 && last != NULL ? last : moved;
}

void *realloc(void *block, size_t size) {
  if (breaks("realloc null") && block == NULL) return errno = ENOMEM, NULL;
  if (breaks("spoil") && block != NULL && size > PTRDIFF_MAX) ((char *)block)[3] ^= 1;
  void *moved = __libc_realloc(whole(block), size);
  if (breaks("overlap third") && moved != NULL) return third_resize(block, moved);
  if (breaks("forget") && block != NULL && moved != NULL && size > 40) ((char *)moved)[3] ^= 1;
  return moved;
}

void *memalign(size_t alignment, size_t size) {
  int before = errno;
  void *block = __libc_memalign(alignment, size);
  if (breaks("silent") && block == NULL) errno = before;
  return block;
}

void *aligned_alloc(size_t alignment, size_t size) {
  if (breaks("alignment") && (alignment & (alignment - 1)) != 0) return errno = ENOMEM, NULL;
  return __libc_memalign(breaks("unaligned") ? 16 : alignment, size);
}

int posix_memalign(void **result, size_t alignment, size_t size) {
  if (alignment < sizeof(void *) || (alignment & (alignment - 1)) != 0) {
    if (breaks("result")) *result = (void *)1;
    return breaks("status") ? EIO : EINVAL;
  }
  void *block = __libc_memalign(alignment, size);
  if (block != NULL) *result = block;
  return block != NULL ? 0 : breaks("status") ? EIO : ENOMEM;
}

size_t malloc_usable_size(void *block) {
  static size_t (*original)(void *);
  static size_t more;
  if (original == NULL) original = (size_t (*)(void *))dlsym(RTLD_NEXT, "malloc_usable_size");
  if (breaks("usable null") && block == NULL) return 8;
  if (breaks("usable less") && block != NULL) return 1;
  if (breaks("usable more") && original(block) > 60000) return original(block) + 16;
  if (breaks("usable odd") && block != NULL) return original(block) - 1;
  if (breaks("usable moves") && block != NULL) return original(block) - ++more % 8;
  return original(whole(block));
}

/* operator new and delete, which do not throw. */
void *_Znwm(size_t size) {
  if (breaks("new zero") && size == 0) return NULL;
  return breaks("new") && size > 100 ? NULL : __libc_malloc(size);
}
/* Where memory is short, this one calls a new handler, and lets out what that throws. */
void *_ZnwmRKSt9nothrow_t(size_t size, const void *tag) {
  (void)tag;
  void (*(*get)(void))(void) = (void (*(*)(void))(void))dlsym(RTLD_DEFAULT, "_ZSt15get_new_handlerv");
  void *block = __libc_malloc(size);
  if (block == NULL && breaks("nothrow") && get != NULL && get() != NULL) get()();
  return block;
}
void _ZdlPv(void *block) { __libc_free(block); }
