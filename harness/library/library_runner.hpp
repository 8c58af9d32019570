#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "harness/library/board.hpp"
#include "harness/library/learned.hpp"
#include "harness/process/worker.hpp"
#include "harness/run/judgement.hpp"
#include "harness/trace/breadth.hpp"

namespace poolhammer::library {

/// How programs are run on a library.
struct LibraryOptions {
  std::chrono::milliseconds time = std::chrono::seconds(60);  ///< longer is a hang; 0: nothing is
  /// Whether each hang, which cost all of `time`, quarters what later programs get, down to a sixteenth.
  bool less_time_after_hang = false;
  /// More resident memory than this and four times what the program asks for is an explosion. (The worker's
  /// own memory, which grows with the program, is allowed besides.)
  std::size_t resident_bytes = std::size_t{2} << 30U;
  /// The calls are performed by so many threads; at most most_threads.
  unsigned threads = 1;
  /// The program is cut into as many parts as there are threads, and these run at the same time. Else one
  /// thread at a time performs a call of the one program, and `schedule` says which.
  bool at_once = false;
  std::uint64_t schedule = 1;
  bool observe = false;     ///< note what can be seen from outside, for features(); not of threads at once
  std::string module = {};  ///< the file whose functions are called; empty: the library itself
  /// Symbols in place of the functions' own; empty: those that the standards name. Only these are called
  /// then, and what the standards alone promise (errno, EINVAL) is not asked.
  std::vector<std::pair<Function, std::string>> symbols = {};
  bool any_functions = false;  ///< without malloc, calloc, realloc and free of its own, it is not refused
  /// Asked while a program runs; true ends it: see GivenUp.
  std::function<bool()> give_up = {};
};

/// Thrown where a program was given up before its end: nothing is known of it.
class GivenUp : public std::runtime_error {
 public:
  GivenUp() : std::runtime_error("given up") {}
};

/// What running a program without a judge costs.
struct Cost {
  std::chrono::nanoseconds time{};
  std::uint64_t operations = 0;
  std::uint64_t peak_resident = 0;   ///< bytes, above what the process held before
  std::uint64_t resident_after = 0;  ///< the same, when every block is freed
};

/// Runs programs on a library in a worker, which is kept from one program to the next; after a finding a
/// fresh one is started. Whatever the library does to its process, this one lives on.
class LibraryRunner {
 public:
  /// Starts a worker. Throws InputError where the file is no library or has no allocator of its own, and
  /// std::runtime_error where no worker can be started. That the library ends its process as it is loaded, or
  /// hangs then, is a finding of the first program.
  LibraryRunner(Library library, const LibraryOptions& options);
  LibraryRunner(const LibraryRunner&) = delete;
  LibraryRunner& operator=(const LibraryRunner&) = delete;
  ~LibraryRunner();

  [[nodiscard]] std::string_view name() const { return library_.name; }
  /// Whether the library has the function itself.
  [[nodiscard]] bool has(OperationKind function) const {
    return present_[static_cast<std::size_t>(function)];
  }

  /// What the library shows of itself; it is asked once.
  [[nodiscard]] const Learned& learned();
  /// What random programs for the library use, with threads or without: the edges of its classes, sizes up to
  /// half of the memory limit, and where a block takes no memory before it is written to, larger ones.
  [[nodiscard]] Breadth breadth(std::uint64_t memory_limit, bool threads);

  /// Runs `trace`. A finding of a process that ran other programs before is looked for again in a fresh one.
  /// Of `options` a worker knows contents, the oracle shadow, check_every, drain and memory_limit; progress
  /// is reported now and then, where it is asked for.
  [[nodiscard]] Judgement run(const Trace& trace, const RunOptions& options);

