#include <fmt/format.h>

#include <cstdio>
#include <string>

#include "cli/commands.hpp"
#include "cli/common.hpp"
#include "harness/run/c_program.hpp"
#include "harness/trace/binary.hpp"
#include "harness/trace/file.hpp"
#include "harness/trace/text.hpp"

namespace poolhammer::cli {
namespace {

struct Options {
  std::string file;
  std::string format = "auto";
  std::string as = "text";
  std::string layout;
  bool raw = false;
  bool json = false;
};

[[nodiscard]] std::string json_of(const Trace& trace) {
  nlohmann::ordered_json operations = nlohmann::ordered_json::array();
  for (const Operation& operation : trace.operations) {
    nlohmann::ordered_json step = {{"operation", word(operation.kind)}};
    if (operation.has_slot()) step["slot"] = operation.slot;
    if (operation.has_count()) step["count"] = operation.count;
    if (operation.kind == OperationKind::place) {
      step["placement"] = pymalloc::word(static_cast<pymalloc::Placement>(operation.size));
    } else if (operation.has_size()) {
      step["size"] = operation.size;
    }
    operations.push_back(std::move(step));
  }
  return nlohmann::ordered_json{{"layout", word(trace.layout)}, {"operations", std::move(operations)}}.dump(
             2) +
         "\n";
}

[[nodiscard]] std::string binary_of(const Trace& trace) {
  const std::vector<std::byte> bytes = encode(trace);
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

[[nodiscard]] Exit show(const Options& options) {
  const TraceFormat format = options.raw ? TraceFormat::raw : format_named(options.format);
  TraceFile file = read_trace_file(options.file, format);
  const std::string remark = to_string(file.report);
  if (!remark.empty()) fmt::print(stderr, "{}: {}\n", options.file, remark);
  if (!options.layout.empty()) file.trace.layout = *layout_named(options.layout);
  std::string text;
  if (options.json || options.as == "json") {
    text = json_of(file.trace);
  } else if (options.as == "c") {
    text = to_c_program(file.trace);
  } else if (options.as == "binary") {
    text = binary_of(file.trace);
  } else {
    text = to_text(file.trace);
  }
  (void)std::fwrite(text.data(), 1, text.size(), stdout);
  return Exit::nothing_found;
}

}  // namespace

void add_show(CLI::App& app, Action& action) {
  auto options = std::make_shared<Options>();
  CLI::App* const command =
      app.add_subcommand("show", "print a trace of any known form as text, C, JSON or binary");
  command->add_option("FILE", options->file, "the trace; - is standard input")->required();
  command->add_option("--as", options->as, "text, c, json or binary")
      ->check(CLI::IsMember({"text", "c", "json", "binary"}))
      ->capture_default_str();
  command
      ->add_option("--format", options->format, "auto, binary, text, raw, rep, logalloc, mtrace or valgrind")
      ->capture_default_str();
  command->add_flag("--raw", options->raw, "take any bytes as a fuzzer's input, whatever their header says");
  command
      ->add_option("--layout", options->layout,
                   "note this layout in the trace: classic, aligned16, modern or tiny")
      ->check(CLI::IsMember({"classic", "aligned16", "modern", "tiny"}));
  command->add_flag("--json", options->json, "the same as --as json");
  command->callback([options, &action] { action = [options] { return show(*options); }; });
}

}  // namespace poolhammer::cli
