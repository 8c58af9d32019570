/* program.survives (must): A program that keeps the rules is not ended, hung or starved of memory by the allocator.
   Source: ISO C17 7.22.3, by all that it promises of a call; POSIX.1-2024 malloc

   cc program.survives-fills-what-is-freed.c -o program.survives-fills-what-is-freed -pthread
   LD_PRELOAD=/work/wt/strangers/build/gcc/lib/unusual/fills-what-is-freed.so ./program.survives-fills-what-is-freed

   Exits 1 where the promise is broken, and 0 where it is kept. */
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char clause[] = "program.survives: A program that keeps the rules is not ended, hung or starved of memory by the allocator";

/* Pointers that no compiler sees through: it leaves no call out. */
static void *(*volatile do_malloc)(size_t) = malloc;
static void (*volatile do_free)(void *) = free;

/* Of a block over 16 MiB its ends are touched, and pages around some places between. */
static size_t after(size_t i, size_t bytes) {
  size_t stride = (size_t)1 << 22, last = bytes - 65536, rest;
  ++i;
  if (bytes <= (size_t)1 << 24 || i < 65536 || i >= last) return i;
  while (stride <= bytes / 8) stride *= 2;
  rest = i % stride;
  if (rest >= 4096 && stride - rest > 4096) i += stride - rest - 4096;
  return i < last ? i : last;
}

static void fill(void *block, size_t bytes, unsigned seed) {
  for (size_t i = 0; block != NULL && i < bytes; i = after(i, bytes))
    ((unsigned char *)block)[i] = (unsigned char)(seed * 29 + i * 131 + (i >> 8) * 7 + 1);
}

static void say(const char *text) { (void)!write(1, text, strlen(text)); }

/* The process dies: only what a signal handler may do. */
static void died(int number) {
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
  action.sa_flags = SA_ONSTACK;
  for (size_t i = 0; i < sizeof deaths / sizeof deaths[0]; ++i) sigaction(deaths[i], &action, NULL);
  atexit(ended);
  alarm(10);
}

int main(void) {
  watch();
  void *b0 = do_malloc(1);
  fill(b0, 1, 1);
  do_free(b0);
  dprintf(1, "%s: kept\n", clause);
  _exit(0);
}
