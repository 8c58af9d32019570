#include "cli/target.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "cli/commands.hpp"
#include "cli/common.hpp"
#include "harness/library/library.hpp"
#include "harness/trace/machine.hpp"

namespace poolhammer::cli {
namespace {

class SubjectTarget final : public Target {
 public:
  SubjectTarget(const std::string& name, const Judge& judge, bool coalesces)
      : subject_(subject_named(name)), judge_(judge), coalesces_(coalesces || subject_->coalesces()) {
    judge.demand_comparable(*subject_);
  }

  [[nodiscard]] std::string_view name() const override { return subject_->name(); }
  [[nodiscard]] LayoutId layout() const override { return subject_->layout(); }
  [[nodiscard]] bool has_domains() const override { return subject_->has_domains(); }
  [[nodiscard]] bool reserves() const override {
    return subject_->reserves_from() <= std::uint64_t{1} << 31U;
  }
  [[nodiscard]] bool varies_lengths() const override { return !adapted(); }
  [[nodiscard]] Breadth breadth(std::uint64_t /*memory_limit*/) override {
    return {.functions = {}, .own = subject_->own_operations(), .coalesces = coalesces_};
  }
  /// An allocator of the user's: one without an end is filled up to a bound.
  [[nodiscard]] bool can_be_filled() override { return adapted(); }
  [[nodiscard]] Judgement judge(const Trace& trace, const RunOptions& options) override {
    return {judge_.judge(trace, *subject_, options), std::nullopt, "", true};
  }

 private:
  [[nodiscard]] bool adapted() const {
    const std::vector<std::string> names = adapted_subjects();
    return std::ranges::find(names, subject_->name()) != names.end();
  }

  std::unique_ptr<Subject> subject_;
  const Judge& judge_;
  bool coalesces_;
};

[[nodiscard]] library::LibraryOptions library_options(const std::string& name, const JudgeOptions& options) {
  return {
      .time = options.time(),
      .less_time_after_hang = options.less_time_after_hang,
      .resident_bytes = static_cast<std::size_t>(std::min(options.resident_limit_mib << 20U, largest_size)),
      .threads = options.threads,
      .at_once = options.at_once,
      .schedule = options.schedule,
      .forks = options.fresh_each,
      .suspects = [name](const library::Suspicion& suspicion) { tell(name, suspicion); }};
}

class LibraryTarget final : public Target {
 public:
  LibraryTarget(const std::string& name, const JudgeOptions& options)
      : runner_(library::library_named(name), library_options(name, options)),
        threads_(options.threads),
        coalesces_(options.coalesces),
        fresh_each_(options.fresh_each) {
    // Every command judges by the same knowledge.
    (void)runner_.learned();
    if (options.against.empty()) return;
    // The C library of a process of its own, too.
    const std::string other = options.against == "libc" ? "lib:libc.so.6" : options.against;
    other_ = std::make_unique<library::LibraryRunner>(library::library_named(other),
                                                      library_options(other, options));
  }

  [[nodiscard]] std::string_view name() const override { return runner_.name(); }
  [[nodiscard]] bool ends_hangs() const override { return true; }
  [[nodiscard]] bool can_be_filled() override { return runner_.learned().bounded; }
  [[nodiscard]] Breadth breadth(std::uint64_t memory_limit) override {
    // Threads that the user asked for are dealt out by the runner, or run at the same time.
    Breadth breadth = runner_.breadth(memory_limit, threads_ == 1);
    breadth.coalesces = coalesces_;
    return breadth;
  }

  [[nodiscard]] Judgement judge(const Trace& trace, const RunOptions& options) override {
    if (fresh_each_) runner_.renew();
    if (other_ == nullptr) return runner_.run(trace, options);
    if (fresh_each_) other_->renew();
    return library::compare(trace, runner_, *other_, options).judgement;
  }

  [[nodiscard]] std::optional<Costs> costs(const Trace& trace, const RunOptions& options) override {
    if (other_ == nullptr) return std::nullopt;
    constexpr unsigned runs = 5;
    const auto mine = measure_median(trace, runner_, options, runs);
    const auto others = measure_median(trace, *other_, options, runs);
    if (mine.finding || others.finding) return std::nullopt;
    return Costs{std::string(runner_.name()), std::string(other_->name()), mine.cost, others.cost, runs};
  }

 private:
  library::LibraryRunner runner_;
  unsigned threads_;
  bool coalesces_;
  bool fresh_each_;
  std::unique_ptr<library::LibraryRunner> other_;  ///< null: nothing to compare with
};

}  // namespace

std::unique_ptr<Target> target_named(const std::string& name, const Judge& judge,
                                     const JudgeOptions& options) {
  const bool other_is_library = library::names_library(options.against);
  if (library::names_library(name)) {
    if (!options.against.empty() && !other_is_library && options.against != "libc")
      throw UsageError(fmt::format("--against: {} can be compared with another lib:..., or libc", name));
    if (options.at_once && !options.against.empty())
      throw UsageError("--at-once: what threads do at the same time cannot be compared");
    if (options.placements)
      throw UsageError(fmt::format("--placements: {} does not show its placements", name));
    return std::make_unique<LibraryTarget>(name, options);
  }
  if (other_is_library)
    throw UsageError("--against: a library can only be compared with another: --subject lib:...");
  if (options.threads != 1)
    throw UsageError(fmt::format("--threads: only a library can be run by threads, not {}", name));
  return std::make_unique<SubjectTarget>(name, judge, options.coalesces);
}

}  // namespace poolhammer::cli
