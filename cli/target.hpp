#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "cli/judge.hpp"
#include "cli/options.hpp"
#include "harness/library/comparison.hpp"
#include "harness/run/judgement.hpp"
#include "harness/trace/breadth.hpp"

namespace poolhammer::cli {

/// What a command hammers: a subject in this process, or a library in a process of its own.
class Target {
 public:
  Target() = default;
  Target(const Target&) = delete;
  Target& operator=(const Target&) = delete;
  virtual ~Target() = default;

  /// As the user spells it.
  [[nodiscard]] virtual std::string_view name() const = 0;
  /// The layout that programs for it are best made for.
  [[nodiscard]] virtual LayoutId layout() const { return LayoutId::classic; }
  [[nodiscard]] virtual bool has_domains() const { return false; }
  /// What random programs for it use beyond the plain functions; requests stay below `memory_limit` bytes.
  [[nodiscard]] virtual Breadth breadth(std::uint64_t /*memory_limit*/) { return {}; }
  /// Whether blocks of gigabytes are no more than addresses to it.
  [[nodiscard]] virtual bool reserves() const { return false; }
  /// Whether random programs for it are of every length: then long ones reach what short ones cannot.
  [[nodiscard]] virtual bool varies_lengths() const { return false; }
  /// Whether its memory has an end, so that programs may fill it.
  [[nodiscard]] virtual bool can_be_filled() { return false; }
  /// Whether it ends programs that hang by itself, so that this process goes on.
  [[nodiscard]] virtual bool ends_hangs() const { return false; }
  [[nodiscard]] virtual Judgement judge(const Trace& trace, const RunOptions& options) = 0;

  /// What a program costs on it and on the one that it is compared with.
  struct Costs {
    std::string name;
    std::string other_name;
    library::Cost cost;
    library::Cost other_cost;
    unsigned runs = 0;  ///< each figure is the median of so many
  };
  /// Nothing where there is nothing to compare, or a process died.
  [[nodiscard]] virtual std::optional<Costs> costs(const Trace& /*trace*/, const RunOptions& /*options*/) {
    return std::nullopt;
  }
};

/// A new target. Throws UsageError where there is no such subject or the options do not fit it, InputError
/// for what is no library. `judge` and `options` must outlive it.
[[nodiscard]] std::unique_ptr<Target> target_named(const std::string& name, const Judge& judge,
                                                   const JudgeOptions& options);

}  // namespace poolhammer::cli
