#include "cli/show_picture.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <memory>

#include "cli/common.hpp"
#include "cli/options.hpp"
#include "harness/picture/page.hpp"
#include "harness/picture/svg.hpp"
#include "harness/report/crash_reporter.hpp"
#include "harness/trace/machine.hpp"
#include "harness/trace/text.hpp"

namespace poolhammer::cli {
namespace {

template <class Number>
CLI::Option* add_number(CLI::App& command, const char* name, std::optional<Number>& number,
                        const char* meaning) {
  return command
      .add_option_function<Number>(
          name, [&number](const Number& given) { number = given; }, meaning)
      ->check(whole_number(0, std::numeric_limits<std::uint32_t>::max()))
      ->option_text("N")
      ->group("Of pictures (svg, html)");
}

/// The subject, which must show its inside. Throws UsageError where it does not.
[[nodiscard]] std::unique_ptr<Subject> shown_subject(const std::string& name) {
  std::unique_ptr<Subject> subject = subject_named(name);
  if (subject->view() == nullptr || !subject->view()->shows_arenas())
    throw UsageError(fmt::format("--subject: {} does not show its heap; pymalloc:... do", name));
  return subject;
}

[[nodiscard]] std::string moment(const Trace& trace, const Playback& playback) {
  const std::size_t done = playback.steps_done();
  if (done == 0) return fmt::format("before the first of {}", counted(trace.operations.size(), "operation"));
  return fmt::format("after operation {} of {}: {}", done, trace.operations.size(),
                     to_text(trace.operations[done - 1]));
}

/// The picture that the options choose. Throws UsageError where the heap does not have it.
[[nodiscard]] std::string chosen_svg(const Scene& scene, const PictureOptions& options) {
  if (!options.arena && !options.pool) return heap_svg(scene);
  const std::uint32_t arena = options.arena.value_or(0);
  const ArenaSnapshot* const found = find_arena(scene.snapshot, arena);
  if (found == nullptr)
    throw UsageError(fmt::format("--arena: there is no arena {} {}", arena, scene.moment));
  if (!options.pool) return arena_svg(scene, arena);
  const PoolSnapshot* const pool = find_pool(scene.snapshot, {arena, *options.pool});
  if (pool == nullptr)
    throw UsageError(fmt::format("--pool: arena {} has pools 0 to {}, not {}", arena, found->pools.size() - 1,
                                 *options.pool));
  if (!options.block) return pool_svg(scene, pool->name);
  if (*options.block >= pool->capacity)
    throw UsageError(fmt::format("--block: pool {} of arena {} has {} {}", *options.pool, arena,
                                 counted(pool->capacity, "block"), scene.moment));
  return block_svg(scene, pool->name, *options.block);
}

[[nodiscard]] std::string svg_of(const Trace& trace, Playback& playback, const PictureOptions& options) {
  const std::uint64_t last = options.step.value_or(trace.operations.size());
  while (playback.steps_done() < last && playback.step()) {
  }
  Scene scene{take_snapshot(playback.subject(), playback.held()), std::string(playback.subject().name()),
              moment(trace, playback), playback.finding()};
  if (!options.step && !playback.finding()) {
    const bool alive = playback.finish();
    scene.finding = playback.finding();
    if (alive && scene.finding) scene.snapshot = take_snapshot(playback.subject(), playback.held());
  }
  return chosen_svg(scene, options);
}

}  // namespace

std::string_view PictureOptions::given() const {
  if (step) return "--step";
  if (arena) return "--arena";
  if (pool) return "--pool";
  return subject.empty() ? "" : "--subject";
}

bool is_picture(std::string_view form) {
  return std::find(picture_forms.begin(), picture_forms.end(), form) != picture_forms.end();
}

void add_picture_options(CLI::App& command, PictureOptions& options) {
  command
      .add_option(
          "--subject", options.subject,
          "whose heap is drawn (default: pymalloc of the trace's layout), or whom a program calls (the "
          "C library)")
      ->option_text("NAME");
  add_number(command, "--step", options.step,
             "the heap after so many operations (default: all); a page begins there");
  add_number(command, "--arena", options.arena, "svg: this arena alone");
  CLI::Option* const pool =
      add_number(command, "--pool", options.pool, "svg: this pool of the arena (default: of arena 0)");
  add_number(command, "--block", options.block, "svg: this block of the pool")->needs(pool);
}

Picture draw(const Trace& trace, const std::string& file, const std::string& input_words,
             std::string_view form, const PictureOptions& options, const JudgeOptions& judge) {
  const std::unique_ptr<Subject> subject =
      shown_subject(options.subject.empty() ? home_subject(trace.layout) : options.subject);
  if (options.step && *options.step > trace.operations.size())
    throw UsageError(fmt::format("--step: the trace has {}, not {}",
                                 counted(trace.operations.size(), "operation"), *options.step));
  if (form == "html" && (options.arena || options.pool))
    throw UsageError("--arena, --pool and --block choose an svg; a page shows them all");
  RunOptions run;
  judge.apply(run);
  std::string words = input_words;
  if (const std::string more = judge.replay_options(); !more.empty())
    words += (words.empty() ? "" : " ") + more;
  const std::string command = replay_command(file, subject->name(), words);
  // A heap may be so wrong that the process dies of it: then the command tells more.
  CrashReporter crash_reporter{""};
  crash_reporter.about_file(command);
  Playback playback(trace, *subject, run);
  Picture picture;
  if (form == "html") {
    const std::string show = fmt::format("poolhammer show {}{}{} --as c", shell_word(file),
                                         input_words.empty() ? "" : " ", input_words);
    picture.text = to_page(trace, playback,
                           {shown_name(file), command, show,
                            static_cast<std::size_t>(
                                std::min(options.step.value_or(trace.operations.size() + 1), largest_size))});
  } else {
    picture.text = svg_of(trace, playback, options);
  }
  crash_reporter.nothing();
  if (playback.finding()) {
    fmt::print(stderr, "{}{}\n", to_string(*playback.finding()), command);
    picture.exit = Exit::finding;
  }
  return picture;
}

}  // namespace poolhammer::cli
