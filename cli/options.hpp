#pragma once

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "harness/run/run_options.hpp"
#include "harness/trace/restrict.hpp"
#include "harness/trace/trace.hpp"
#include "harness/trace/trace_format.hpp"

namespace poolhammer::cli {

/// Takes a whole number from `least` to `most`, in decimal digits: a sign, a fraction or a blank is an error.
[[nodiscard]] CLI::Validator whole_number(std::uint64_t least,
                                          std::uint64_t most = std::numeric_limits<std::uint64_t>::max());

/// Takes a number of seconds above 0, with or without a fraction.
[[nodiscard]] CLI::Validator duration();

/// Takes one of `words`, which must outlive the program's command line.
[[nodiscard]] CLI::Validator one_of(std::span<const std::string_view> words);

/// "text, c, json or binary".
[[nodiscard]] std::string alternatives(std::span<const std::string_view> words);

/// How a trace is read: the same options for every command that reads one.
struct InputOptions {
  std::string format{word(TraceFormat::automatic)};
  bool raw = false;

  [[nodiscard]] TraceFormat chosen() const { return raw ? TraceFormat::raw : *trace_format_named(format); }
};
/// `more` are words that --format takes besides, for a command that finds a meaning for them.
void add_input_options(CLI::App& command, InputOptions& options, std::span<const std::string_view> more = {});

/// How a trace is judged: the same options for every command that runs one. The defaults are those of
/// `replay`.
struct JudgeOptions {
  std::uint64_t check_every = 0;
  std::uint64_t memory_limit_mib = 4096;
  Oracles oracles;
  unsigned timeout_seconds = 600;  ///< a trace that runs longer hangs, which is a finding; 0: none does
  std::string against = {};        ///< the subject to compare with in lockstep; empty: the oracles judge
  bool placements = false;         ///< compare where blocks lie, too
  std::vector<std::string> accepted = {};  ///< clauses that are known to be broken
  bool coalesces = false;                  ///< what is hammered is said to: see CoalescedRoom
  // Of libraries, see library::LibraryOptions.
  unsigned threads = 1;
  bool at_once = false;
  std::uint64_t schedule = 1;
  std::uint64_t resident_limit_mib = 2048;
  bool fresh_each = false;            ///< no program finds a process in which another ran
  bool less_time_after_hang = false;  ///< see library::LibraryOptions
  unsigned part_of_time = 1;          ///< a program gets this part of the time after which it hangs

  [[nodiscard]] std::chrono::milliseconds time() const {
    return std::chrono::milliseconds(std::chrono::seconds(timeout_seconds)) / part_of_time;
  }

  /// Sets what a run takes from these.
  void apply(RunOptions& options) const;
  /// The words with which `replay` judges alike; empty where it does so without any.
  [[nodiscard]] std::string replay_options() const;
};
void add_judge_options(CLI::App& command, JudgeOptions& options);

/// Adds --without and --sizes: what random programs do without.
void add_restriction_options(CLI::App& command, Restriction& restriction);
/// The words that restrict so; empty where nothing is left out.
[[nodiscard]] std::string to_words(const Restriction& restriction);

/// Adds --interesting, which takes one size each time it is given.
void add_interesting_option(CLI::App& command, std::vector<std::uint64_t>& sizes);

/// A trace's file as messages show it.
[[nodiscard]] std::string shown_name(const std::string& file);

/// Adds --layout, which stays `layout` where it is not given.
void add_layout_option(CLI::App& command, std::string& layout, const std::string& meaning);

/// FILE...: at least one trace or folder of traces.
void add_files_option(CLI::App& command, std::vector<std::string>& files);

/// Adds --coalesces, which says so of what is tested.
void add_coalesces_option(CLI::App& command, bool& coalesces);

/// Adds --subject, which takes one name each time it is given.
void add_subject_option(CLI::App& command, std::vector<std::string>& subjects, const std::string& meaning);

/// Adds --artifacts: the folder, which must exist, for what a finding leaves.
void add_artifacts_option(CLI::App& command, std::filesystem::path& folder);

void add_json_option(CLI::App& command, bool& json, const std::string& meaning);

}  // namespace poolhammer::cli
