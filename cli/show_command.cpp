#include <fmt/format.h>

#include <array>
#include <cstdio>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cli/commands.hpp"
#include "cli/common.hpp"
#include "cli/options.hpp"
#include "cli/show_picture.hpp"
#include "cli/show_program.hpp"
#include "harness/base/write_file.hpp"
#include "harness/subjects/subject.hpp"
#include "harness/trace/binary.hpp"
#include "harness/trace/file.hpp"
#include "harness/trace/text.hpp"

namespace poolhammer::cli {
namespace {

constexpr std::array<std::string_view, 6> output_forms = {"text", "c", "json", "binary", "svg", "html"};

constexpr const char* show_examples = R"(Examples:
  poolhammer show ls.trace                        one operation a line
  poolhammer show crash-1234 --raw                what a fuzzing engine's input means
  poolhammer show log --as binary > log.trace     a log of another tool, made a trace
  poolhammer show ls.trace --as c > ls.c          a C program that makes the same requests and judges them
  poolhammer show finding-1234.trace --as c --subject pymalloc:tiny > finding.cpp
                                                  a program that looks for what replay finds on that subject
  poolhammer show ls.trace --format svg > ls.svg  a picture of the heap that it leaves; --as svg is the same
  poolhammer show ls.trace --format svg --step 100 --arena 0 --pool 2 > pool.svg
                                                  one pool after 100 operations: header, free list, virgin space
  poolhammer show ls.trace --format html -o ls.html
                                                  a page on which every step can be looked at)";

struct ShowArguments {
  std::string file;
  InputOptions input;
  std::string as = "text";
  std::string layout;
  std::string output = "-";
  PictureOptions picture;
  JudgeOptions judge;
  bool json = false;

  /// The form of the output, where --format names one.
  [[nodiscard]] std::string form() const {
    if (json) return "json";
    return is_picture(input.format) ? input.format : as;
  }
  /// The form of the input: a picture's says nothing about it.
  [[nodiscard]] TraceFormat input_form() const {
    return !input.raw && is_picture(input.format) ? TraceFormat::automatic : input.chosen();
  }
};

[[nodiscard]] std::string json_of(const Trace& trace, std::span<const OwnOperation> own) {
  nlohmann::ordered_json operations = nlohmann::ordered_json::array();
  for (const Operation& operation : trace.operations) {
    nlohmann::ordered_json step = {{"operation", word(operation.kind)}};
    if (operation.has_own()) step["own"] = operation.own;
    if (const OwnOperation* const declaration = declared(operation, own)) step["name"] = declaration->name;
    if (operation.has_slot()) step["slot"] = operation.slot;
    if (operation.has_count()) step["count"] = operation.count;
    if (operation.has_alignment()) step["alignment"] = operation.alignment;
    if (operation.thread != 0) step["thread"] = operation.thread;
    if (operation.context != Context::program)
      step["context"] = context_words[static_cast<std::size_t>(operation.context)];
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

/// The subject that is meant: where none is named, the only one that the user added.
[[nodiscard]] std::string subject_meant(const std::string& named) {
  const std::vector<std::string> adapted = adapted_subjects();
  return named.empty() && adapted.size() == 1 ? adapted.front() : named;
}

/// The words with which `replay` reads the same file.
[[nodiscard]] std::string input_words(TraceFormat format) {
  return format == TraceFormat::automatic ? "" : fmt::format("--format {}", word(format));
}

void deliver(const std::string& text, const std::string& output) {
  if (output == "-") {
    put(text);
  } else {
    write_file(output, text);
  }
}

/// Throws UsageError where an option says nothing of the form.
void demand_for(std::string_view form, const ShowArguments& options) {
  if (is_picture(form)) return;
  const bool c = form == "c";
  // --subject names whose operations these are, too.
  const bool named = !c && own_operations_of(options.picture.subject).empty();
  if (const std::string_view given = options.picture.given();
      !given.empty() && (given != "--subject" || named))
    throw UsageError(fmt::format("{} is an option of pictures: --as svg or --as html", given));
  if (const std::string words = options.judge.replay_options(); !c && !words.empty())
    throw UsageError(fmt::format("{} is of a run: --as c, svg or html", words));
}

[[nodiscard]] std::string in_form(const Trace& trace, std::string_view form, const ShowArguments& options) {
  const std::string subject = subject_meant(options.picture.subject);
  if (form == "json") return json_of(trace, own_operations_of(subject));
  if (form == "c")
    return program_of(trace, subject, options.output == "-" ? options.file : options.output, options.judge);
  if (form == "binary") return binary_of(trace);
  return to_text(trace, own_operations_of(subject));
}

[[nodiscard]] Exit show(const ShowArguments& options) {
  const std::string form = options.form();
  if (is_picture(options.input.format) && (options.json || (options.as != "text" && options.as != form)))
    throw UsageError(fmt::format("--format {} and {} contradict each other", options.input.format,
                                 options.json ? "--json" : "--as " + options.as));
  demand_for(form, options);
  const TraceFormat format = options.input_form();
  TraceFile file = read_trace_file(options.file, format);
  const std::string remark = to_string(file.report);
  if (!remark.empty()) fmt::print(stderr, "{}: {}\n", shown_name(options.file), remark);
  if (!options.layout.empty()) file.trace.layout = *layout_named(options.layout);
  if (is_picture(form)) {
    const Picture picture =
        draw(file.trace, options.file, input_words(format), form, options.picture, options.judge);
    deliver(picture.text, options.output);
    return picture.exit;
  }
  deliver(in_form(file.trace, form, options), options.output);
  return Exit::nothing_found;
}

}  // namespace

void add_show(CLI::App& app, Action& action) {
  auto options = std::make_shared<ShowArguments>();
  CLI::App* const command =
      app.add_subcommand("show", "print a trace as text, C, JSON or binary, or draw its heap");
  command->footer(show_examples);
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
  add_input_options(*command, options->input, picture_forms);
  add_layout_option(*command, options->layout, "write this layout instead of the trace's own");
  command->add_option("-o,--output", options->output, "the file to write (default -: standard output)")
      ->option_text("FILE");
  add_picture_options(*command, options->picture);
  add_judge_options(*command, options->judge);
  command->callback([options, &action] { action = [options] { return show(*options); }; });
}

}  // namespace poolhammer::cli
