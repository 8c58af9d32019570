#pragma once

#include <CLI/CLI.hpp>
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "cli/commands.hpp"
#include "cli/options.hpp"
#include "harness/trace/trace.hpp"

namespace poolhammer::cli {

/// The forms in which `show` draws the heap of a trace, where the other forms tell the trace itself.
inline constexpr std::array<std::string_view, 2> picture_forms = {"svg", "html"};
[[nodiscard]] bool is_picture(std::string_view form);

/// What a picture is of.
struct PictureOptions {
  std::string subject;
  std::optional<std::uint64_t> step;
  std::optional<std::uint32_t> arena;
  std::optional<std::uint32_t> pool;
  std::optional<std::uint32_t> block;

  /// The first option that only a picture takes, and that was given: "--step"; empty where there is none.
  [[nodiscard]] std::string_view given() const;
};
void add_picture_options(CLI::App& command, PictureOptions& options);

/// A picture and what was found while it was made.
struct Picture {
  std::string text;
  Exit exit = Exit::nothing_found;
};

/// Runs the trace and draws the heap. `file` is where the trace was read from. Says a finding on standard
/// error. Throws UsageError where the options ask for what there is not.
[[nodiscard]] Picture draw(const Trace& trace, const std::string& file, const std::string& input_words,
                           std::string_view form, const PictureOptions& options, const JudgeOptions& judge);

}  // namespace poolhammer::cli
