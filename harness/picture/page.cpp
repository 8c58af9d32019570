#include "harness/picture/page.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "harness/base/format_error.hpp"
#include "harness/c_program/c_program.hpp"
#include "harness/picture/assets.hpp"
#include "harness/picture/heap_record.hpp"
#include "harness/picture/place_words.hpp"
#include "harness/report/finding_json.hpp"
#include "harness/trace/text.hpp"

namespace poolhammer {
namespace {

using Json = nlohmann::ordered_json;

[[nodiscard]] std::string base64(std::string_view bytes) {
  constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::uint32_t group = 0;
    for (std::size_t j = 0; j < 3; ++j)
      group = group << 8U | (i + j < bytes.size() ? static_cast<unsigned char>(bytes[i + j]) : 0U);
    for (std::size_t j = 0; j < 4; ++j)
      text += i + j <= bytes.size() ? digits[group >> (18U - 6 * j) & 63U] : '=';
  }
  return text;
}

/// Text that may stand in a script element: nothing in it ends the element.
[[nodiscard]] std::string in_script(const Json& json) {
  std::string text;
  for (const char c : json.dump(-1, ' ', true, Json::error_handler_t::replace)) {
    if (c == '<') {
      text += "\\u003c";
    } else {
      text += c;
    }
  }
  return text;
}

template <class Number>
[[nodiscard]] Json or_null(const std::optional<Number>& number) {
  return number ? Json(*number) : Json(nullptr);
}

[[nodiscard]] Json to_json_of_page(const Finding& finding, std::size_t state) {
  const pymalloc::Location place = location_in(finding.where);
  Json json = to_json(finding);
  json["state"] = state;
  json["arena"] = or_null(place.arena);
  json["pool"] = or_null(place.pool);
  json["block"] = or_null(place.block);
  json["sizeClass"] = or_null(place.size_class);
  return json;
}

[[nodiscard]] Json to_json(const ModelLayout& layout, std::uint32_t most_blocks) {
  return {{"name", layout.name},
          {"alignment", layout.alignment},
          {"poolSize", layout.pool_size},
          {"arenaSize", layout.arena_size},
          {"overhead", layout.overhead()},
          {"classes", layout.classes()},
          {"poolsPerArena", layout.pools_per_arena()},
          {"mostBlocks", most_blocks}};
}

/// A recording of a whole run.
class Recording {
 public:
  Recording(const Trace& trace, Playback& playback, const PageWords& words)
      : trace_(trace), playback_(playback), words_(words), record_(playback.subject()) {
    check_every_ = std::max<std::size_t>(1, trace.operations.size() / checks);
    while (playback.step()) add_step();
    finish();
  }

  [[nodiscard]] const HeapRecord& record() const { return record_; }
  [[nodiscard]] std::size_t states() const { return states_; }
  [[nodiscard]] const Json& checksums() const { return checksums_; }

 private:
  static constexpr std::size_t checks = 64;

  void add_step() {
    const bool guilty = playback_.finding().has_value();
    record_.add(playback_.last(), playback_.held(), guilty);
    ++states_;
    if (guilty || states_ % check_every_ == 0) note_checksum();
    if (record_.bytes().size() <= words_.most_record_bytes) return;
    throw InputError(fmt::format(
        "{}: expected a trace whose page is not over {} MiB, found that many at operation {} of {}; "
        "--as svg --step N shows one step",
        words_.file, words_.most_record_bytes >> 20U, playback_.steps_done(), trace_.operations.size()));
  }

  /// A finding behind the last step has a state of its own where the heap is still there.
  void finish() {
    if (playback_.finding()) return;
    const bool alive = playback_.finish();
    if (!alive || !playback_.finding()) return;
    record_.add_all(playback_.held());
    ++states_;
    note_checksum();
  }

  void note_checksum() {
    checksums_.push_back({states_, checksum(take_snapshot(playback_.subject(), playback_.held()))});
  }

  const Trace& trace_;
  Playback& playback_;
  const PageWords& words_;
  HeapRecord record_;
  std::size_t check_every_ = 1;
  std::size_t states_ = 0;  ///< behind the first, which is the empty heap
  Json checksums_ = Json::array();
};

[[nodiscard]] Trace performed(const Trace& trace, std::size_t steps) {
  Trace part{trace.layout, {}};
  part.operations.assign(trace.operations.begin(),
                         trace.operations.begin() + static_cast<std::ptrdiff_t>(steps));
  return part;
}

}  // namespace

std::string to_page(const Trace& trace, Playback& playback, const PageWords& words) {
  Subject& subject = playback.subject();
  const ModelLayout layout = subject.view()->layout();
  const std::string name(subject.name());
  const std::uintptr_t origin = subject.origin();
  const Recording recording(trace, playback, words);
  const Trace played = performed(trace, playback.steps_done());
  std::string program = c_program(played).text;
  if (program.size() > most_program_bytes) program.clear();
  const Json facts = {
      {"file", words.file},
      {"subject", name},
      {"origin", origin},
      {"layout", to_json(layout, recording.record().most_blocks())},
      {"operations", trace.operations.size()},
      {"steps", playback.steps_done()},
      {"states", recording.states()},
      {"opensAt", std::min(words.opens_at, recording.states())},
      {"finding",
       playback.finding() ? to_json_of_page(*playback.finding(), recording.states()) : Json(nullptr)},
      {"replayCommand", words.replay_command},
      {"showCommand", words.show_command},
      {"checksums", recording.checksums()}};
  const auto data = [](std::string_view id, std::string_view text) {
    return fmt::format("<script type=\"text/plain\" id=\"{}\">{}</script>\n", id, text);
  };
  return fmt::format(
      "{}<style>\n{}{}</style>\n{}{}{}{}{}<script>\n'use strict';\n{}{}{}{}{}{}</script>\n</body>\n</html>\n",
      assets::head_html, assets::colours_css, assets::page_css, assets::body_html,
      data("facts", in_script(facts)), data("trace", to_text(played)), data("program", program),
      data("record", base64(recording.record().bytes())), assets::heap_js, assets::words_js, assets::map_js,
      assets::pool_js, assets::page_js, assets::selftest_js);
}

}  // namespace poolhammer
