#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "cli/commands.hpp"
#include "cli/common.hpp"
#include "cli/interruptions.hpp"
#include "cli/options.hpp"
#include "harness/base/format_error.hpp"
#include "harness/base/write_file.hpp"
#include "harness/contract/baseline.hpp"
#include "harness/contract/report.hpp"
#include "harness/trace/text.hpp"

namespace poolhammer::cli {
namespace {

using namespace poolhammer::contract;

constexpr const char* check_examples = R"(Examples:
  poolhammer check libc                                 the C library's own allocator
  poolhammer check /usr/lib/x86_64-linux-gnu/libjemalloc.so.2
                                                        any library that exports malloc
  poolhammer check libjemalloc.so.2 --only calloc       the clauses whose ids begin with a word
  poolhammer check libc cpython libjemalloc.so.2 --matrix --format html > matrix.html
                                                        all in one table
  poolhammer check libc --write-baseline known.json     accept what is broken today ...
  poolhammer check libc --baseline known.json           ... and fail on what is new

A clause is a promise of ISO C, ISO C++ or POSIX (must), what programs rely on (expected), or a lawful choice that
is reported and never a fault (profile). What is broken is reduced to the shortest C program that shows it, which is
compiled, run and written to the folder of --artifacts.)";

/// The programs of a clause are made before they are run: those of some thousand efforts fill the memory.
constexpr int most_effort = 1000;
constexpr std::uint64_t usual_programs = 200;
constexpr std::uint64_t most_programs = 1'000'000;
constexpr unsigned most_seconds = 1U << 20U;

struct CheckArguments {
  std::vector<std::string> libraries;
  CheckOptions check;
  std::filesystem::path artifacts;  ///< empty: not given
  std::filesystem::path baseline;
  std::filesystem::path write_baseline;
  unsigned timeout_seconds = 20;
  double seconds = 0;  ///< for each library; 0: as usual
  bool json = false;
  bool matrix = false;
  std::string format{matrix_format_words.front()};

  [[nodiscard]] MatrixFormat matrix_format() const {
    const auto* const found = std::find(matrix_format_words.begin(), matrix_format_words.end(), format);
    return static_cast<MatrixFormat>(found - matrix_format_words.begin());
  }
  /// The report is one to read, and comes as things are found.
  [[nodiscard]] bool streams() const { return !json && !matrix; }
  /// Whoever reads a table or JSON finds the programs there.
  [[nodiscard]] bool writes_programs() const { return !artifacts.empty() || streams(); }
};

/// The libraries by their names; "cpython" is its three domains.
[[nodiscard]] std::vector<std::string> names_of(const std::vector<std::string>& libraries) {
  std::vector<std::string> names;
  for (const std::string& name : libraries) {
    if (name != "cpython") {
      names.push_back(name);
      continue;
    }
    for (const char* const domain : {"cpython:raw", "cpython:mem", "cpython:object"})
      names.emplace_back(domain);
  }
  return names;
}

/// "./": what stands before the name of a program.
[[nodiscard]] std::string folder_of(const CheckArguments& options) {
  return ((options.artifacts.empty() ? std::filesystem::path(".") : options.artifacts) / "").string();
}

/// Checks libraries one by one. What is found is reported at once: an interrupt or the end of the time leaves
/// a whole report of what was done.
class CheckRun {
 public:
  explicit CheckRun(const CheckArguments& options) : options_(options) {
    if (!options.baseline.empty()) baseline_ = Known::read(options.baseline);
  }

  [[nodiscard]] Exit run() {
    for (const std::string& name : names_of(options_.libraries)) {
      if (Interruptions::happened()) break;
      // The others are checked all the same.
      try {
        reports_.push_back(report_on(name));
      } catch (const InputError& error) {
        complain(error.what());
        refused_ = true;
        continue;
      }
      if (options_.streams()) put(summary_text(reports_.back()));
    }
    say_what_is_missing();
    put_all();
    if (!options_.write_baseline.empty()) return write_baseline();
    if (refused_) return Exit::bad_input;
    const bool news = std::any_of(reports_.begin(), reports_.end(),
                                  [](const CheckReport& report) { return report.news() > 0; });
    if (news) return Exit::finding;
    hand_out();
    Interruptions::obey();
    return Exit::nothing_found;
  }

