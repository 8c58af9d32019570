#include "record/writer.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <cstring>
#include <ctime>

#include "interpose/file_identity.hpp"
#include "interpose/lock.hpp"
#include "record/line.hpp"

namespace poolhammer::log {
namespace {

enum class Stage : std::uint32_t { unopened = 0, recording, stopped };

/// The state of this process's log. It lies in memory that the kernel clears in a forked child (and does not
/// in a vforked one, which shares it): however the child came to be, it begins with an open lock and no log.
struct Session {
  interpose::Lock lock;
  Stage stage;
  std::uint32_t sequence;       ///< of the log: every program that a process executes has one of its own
  std::uint64_t events;         ///< those of the header, where only we write
  std::uint64_t window_number;  ///< of the window that is mapped at `window`
  Header* header;               ///< in window 0, which stays mapped
  std::byte* window;
};

/// What a forked child keeps.
struct Settings {
  Session* session;
  interpose::FileIdentity standard_error;  ///< as it was at the start
  char directory[PATH_MAX];
  char path[PATH_MAX];  ///< of the log; not on the stack, which may be a signal handler's small one
};

constinit std::atomic<Settings*> settings_in_use{nullptr};
constinit std::atomic<bool> off{false};
constinit std::atomic<std::uint32_t> threads{0};

// Static TLS: the general model may allocate on a thread's first access.
[[gnu::tls_model("initial-exec")]] constinit thread_local std::uint32_t thread_number = 0;

std::uint32_t this_thread() noexcept {
  if (thread_number == 0) thread_number = threads.fetch_add(1, std::memory_order_relaxed) + 1;
  return thread_number;
}

/// The errors that end a recording, in words: the C library's own may load a translation, and so allocate.
const char* words(int error) noexcept {
  switch (error) {
    case ENOSPC:
      return "no space left on the disk";
    case EDQUOT:
      return "the disk quota is used up";
    case EFBIG:
      return "the file size limit is reached";
    case EMFILE:
    case ENFILE:
      return "too many open files";
    case ENOMEM:
      return "out of memory";
    case EACCES:
    case EPERM:
    case EROFS:
      return "not permitted";
    default:
      return nullptr;
  }
}

/// One line on standard error, where that is still the file it was at the start.
void complain(const Settings& settings, const char* what, int error, std::uint64_t events) noexcept {
  if (!settings.standard_error.is_still(STDERR_FILENO)) return;
  char text[512];
  Line line(text);
  line.add("poolhammer record: process ").add(static_cast<std::uint64_t>(getpid())).add(": ").add(what);
  if (const char* known = words(error); known != nullptr) {
    line.add(": ").add(known);
  } else {
    line.add(": error ").add(static_cast<std::uint64_t>(error));
  }
  line.add("; recording stops after ").add(events).add(" events, the program goes on\n");
  [[maybe_unused]] const auto written = syscall(SYS_write, STDERR_FILENO, line.text(), line.size());
}

Settings* make_settings() noexcept {
  if (environ == nullptr) return nullptr;  // called before the C library has its environment: not decided yet
  const char* directory = getenv("POOLHAMMER_RECORD_DIR");
  if (directory == nullptr || directory[0] != '/' || std::strlen(directory) >= PATH_MAX - 64) {
    off = true;
    return nullptr;
  }
  const auto page = static_cast<std::size_t>(getpagesize());
  const std::size_t kept = (sizeof(Settings) + page - 1) / page * page;
  void* memory = mmap(nullptr, kept + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) {
    off = true;
    return nullptr;
  }
  auto* settings = static_cast<Settings*>(memory);
  auto* wiped = static_cast<std::byte*>(memory) + kept;
  static_assert(sizeof(Session) <= 4096);
  settings->session = reinterpret_cast<Session*>(wiped);
  settings->standard_error = interpose::FileIdentity::of(STDERR_FILENO);
  std::strcpy(settings->directory, directory);
  if (madvise(wiped, page, MADV_WIPEONFORK) != 0) {
    complain(*settings, "the kernel cannot clear memory on fork", errno, 0);
    munmap(memory, kept + page);
    off = true;
    return nullptr;
  }
  Settings* first = nullptr;
  if (settings_in_use.compare_exchange_strong(first, settings)) return settings;
  munmap(memory, kept + page);
  return first;
}

Settings* settings() noexcept {
  Settings* known = settings_in_use.load(std::memory_order_acquire);
  if (known != nullptr || off.load(std::memory_order_relaxed)) return known;
  const int saved_errno = errno;
  known = make_settings();
  errno = saved_errno;
  return known;
}

// From here to append(), the session's lock is held. System calls go by syscall() where the C library's
// function is a cancellation point: a thread must not end here, with the lock.

/// Takes the bytes of a window from the disk, so that writing to its mapping cannot fail. Returns an errno,
/// or 0.
int reserve(int file, std::uint64_t number) noexcept {
  const auto begin = static_cast<off_t>(number * window_bytes);
  const off_t end = begin + static_cast<off_t>(window_bytes);
  rlimit limit{};
  // Going over this limit would not only fail but also send the program a signal.
  if (getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur < static_cast<rlim_t>(end)) return EFBIG;
  long done = 0;
  do {
    done = syscall(SYS_fallocate, file, 0, begin, end - begin);
  } while (done != 0 && errno == EINTR);
  if (done == 0) return 0;
  if (errno != EOPNOTSUPP) return errno;
  static const std::byte zeros[4096]{};
  for (off_t at = begin; at < end; at += done) {
    done = syscall(SYS_pwrite64, file, zeros, sizeof zeros, at);
    if (done < 0 && errno == EINTR) done = 0;
    if (done < 0) return errno;
  }
  return 0;
}

/// Reserves and maps a window, and closes the file: programs close descriptors that they did not open.
int map_window(int file, std::uint64_t number, std::byte*& window) noexcept {
  int error = reserve(file, number);
  if (error == 0) {
    void* memory = mmap(nullptr, window_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, file,
                        static_cast<off_t>(number * window_bytes));
    error = memory == MAP_FAILED ? errno : 0;
    if (error == 0) window = static_cast<std::byte*>(memory);
  }
  syscall(SYS_close, file);
  return error;
}

void fill(Header& header) noexcept {
  header.version = version;
  header.pid = static_cast<std::uint32_t>(getpid());
  header.parent_pid = static_cast<std::uint32_t>(getppid());
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  header.started_ns =
      static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000U + static_cast<std::uint64_t>(now.tv_nsec);
  if (readlink("/proc/self/exe", header.program, sizeof header.program - 1) < 0) header.program[0] = '\0';
  __atomic_store_n(&header.magic, magic, __ATOMIC_RELEASE);
}

void open_log(Settings& settings, Session& session) noexcept {
  session.stage = Stage::stopped;
  const auto pid = static_cast<std::uint64_t>(getpid());
  long file = -1;
  do {
    ++session.sequence;
    Line path(settings.path);
    path.add(settings.directory).add("/").add(pid).add(".").add(session.sequence).add(".log");
    file = syscall(SYS_openat, AT_FDCWD, path.text(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  } while (file < 0 && (errno == EEXIST || errno == EINTR));
  if (file < 0) {
    // Without its directory the recording is over: this process outlived it.
    if (errno != ENOENT) complain(settings, "cannot create its log", errno, 0);
    return;
  }
  const int error = map_window(static_cast<int>(file), 0, session.window);
  if (error != 0) {
    unlink(settings.path);
    complain(settings, "cannot write its log", error, 0);
    return;
  }
  session.header = reinterpret_cast<Header*>(session.window);
  fill(*session.header);
  session.stage = Stage::recording;
}

void stop(const Settings& settings, Session& session, int error) noexcept {
  session.stage = Stage::stopped;
  session.header->stopped = error;
  if (error != ENOENT) complain(settings, "cannot extend its log", error, session.events);
}

void open_window(const Settings& settings, Session& session, std::uint64_t number) noexcept {
  long file = -1;
  do {
    file = syscall(SYS_openat, AT_FDCWD, settings.path, O_RDWR | O_CLOEXEC);
  } while (file < 0 && errno == EINTR);
  if (file < 0) return stop(settings, session, errno);
  std::byte* window = nullptr;
  const int error = map_window(static_cast<int>(file), number, window);
  if (error != 0) return stop(settings, session, error);
  if (session.window_number != 0) munmap(session.window, window_bytes);
  session.window = window;
  session.window_number = number;
}

void append_locked(const Settings& settings, Session& session, const Event& event) noexcept {
  if (session.stage == Stage::recording) {
    const std::uint64_t offset = sizeof(Header) + session.events * sizeof(Event);
    if (offset / window_bytes != session.window_number) {
      const int saved_errno = errno;
      open_window(settings, session, offset / window_bytes);
      errno = saved_errno;
      if (session.stage != Stage::recording) return;
    }
    std::memcpy(session.window + offset % window_bytes, &event, sizeof event);
    ++session.events;
    __atomic_store_n(&session.header->events, session.events, __ATOMIC_RELEASE);
  }
}

void open_if_new(Settings& settings, Session& session) noexcept {
  if (session.stage != Stage::unopened) return;
  const int saved_errno = errno;
  open_log(settings, session);
  errno = saved_errno;
}

}  // namespace

void start() noexcept {
  Settings* known = settings();
  if (known == nullptr || !known->session->lock.enter(this_thread())) return;
  open_if_new(*known, *known->session);
  known->session->lock.leave();
}

void append(EventKind kind, const void* address, std::size_t size, std::uint64_t other) noexcept {
  Settings* known = settings();
  if (known == nullptr) return;
  Session& session = *known->session;
  const std::uint32_t thread = this_thread();
  if (!session.lock.enter(thread)) {
    if (session.stage == Stage::recording) ++session.header->lost;
    return;
  }
  open_if_new(*known, session);
  append_locked(*known, session, {kind, {}, thread, reinterpret_cast<std::uintptr_t>(address), size, other});
  session.lock.leave();
}

}  // namespace poolhammer::log
