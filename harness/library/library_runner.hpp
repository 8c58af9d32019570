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
#include "harness/library/library_worker.hpp"
#include "harness/run/judgement.hpp"
#include "harness/trace/breadth.hpp"

namespace poolhammer::library {

/// What is reported of a program that has taken much longer than all before it, and may hang.
struct Suspicion {
  std::chrono::milliseconds taken{};  ///< as a hang is measured: see HangWatch
  std::chrono::milliseconds usual{};  ///< that no program took more of so far
  std::chrono::milliseconds limit{};  ///< a hang is one that takes so long
  bool went_on = false;               ///< it came to its end after it was reported: it was slow and no more
  std::string step = {};              ///< that has not ended, as a finding would name it
  std::string inside = {};            ///< where the process is: "in malloc"
  std::vector<std::string> before = {};  ///< the last steps before it, a few at most
  std::size_t steps = 0;                 ///< how many there were before it
  std::uint64_t programs = 0;            ///< that ran in the process before
};

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
  /// Whether a fresh process may be one that a worker forked, which saves loading the library again. A
  /// library that is no good in such a process is not accused of it: see run() and confirms(). Not of threads
  /// at once, whose findings need not show again.
  bool forks = false;
  std::chrono::milliseconds fork_patience = ForkServer::usual_patience;  ///< see ForkServer
  /// Told at most once of each program, while it runs: nobody is accused for it. Told again where it went on.
  std::function<void(const Suspicion&)> suspects = {};
  /// No program that took less is suspected.
  std::chrono::milliseconds suspect_after = std::chrono::seconds(2);
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

  [[nodiscard]] std::string_view name() const { return setup_.library.name; }
  /// Whether the library has the function itself.
  [[nodiscard]] bool has(OperationKind function) const {
    return present_[static_cast<std::size_t>(function)];
  }

  /// What the library shows of itself; it is asked once.
  [[nodiscard]] const Learned& learned();
  /// What random programs for the library use: the edges of its classes, sizes up to half of the memory
  /// limit, and where a block takes no memory before it is written to, larger ones; with threads also these,
  /// signal handlers and children of the process.
  [[nodiscard]] Breadth breadth(std::uint64_t memory_limit, bool threads);

  /// Whether an act of many calls has ended because its time was over: nothing is said of such an act.
  [[nodiscard]] bool is_slow() const { return slow_; }

  /// Runs `trace`. A finding of a process that ran other programs before is looked for again in a fresh one,
  /// and so is that of a process that was forked; the fresh one loads the library itself. What a forked one
  /// alone shows is no finding, and there are no such processes from then on.
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
  /// Whether what perform() found last, in `trace` after the programs `before`, may be reported. A finding of
  /// a forked process is looked for in one that loads the library itself, alone and after these programs.
  /// Where it does not show, no process is forked from then on, and the next program gets a fresh one.
  [[nodiscard]] bool confirms(const Finding& finding, std::span<const Trace> before, const Trace& trace,
                              const RunOptions& options);
  /// Whether the next fresh process may be forked; see LibraryOptions::forks, without which it never is.
  [[nodiscard]] bool may_fork() const { return forks_ && !loads_each_; }
  /// Every process loads the library itself from now on, or may be forked again. The one that is there stays.
  void load_each(bool each) { loads_each_ = each; }
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
  /// Whether there is a process, and the next program is its first; renew() makes it so.
  [[nodiscard]] bool is_fresh() const { return goes_on() && worker_->turns() == 0; }
  /// Whether the next program runs in the process that is there.
  [[nodiscard]] bool goes_on() const { return worker_ != nullptr && worker_->lives() && !holds_blocks(); }
  void renew();

  /// Runs `trace` bare in a process that was just started. A finding where it dies.
  struct Measured {
    std::optional<Finding> finding;
    Cost cost;
  };
  [[nodiscard]] Measured measure(const Trace& trace, const RunOptions& options);