 private:
  [[nodiscard]] CheckReport report_on(const std::string& name) {
    progress_.emplace();
    noticed_.clear();
    suspected_.clear();
    const contract::Target target = contract::target_named(name);
    Budget budget(Budget::Seconds(options_.seconds), [] { return Interruptions::happened(); });
    const auto show = [this, &name](double share, std::string_view what) {
      progress_->report(share, fmt::format("{}: {}", name, what));
    };
    CheckReport report{.result = {}, .findings = {}, .version = {}, .healed = {}};
    FindingMaker maker(target, {.time = std::chrono::seconds(options_.timeout_seconds),
                                .forks = options_.check.forks,
                                .budget = &budget});
    CheckOptions check_options = options_.check;
    check_options.time = std::chrono::seconds(options_.timeout_seconds);
    check_options.budget = &budget;
    check_options.progress = show;
    check_options.noticed = [this, &name, &budget](std::string_view clause, const BrokenPromise& broken) {
      notice(fmt::format("{}: {}", name, clause), broken, budget.seconds());
    };
    check_options.suspects = [this, &name](const library::Suspicion& suspicion) { suspect(name, suspicion); };
    check_options.broke = [&](const ClauseResult& clause) { tell(target, clause, maker, report); };
    if (options_.streams() && !reports_.empty()) put("\n");
    report.result = check(target, check_options);
    // Those that came after all directed programs.
    const auto owed = [&maker](const ClauseResult& clause) { return maker.owes(clause); };
    maker.share_rest(static_cast<std::size_t>(std::ranges::count_if(report.result.clauses, owed)));
    for (const ClauseResult& clause : report.result.clauses) {
      if (owed(clause)) tell(target, clause, maker, report);
    }
    std::ranges::stable_sort(report.findings, {}, [&report](const contract::ClauseFinding& finding) {
      return std::ranges::find(report.result.clauses, finding.clause,
                               [](const ClauseResult& clause) { return clause.clause.id; });
    });
    const bool left_out = report.count(ClauseVerdict::untried) > 0 || report.result.random_left > 0;
    if (budget.over(part_for_trying) && left_out)
      report.cut = budget.interrupted() ? "interrupted" : "the time was over";
    report.version = version_of(report.result.file);
    apply(baseline_, report);
    progress_->end_line();
    return report;
  }

  /// A hang is said once: as one that may be, then as one that is.
  void suspect(const std::string& name, const library::Suspicion& suspicion) {
    const std::string what = fmt::format("{}: {}", name, survival);
    if (noticed_.contains(what)) return;
    const bool is_known = !suspected_.insert(suspicion.step).second;
    if (suspicion.went_on) suspected_.erase(suspicion.step);
    if (is_known != suspicion.went_on) return;
    progress_->end_line();
    cli::tell(what, suspicion);
  }

  /// The first way in which a clause is broken is said as soon as it is seen.
  void notice(const std::string& what, const BrokenPromise& broken, double seconds) {
    if (!noticed_.insert(what).second) return;
    progress_->end_line();
    const poolhammer::Finding& finding = broken.finding;
    fmt::print(stderr, "{}: {}: expected {}, found {} ({:.1f} s)\n", what, finding.operation,
               finding.expected, finding.found, seconds);
  }

  void tell(const contract::Target& target, const ClauseResult& clause, FindingMaker& maker,
            CheckReport& report) {
    std::vector<contract::ClauseFinding> made = maker.of(clause);
    if (made.empty()) return;
    std::vector<const contract::ClauseFinding*> all;
    for (contract::ClauseFinding& finding : made) {
      finding.accepted = baseline_.reason(target.library.name, finding.clause);
      write_program(finding);
      all.push_back(&finding);
    }
    if (options_.streams()) {
      progress_->end_line();
      put(broken_text(clause.clause, all, unwritable_ ? "" : folder_of(options_)));
      hand_out();
    }
    std::ranges::move(made, std::back_inserter(report.findings));
  }

  /// A finding is reported also where its program cannot be written.
  void write_program(const contract::ClauseFinding& finding) {
    if (!options_.writes_programs()) return;
    try {
      write_file(folder_of(options_) + finding.name, finding.program.text);
      if (!finding.trace_name.empty())
        write_file(folder_of(options_) + finding.trace_name, to_text(finding.reduction.trace));
    } catch (const InputError& error) {
      if (!unwritable_) complain(error.what());
      unwritable_ = refused_ = true;
    }
  }

  /// A compiler is wanted to run the programs: without one they are reported unproven.
  void say_what_is_missing() const {
    for (const CheckReport& report : reports_) {
      for (const contract::ClauseFinding& finding : report.findings) {
        if (finding.verification.reproduction != Reproduction::no_compiler) continue;
        complain(fmt::format("{0}: not found, so that no program was run (Debian package {1})",
                             finding.program.compiler(), finding.program.cplusplus ? "g++" : "gcc"));
        return;
      }
    }
  }

