#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <map>
#include <set>

#include "harness/contract/clause.hpp"

namespace poolhammer::contract {
namespace {

using Probes = std::span<const Probe>;
using Outcomes = std::span<const Outcome>;

[[nodiscard]] std::string bytes(std::uint64_t number) {
  constexpr std::array units = {"", " Ki", " Mi", " Gi", " Ti", " Pi", " Ei"};
  std::size_t unit = 0;
  for (; number >= 1024 && number % 1024 == 0; number /= 1024) ++unit;
  return fmt::format("{}{}B", number, unit == 0 ? " " : units[unit]);
}

/// How a probe that need not be lawful ended, in words.
[[nodiscard]] std::string end_of(const Outcome& outcome, std::string_view otherwise) {
  return outcome.result == Result::died ? outcome.death : std::string(otherwise);
}

// The alignment of small blocks.

[[nodiscard]] std::vector<Probe> small_probes(const Knowledge&, Function function) {
  std::vector<Probe> probes;
  for (std::uint64_t size = 1; size <= 32; ++size) {
    Probe probe;
    for (std::uint16_t slot = 0; slot < 32; ++slot)
      probe.insert(probe.end(), {allocation(slot, function, size), note(Note::address, slot)});
    probes.push_back(probe);
  }
  return probes;
}

[[nodiscard]] std::string describe_small(const Knowledge&, Function, Probes, Outcomes outcomes) {
  std::string text;
  std::uint64_t before = 0;
  for (std::size_t index = 0; index < outcomes.size(); ++index) {
    std::uint64_t all = 0;
    for (const std::uint64_t address : outcomes[index].notes) all |= address;
    // Chance aligns some more: what is told is what the smallest of 32 neighbours has, at most 64.
    const std::uint64_t alignment =
        std::min<std::uint64_t>(all == 0 ? 0 : std::uint64_t{1} << std::countr_zero(all), 64);
    if (alignment == before) continue;
    text += fmt::format("{}{} from size {}", text.empty() ? "" : ", ", alignment, index + 1);
    before = alignment;
  }
  return text;
}

// The largest size and alignment.

[[nodiscard]] std::vector<Probe> largest_size_probes(const Knowledge&, Function function) {
  std::vector<Probe> probes;
  for (unsigned power = 20; power < 63; ++power)
    probes.push_back({allocation(0, function, std::uint64_t{1} << power), note(Note::live, 0)});
  return probes;
}

[[nodiscard]] std::vector<Probe> largest_alignment_probes(const Knowledge&, Function function) {
  std::vector<Probe> probes;
  for (unsigned power = 4; power < 63; ++power) {
    const std::uint64_t alignment = std::uint64_t{1} << power;
    probes.push_back(
        {call(0, function, alignment, std::min<std::uint64_t>(alignment, 4096)), note(Note::live, 0)});
  }
  return probes;
}

[[nodiscard]] std::string describe_largest(const Knowledge&, Function function, Probes probes,
                                           Outcomes outcomes) {
  std::string text = "none";
  for (std::size_t index = 0; index < outcomes.size(); ++index) {
    if (outcomes[index].notes.empty() || outcomes[index].notes[0] == 0) continue;
    const Step& step = probes[index].front();
    text = bytes(takes_count(function) ? step.b : step.a);
  }
  return text;
}

// Arguments that the standards leave open.

[[nodiscard]] std::vector<Probe> no_multiple_probes(const Knowledge&, Function function) {
  return {{call(0, function, 64, 1), note(Note::live, 0)},
          {call(0, function, 64, 100), note(Note::live, 0)},
          {call(0, function, 4096, 5000), note(Note::live, 0)}};
}

[[nodiscard]] std::vector<Probe> no_power_probes(const Knowledge&, Function function) {
  return {{call(0, function, 24, 96), note(Note::live, 0), note(Note::address, 0)},
          {call(0, function, 100, 400), note(Note::live, 0), note(Note::address, 0)}};
}

[[nodiscard]] std::string describe_granted(const Knowledge&, Function, Probes probes, Outcomes outcomes) {
  std::string text;
  for (std::size_t index = 0; index < outcomes.size(); ++index) {
    const Outcome& outcome = outcomes[index];
    const std::string_view granted = outcome.notes.empty() || outcome.notes[0] == 0 ? "refused" : "a block";
    text += fmt::format("{}{}: {}", text.empty() ? "" : "; ", to_string(probes[index].front()),
                        end_of(outcome, granted));
  }
  return text;
}

// errno.

[[nodiscard]] std::vector<Probe> success_probes(const Knowledge& knowledge, Function function) {
  std::vector<Probe> probes;
  for (const std::uint64_t size : telling_sizes(knowledge, 1U << 20U))
    probes.push_back({plain(Verb::set_errno, 0),
                      allocation(0, function, takes_alignment(function) ? (size + 15) / 16 * 16 : size),
                      note(Note::error)});
  return probes;
}

[[nodiscard]] std::string describe_success(const Knowledge&, Function, Probes probes, Outcomes outcomes) {
  for (std::size_t index = 0; index < outcomes.size(); ++index) {
    if (outcomes[index].notes.empty() || outcomes[index].notes[0] == 0) continue;
    const char* const name = strerrorname_np(static_cast<int>(outcomes[index].notes[0]));
    return fmt::format("set to {} by {}", name == nullptr ? "a number without a name" : name,
                       to_string(probes[index][1]));
  }
  return "left alone";
}

// Misuse.

[[nodiscard]] std::vector<Probe> double_probes(const Knowledge&, Function function) {
  std::vector<Probe> probes;
  for (const std::uint64_t size : {24U, 600U, 20'000U, 1'000'000U}) {
    Step again = release(0, function);
    again.verb = Verb::misuse;
    probes.push_back({call(0, Function::malloc, size), release(0, function), again,
                      call(1, Function::malloc, size), call(2, Function::malloc, size),
                      note(Note::address, 1), note(Note::address, 2)});
  }
  return probes;
}

[[nodiscard]] std::string describe_double(const Knowledge&, Function, Probes probes, Outcomes outcomes) {
  std::string text;
  for (std::size_t index = 0; index < outcomes.size(); ++index) {
    const Outcome& outcome = outcomes[index];
    const bool twice = outcome.notes.size() == 2 && outcome.notes[0] == outcome.notes[1];
    text +=
        fmt::format("{}{} bytes: {}", text.empty() ? "" : "; ", probes[index][0].a,
                    end_of(outcome, twice ? "not noticed, and the block is given out twice" : "not noticed"));
  }
  return text;
}

[[nodiscard]] std::vector<Probe> interior_probes(const Knowledge&, Function function) {
  std::vector<Probe> probes;
  for (const std::uint64_t offset : {1U, 8U, 16U}) {
    Step inside = release(0, function);
    inside.verb = Verb::misuse;
    inside.a = offset;
    probes.push_back({call(0, Function::malloc, 100), call(1, Function::malloc, 100), inside});
  }
  return probes;
}

[[nodiscard]] std::string describe_interior(const Knowledge&, Function, Probes probes, Outcomes outcomes) {
  std::string text;
  for (std::size_t index = 0; index < outcomes.size(); ++index)
    text += fmt::format("{}{} behind the start: {}", text.empty() ? "" : "; ", probes[index].back().a,
                        end_of(outcomes[index], "not noticed"));
  return text;
}

// Memory.

[[nodiscard]] std::vector<Probe> returned_probes(const Knowledge&, Function function) {
  std::vector<Probe> probes;
  for (const std::uint64_t size : {1000U, 30'000U, 1U << 20U}) {
    const auto blocks =
        static_cast<std::uint16_t>(std::min<std::uint64_t>((std::uint64_t{32} << 20U) / size, slot_count));
    Probe probe = {note(Note::resident)};
    for (std::uint16_t slot = 0; slot < blocks; ++slot)
      probe.insert(probe.end(), {call(slot, Function::malloc, size), fill(slot)});
    probe.push_back(note(Note::resident));
    for (std::uint16_t slot = 0; slot < blocks; ++slot) probe.push_back(release(slot, function));
    probe.push_back(note(Note::resident));
    probes.push_back(probe);
  }
  return probes;
}

[[nodiscard]] std::string describe_returned(const Knowledge&, Function, Probes probes, Outcomes outcomes) {
  std::string text;
  for (std::size_t index = 0; index < outcomes.size(); ++index) {
    const std::vector<std::uint64_t>& resident = outcomes[index].notes;
    if (resident.size() != 3 || resident[1] <= resident[0]) continue;
    const auto taken = static_cast<double>(resident[1] - resident[0]);
    const double back = std::max(0.0, static_cast<double>(resident[1]) - static_cast<double>(resident[2]));
    // In tenths: what a page more or less changes is not told.
    const long tenths = std::lround(10 * back / taken);
    text += fmt::format("{}{} bytes: {}", text.empty() ? "" : "; ", probes[index][1].a,
                        tenths >= 10  ? "all"
                        : tenths <= 0 ? "nothing"
                                      : fmt::format("{} tenths", tenths));
  }
  return text;
}

[[nodiscard]] std::vector<Probe> reuse_probes(const Knowledge&, Function function) {
  std::vector<Probe> probes;
  for (const std::uint64_t size : {24U, 600U, 20'000U, 1'000'000U})
    probes.push_back({call(0, Function::malloc, size), note(Note::address, 0), release(0, function),
                      call(1, Function::malloc, size), note(Note::address, 1)});
  return probes;
}

[[nodiscard]] std::string describe_reuse(const Knowledge&, Function, Probes probes, Outcomes outcomes) {
  std::string text;
  for (std::size_t index = 0; index < outcomes.size(); ++index) {
    const std::vector<std::uint64_t>& places = outcomes[index].notes;
    text += fmt::format("{}{} bytes: {}", text.empty() ? "" : "; ", probes[index][0].a,
                        places.size() == 2 && places[0] == places[1] ? "yes" : "no");
  }
  return text;
}

[[nodiscard]] std::vector<Probe> class_probes(const Knowledge& knowledge, Function) {
  if (knowledge.classes == 0) return {};
  return {{call(0, Function::malloc, 1)}};
}

[[nodiscard]] std::string describe_classes(const Knowledge& knowledge, Function, Probes, Outcomes) {
  std::string text = fmt::format("{} up to 40000 bytes", knowledge.classes);
  if (knowledge.edges.size() != knowledge.classes) return text;
  text += "; they end at";
  for (std::size_t index = 1; index < std::min<std::size_t>(knowledge.edges.size(), 13); ++index)
    text += fmt::format(" {}", knowledge.edges[index] - 1);
  return text + " ...";
}

const ClauseRegistration small({
    .id = "profile.small-alignment",
    .tier = Tier::profile,
    .promise = "The alignment of small blocks.",
    .source = "ISO C17 7.22.3p1 (that of max_align_t), C23 7.24.3p1 (that of what fits into the block)",
    .functions = {Function::malloc},
    .generate = small_probes,
    .describe = describe_small,
});
const ClauseRegistration largest_size({
    .id = "profile.largest-size",
    .tier = Tier::profile,
    .promise = "The largest power of two that is granted, untouched.",
    .source = "ISO C17 7.22.3: none is promised",
    .functions = {Function::malloc, Function::calloc},
    .generate = largest_size_probes,
    .describe = describe_largest,
});
const ClauseRegistration largest_alignment({
    .id = "profile.largest-alignment",
    .tier = Tier::profile,
    .promise = "The largest alignment that is granted.",
    .source = "ISO C17 6.2.8p3: implementation-defined",
    .functions = {Function::aligned_alloc, Function::posix_memalign, Function::memalign},
    .generate = largest_alignment_probes,
    .describe = describe_largest,
});
const ClauseRegistration no_multiple({
    .id = "profile.size-no-multiple",
    .tier = Tier::profile,
    .promise = "Whether aligned_alloc takes a size that is no multiple of the alignment.",
    .source = "ISO C11 7.22.3.1p2 forbids it, C17 does not",
    .functions = {Function::aligned_alloc},
    .generate = no_multiple_probes,
    .describe = describe_granted,
});
const ClauseRegistration no_power({
    .id = "profile.memalign-no-power",
    .tier = Tier::profile,
    .promise = "Whether memalign takes an alignment that is no power of two.",
    .source = "Linux man-pages, memalign(3): it must be one",
    .functions = {Function::memalign},
    .generate = no_power_probes,
    .describe = describe_granted,
});
const ClauseRegistration success_errno({
    .id = "profile.errno-on-success",
    .tier = Tier::profile,
    .promise = "What a request that is met does to errno.",
    .source = "ISO C17 7.5p3: it may be set",
    .functions = c_allocators(),
    .generate = success_probes,
    .describe = describe_success,
});
const ClauseRegistration double_free({
    .id = "profile.double-free",
    .tier = Tier::profile,
    .promise = "What becomes of a program that frees a block twice.",
    .source = "ISO C17 7.22.3.3p2: undefined",
    .functions = {Function::free},
    .generate = double_probes,
    .describe = describe_double,
    .alone = true,
});
const ClauseRegistration interior_free({
    .id = "profile.invalid-free",
    .tier = Tier::profile,
    .promise = "What becomes of a program that frees an address inside a block.",
    .source = "ISO C17 7.22.3.3p2: undefined",
    .functions = {Function::free},
    .generate = interior_probes,
    .describe = describe_interior,
    .alone = true,
});
const ClauseRegistration returned({
    .id = "profile.memory-returned",
    .tier = Tier::profile,
    .promise = "How much of the memory of blocks that are all freed goes back to the system at once.",
    .source = "ISO C17 7.22.3.3p2: none is promised",
    .functions = {Function::free},
    .generate = returned_probes,
    .describe = describe_returned,
    .alone = true,
});
const ClauseRegistration reuse({
    .id = "profile.reuse",
    .tier = Tier::profile,
    .promise = "Whether a block that is freed is the next of its size to be given out.",
    .source = "ISO C17 7.22.3p1: unspecified",
    .functions = {Function::free},
    .generate = reuse_probes,
    .describe = describe_reuse,
    .alone = true,
});
const ClauseRegistration classes({
    .id = "profile.size-classes",
    .tier = Tier::profile,
    .promise = "The size classes, as usable sizes show them.",
    .source = "An implementation's choice",
    .functions = {Function::malloc},
    .generate = class_probes,
    .describe = describe_classes,
});

}  // namespace
}  // namespace poolhammer::contract
