#include <fmt/format.h>

#include <array>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>

#include "cli/commands.hpp"
#include "cli/common.hpp"
#include "cli/options.hpp"
#include "harness/run/c_program.hpp"
#include "harness/trace/binary.hpp"
#include "harness/trace/file.hpp"
#include "harness/trace/text.hpp"

namespace poolhammer::cli {
namespace {

constexpr std::array<std::string_view, 4> output_forms = {"text", "c", "json", "binary"};

constexpr const char* examples = R"(Examples:
  poolhammer show ls.trace                        one operation a line
  poolhammer show crash-1234 --raw                what a fuzzing engine's input means
  poolhammer show log --as binary > log.trace     a log of another tool, made a trace
  poolhammer show ls.trace --as c > ls.c          a C program that makes the same requests)";

struct Options {
  std::string file;
  InputOptions input;
  std::string as = "text";
  std::string layout;
  bool json = false;
};

[[nodiscard]] std::string json_of(const Trace& trace) {
  nlohmann::ordered_json operations = nlohmann::ordered_json::array();
  for (const Operation& operation : trace.operations) {
    nlohmann::ordered_json step = {{"operation", word(operation.kind)}};
    if (operation.has_slot()) step["slot"] = operation.slot;
    if (operation.has_count()) step["count"] = operation.count;
    if (const Choices choices = choices_of(operation.kind); !choices.words.empty()) {
      step[std::string(choices.key)] = choices.words[static_cast<std::size_t>(operation.size)];
    } else if (operation.has_size()) {
      step["size"] = operation.size;
    }
    operations.push_back(std::move(step));
  }
  return to_text(
      nlohmann::ordered_json{{"layout", word(trace.layout)}, {"operations", std::move(operations)}});
}

[[nodiscard]] std::string binary_of(const Trace& trace) {
  const std::vector<std::byte> bytes = encode(trace);
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

[[nodiscard]] std::string in_form(const Trace& trace, std::string_view form) {
  if (form == "json") return json_of(trace);
  if (form == "c") return to_c_program(trace);
  if (form == "binary") return binary_of(trace);
  return to_text(trace);
}

[[nodiscard]] Exit show(const Options& options) {
  TraceFile file = read_trace_file(options.file, options.input.chosen());
  const std::string remark = to_string(file.report);
  if (!remark.empty()) fmt::print(stderr, "{}: {}\n", shown_name(options.file), remark);
  if (!options.layout.empty()) file.trace.layout = *layout_named(options.layout);
  put(in_form(file.trace, options.json ? "json" : options.as));
  return Exit::nothing_found;
}

}  // namespace

void add_show(CLI::App& app, Action& action) {
  auto options = std::make_shared<Options>();
  CLI::App* const command = app.add_subcommand("show", "print a trace as text, C, JSON or binary");
  command->footer(examples);
  command->add_option("FILE", options->file, "the trace, in any known form; - is standard input")
      ->required()
      ->option_text(" ");
  CLI::Option* const as =
      command
          ->add_option("--as", options->as,
                       fmt::format("the form of the output: {} (default text)", alternatives(output_forms)))
          ->check(one_of(output_forms))
          ->option_text("FORM");
  command->add_flag("--json", options->json, "the same as --as json")->excludes(as);
  add_input_options(*command, options->input);
  add_layout_option(*command, options->layout, "write this layout instead of the trace's own");
  command->callback([options, &action] { action = [options] { return show(*options); }; });
}

}  // namespace poolhammer::cli