  void put_all() const {
    if (options_.matrix) {
      put(matrix(reports_, options_.json ? MatrixFormat::json : options_.matrix_format()));
    } else if (options_.json && options_.libraries.size() == 1 && reports_.size() == 1) {
      put(to_text(to_json(reports_.front())));
    } else if (options_.json) {
      put(matrix(reports_, MatrixFormat::json));
    }
  }

  [[nodiscard]] Exit write_baseline() {
    accept(baseline_, reports_);
    baseline_.write(options_.write_baseline);
    return refused_ ? Exit::bad_input : Exit::nothing_found;
  }

  const CheckArguments& options_;
  Interruptions interruptions_;
  Known baseline_;
  std::optional<Progress> progress_;  ///< of the library that is checked
  std::set<std::string> noticed_;     ///< clauses of it that were noticed to be broken
  std::set<std::string> suspected_;   ///< steps of it that may hang
  std::vector<CheckReport> reports_;
  bool refused_ = false;
  bool unwritable_ = false;  ///< the programs cannot be written
};

void add_report_options(CLI::App& command, CheckArguments& options) {
  add_artifacts_option(command, options.artifacts);
  add_json_option(command, options.json, "give the result as JSON");
  CLI::Option* const matrix = command.add_flag("--matrix", options.matrix, "one table of all libraries");
  command
      .add_option("--format", options.format,
                  fmt::format("of the table: {} (default text)", alternatives(matrix_format_words)))
      ->check(one_of(matrix_format_words))
      ->needs(matrix)
      ->option_text("WORD");
  const CLI::Validator named([](const std::string& file) { return file.empty() ? "expected a file" : ""; },
                             std::string());
  command
      .add_option("--baseline", options.baseline,
                  "accept the findings of this file, and fail on new ones alone")
      ->check(named)
      ->option_text("FILE");
  command
      .add_option("--write-baseline", options.write_baseline,
                  "write a file that accepts what is found (and what --baseline does), and exit 0")
      ->check(named)
      ->option_text("FILE");
}

}  // namespace

void add_check(CLI::App& app, Action& action) {
  auto options = std::make_shared<CheckArguments>();
  CLI::App* const command = app.add_subcommand(
      "check", "try what C and POSIX promise of an allocator, clause by clause, on any library");
  command->footer(check_examples);
  command
      ->add_option("LIBRARY", options->libraries,
                   "libc, pymalloc, cpython (or cpython:raw, :mem, :object), or a shared library")
      ->required()
      ->option_text(" ");
  const CLI::Validator clause(
      [](const std::string& word) {
        return contract::names_a_clause(word)
                   ? ""
                   : fmt::format("'{}': no clause has this id, or begins with it", word);
      },
      std::string());
  command
      ->add_option("--only", options->check.only,
                   "the clauses of these ids, or whose ids begin with these words")
      ->check(clause)
      ->delimiter(',')
      ->allow_extra_args(false)
      ->option_text("ID,...");
  command->add_option("--seed", options->check.seed, "which random programs: any number (default 1)")
      ->check(whole_number(0))
      ->option_text("N");
  command
      ->add_option("--effort", options->check.effort,
                   "how many times as many random programs as usual (default 1)")
      ->check(whole_number(1, most_effort))
      ->option_text("N");
  options->check.programs = usual_programs;
  command
      ->add_option("--programs", options->check.programs,
                   fmt::format("random programs after the clauses' own, of 1000 operations each (default {})",
                               usual_programs))
      ->check(whole_number(0, most_programs))
      ->option_text("N");
  add_interesting_option(*command, options->check.interesting);
  add_coalesces_option(*command, options->check.coalesces);
  command
      ->add_option("--timeout", options->timeout_seconds,
                   fmt::format("call a program that runs for longer than so many seconds a hang (default {})",
                               options->timeout_seconds))
      ->check(whole_number(1, most_seconds))
      ->option_text("S");
  command
      ->add_option(
          "--seconds", options->seconds,
          fmt::format("end a library's check after about so many seconds (default: {:.0f}, if it broke "
                      "something)",
                      Budget::usual.count()))
      ->check(duration())
      ->option_text("S");
  command->add_flag_callback(
      "--no-fork-server", [options] { options->check.forks = false; },
      "load the library anew for every process, rather than fork it");
  add_report_options(*command, *options);
  command->callback([options, &action] { action = [options] { return CheckRun(*options).run(); }; });
}

}  // namespace poolhammer::cli