  /// Runs `trace` in the process that is there, and says what is found, and how it was performed. A process
  /// that lives on serves the next program, also where something was found. Nothing is looked for again.
  struct Performed {
    Verdict verdict;
    std::span<const StepRecord> records;  ///< of the steps, until the next program
    /// How the process ended, and the first line that it wrote, which is where allocators say why they abort;
    /// empty where it lives on.
    std::string death = {};
    bool killed = false;                   ///< by SIGKILL, which this program did not send
    std::optional<Function> died_in = {};  ///< the library's function that it was in, where one is known
  };
  [[nodiscard]] Performed perform(const Trace& trace, const RunOptions& options);
  /// How long a program may take from now on.
  [[nodiscard]] std::chrono::milliseconds time_limit() const { return options_.time; }
  void limit_time(std::chrono::milliseconds time) { options_.time = time; }
  /// Whether the library ended its process as it was loaded: the next program will tell.
  [[nodiscard]] bool ends_at_start() const { return end_at_start_.has_value(); }
  /// The file that its functions lie in, as the loader names it.
  [[nodiscard]] std::string file() const { return head().reason.data(); }

  /// Runs `trace` with an answer for every operation: 0 where NULL or nothing was given, else 1 and
  /// the block's usable bytes. A finding is not looked for again.
  struct Answers {
    Verdict verdict;
    std::vector<std::uint64_t> answers;
  };
  [[nodiscard]] Answers run_for_answers(const Trace& trace, const RunOptions& options);
  /// Whether the next program is the first of its process; renew() makes it so.
  [[nodiscard]] bool is_fresh() const { return worker_ != nullptr && turns_ == 0; }
  void renew();

  /// Runs `trace` bare in a fresh worker. A finding where its process dies.
  struct Measured {
    std::optional<Finding> finding;
    Cost cost;
  };
  [[nodiscard]] Measured measure(const Trace& trace, const RunOptions& options);

  /// What the last program looked like from outside, and, where the library is instrumented, which edges it
  /// took; both empty where its process died.
  [[nodiscard]] std::span<const std::uint8_t> features() const;
  [[nodiscard]] std::span<const std::uint8_t> coverage() const;

  /// Processes started so far.
  [[nodiscard]] std::uint64_t workers() const { return workers_; }

 private:
  void start(std::size_t operations);
  [[nodiscard]] std::optional<ProcessEnd> wait_for_turn(std::uint32_t turn, const ProcessLimits& limits,
                                                        const RunOptions& options);
  [[nodiscard]] std::uint64_t steps_done() const;
  [[nodiscard]] std::optional<ProcessEnd> take_turn(const Trace& trace, const RunOptions& options, Task task,
                                                    bool drop_empty);
  [[nodiscard]] ProcessLimits limits_for(const Trace& trace, const RunOptions& options) const;
  [[nodiscard]] Verdict run_once(const Trace& trace, const RunOptions& options, bool drop_empty = false);
  [[nodiscard]] Verdict judge(const Trace& trace, const RunOptions& options,
                              const std::optional<ProcessEnd>& end);
  [[nodiscard]] Verdict judge_parts(const Trace& trace, const RunOptions& options,
                                    const std::optional<ProcessEnd>& end);
  [[nodiscard]] Verdict dead(const ProcessEnd& end, const Trace& trace) const;
  [[nodiscard]] Judgement confirmed(const Trace& trace, const RunOptions& options, Verdict first,
                                    const Trace& history);
  [[nodiscard]] Finding death(const ProcessEnd& end, const Trace& trace) const;
  void remember(const Trace& trace);
  [[nodiscard]] Head& head() const { return *reinterpret_cast<Head*>(memory_->bytes().data()); }

  Library library_;
  LibraryOptions options_;
  std::chrono::milliseconds least_time_;
  std::unique_ptr<SharedMemory> memory_;
  std::unique_ptr<ChildProcess> worker_;    ///< null: the last one ended
  std::optional<ProcessEnd> end_at_start_;  ///< of the worker, where it came to no program
  std::optional<ProcessEnd> last_end_;      ///< of the worker in the last program
  std::uint32_t turns_ = 0;                 ///< that the worker was asked for
  Trace history_;                           ///< all that this worker ran, one program behind the other
  std::uint64_t programs_ = 0;              ///< of the history
  bool retired_ = false;                    ///< the worker ran so much that its history is not kept
  std::uint64_t workers_ = 0;
  std::array<bool, functions> present_{};
  std::optional<Learned> learned_;
  std::vector<std::uint8_t> features_;
};

}  // namespace poolhammer::library