  /// What the last program looked like from outside, and, where the library is instrumented, which edges it
  /// took; both empty where its process died.
  [[nodiscard]] std::span<const std::uint8_t> features() const;
  [[nodiscard]] std::span<const std::uint8_t> coverage() const;
  /// The constants that the library's process compared something with so far, ascending; empty where it died,
  /// or the library does not tell.
  [[nodiscard]] std::span<const std::uint64_t> constants() const;

  /// Processes that were there for programs so far, and how many of them loaded the library themselves.
  [[nodiscard]] std::uint64_t workers() const { return workers_; }
  [[nodiscard]] std::uint64_t loads() const { return loads_; }
  /// Findings that forked processes alone showed, and that were dropped therefore.
  [[nodiscard]] std::uint64_t dropped() const { return dropped_; }

 private:
  /// Makes the process fresh; a large one only where a program needs the room.
  void start_fresh(std::size_t operations);
  void start(std::size_t operations, bool forks);
  [[nodiscard]] bool fork();
  void leave_worker();
  void begin_history();
  void demand_functions();
  [[nodiscard]] ProcessLimits limits_at_start() const;
  void note_hang(const ProcessEnd& end);
  /// `trace` is what the worker performs in the turn; null where it loads the library.
  [[nodiscard]] std::optional<ProcessEnd> wait_for_turn(std::uint32_t turn, const ProcessLimits& limits,
                                                        const RunOptions& options, const Trace* trace);
  void suspect(const ProcessLimits& limits, const Trace* trace, std::optional<Suspicion>& told) const;
  [[nodiscard]] std::uint64_t steps_done() const;
  [[nodiscard]] std::uint64_t calls_made() const;
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
  [[nodiscard]] Verdict run_in_loaded(std::span<const Trace> before, const Trace& trace,
                                      const RunOptions& options, bool may_hang);
  /// What a forked process showed, one that loaded the library did not.
  void drop_finding();
  /// Where a process is in a program.
  struct Whereabouts {
    std::size_t thread = 0;
    std::size_t step = 0;
    unsigned inside = 0;  ///< the function's number and one; 0: in none of the library's
  };
  [[nodiscard]] Whereabouts whereabouts(const Trace& trace) const;
  [[nodiscard]] std::string words_for(const Whereabouts& place) const;
  [[nodiscard]] static std::string step_at(const Whereabouts& place, const Trace& trace);
  [[nodiscard]] Finding death(const ProcessEnd& end, const Trace& trace) const;
  void remember(const Trace& trace);
  [[nodiscard]] Head& head() const { return worker_->head(); }
  /// Whether an act left blocks in the process, so that the next program would be judged unjustly there.
  [[nodiscard]] bool holds_blocks() const;

  LibraryOptions options_;
  WorkerSetup setup_;
  std::chrono::milliseconds least_time_;
  std::unique_ptr<LibraryWorker> worker_;   ///< the last one, which may have ended
  std::unique_ptr<LibraryWorker> server_;   ///< one that forks, while another is the worker; null: none
  std::optional<ProcessEnd> end_at_start_;  ///< of the worker, where it came to no program
  std::optional<ProcessEnd> last_end_;      ///< of the worker in the last program
  bool slow_ = false;
  std::chrono::milliseconds last_time_{};  ///< that the last program had
  bool forks_;                             ///< nothing was seen that speaks against forked processes
  bool loads_each_ = false;                ///< none is wanted
  Trace history_;                          ///< all that this process ran, one program after the other
  std::uint64_t programs_ = 0;             ///< of the history
  bool retired_ = false;                   ///< the process ran so much that its history is not kept
  std::uint64_t workers_ = 0;
  std::uint64_t loads_ = 0;
  std::uint64_t dropped_ = 0;
  std::chrono::milliseconds longest_{};  ///< that a program took which came to its end
  std::array<bool, functions> present_{};
  std::optional<Learned> learned_;
  std::vector<std::uint8_t> features_;
};

}  // namespace poolhammer::library
