#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <map>
#include <set>

#include "harness/base/counted.hpp"
#include "harness/contract/clause.hpp"
#include "harness/trace/text.hpp"

namespace poolhammer::contract {
namespace {

using Programs = std::span<const Program>;
using Seen = std::span<const Observed>;

[[nodiscard]] std::string bytes(std::uint64_t number) {
  constexpr std::array units = {"", " Ki", " Mi", " Gi", " Ti", " Pi", " Ei"};
  std::size_t unit = 0;
  for (; number >= 1024 && number % 1024 == 0; number /= 1024) ++unit;
  return fmt::format("{}{}B", number, unit == 0 ? " " : units[unit]);
}

/// How a program that need not keep the rules ended, in words.
[[nodiscard]] std::string end_of(const Observed& observed, std::string_view otherwise) {
  return observed.death.empty() ? std::string(otherwise) : observed.death;
}

[[nodiscard]] bool same_place(const Observed& observed, std::size_t one, std::size_t other) {
  return observed.gave(one) && observed.records[one].block == observed.records[other].block;
}

// The alignment of small blocks.

[[nodiscard]] std::vector<Program> small_programs(const Knowledge&, Function function) {
  std::vector<Program> programs;
  for (std::uint64_t size = 1; size <= 32; ++size) {
    Program program;
    for (std::uint32_t slot = 0; slot < 32; ++slot) program.push_back(allocation(slot, function, size));
    programs.push_back(program);
  }
  return programs;
}

[[nodiscard]] std::string describe_small(const Knowledge&, Function, Programs, Seen observed) {
  std::string text;
  std::uint64_t before = 0;
  for (std::size_t index = 0; index < observed.size(); ++index) {
    std::uint64_t all = 0;
    for (const library::StepRecord& record : observed[index].records) all |= record.block;
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

[[nodiscard]] std::vector<Program> largest_size_programs(const Knowledge&, Function function) {
  std::vector<Program> programs;
  for (unsigned power = 20; power < 63; ++power)
    programs.push_back({allocation(0, function, std::uint64_t{1} << power)});
  return programs;
}

[[nodiscard]] std::vector<Program> largest_alignment_programs(const Knowledge&, Function function) {
  std::vector<Program> programs;
  for (unsigned power = 4; power < 63; ++power) {
    const std::uint64_t alignment = std::uint64_t{1} << power;
    programs.push_back({allocation(0, function, std::min<std::uint64_t>(alignment, 4096), alignment)});
  }
  return programs;
}

[[nodiscard]] std::string describe_largest(const Knowledge&, Function function, Programs programs,
                                           Seen observed) {
  std::string text = "none";
  for (std::size_t index = 0; index < observed.size(); ++index) {
    const Operation& request = programs[index].front();
    if (observed[index].gave(0)) text = bytes(takes_alignment(function) ? request.alignment : request.size);
  }
  return text;
}

// Arguments that the standards leave open.

[[nodiscard]] std::vector<Program> no_multiple_programs(const Knowledge&, Function function) {
  return {{allocation(0, function, 1, 64)},
          {allocation(0, function, 100, 64)},
          {allocation(0, function, 5000, 4096)}};
}

/// The manuals differ: a call that one of them forbids is a misuse.
[[nodiscard]] std::vector<Program> no_power_programs(const Knowledge&, Function function) {
  return {{{.kind = OperationKind::misuse, .size = 96, .alignment = 24, .by = function}},
          {{.kind = OperationKind::misuse, .size = 400, .alignment = 100, .by = function}}};
}

[[nodiscard]] std::string describe_granted(const Knowledge&, Function function, Programs programs,
                                           Seen observed) {
  std::string text;
  for (std::size_t index = 0; index < observed.size(); ++index) {
    const Operation& request = programs[index].front();
    text +=
        fmt::format("{}{}({}, {}): {}", text.empty() ? "" : "; ", facts(function).name, request.alignment,
                    request.size, end_of(observed[index], observed[index].gave(0) ? "a block" : "refused"));
  }
  return text;
}

// errno.

[[nodiscard]] std::vector<Program> success_programs(const Knowledge& knowledge, Function function) {
  std::vector<Program> programs;
  for (const std::uint64_t size : telling_sizes(knowledge, 1U << 20U))
    programs.push_back({allocation(0, function, askable(function, size))});
  return programs;
}

[[nodiscard]] std::string describe_success(const Knowledge&, Function, Programs programs, Seen observed) {
  for (std::size_t index = 0; index < observed.size(); ++index) {
    const library::StepRecord& record = observed[index].records.front();
    if (record.error == 0) continue;
    const char* const name = strerrorname_np(record.error);
    return fmt::format("set to {} by {}", name == nullptr ? "a number without a name" : name,
                       to_text(programs[index].front()));
  }
  return "left alone";
}

// Misuse.

[[nodiscard]] std::vector<Program> double_programs(const Knowledge&, Function function) {
  std::vector<Program> programs;
  for (const std::uint64_t size : {24U, 600U, 20'000U, 1'000'000U}) {
    programs.push_back({allocation(0, Function::malloc, size),
                        freeing(0, function),
                        {.kind = OperationKind::misuse, .by = function},
                        allocation(1, Function::malloc, size),
                        allocation(2, Function::malloc, size)});
  }
  return programs;
}

[[nodiscard]] std::string describe_double(const Knowledge&, Function, Programs programs, Seen observed) {
  std::string text;
  for (std::size_t index = 0; index < observed.size(); ++index) {
    const bool twice = same_place(observed[index], 3, 4);
    text += fmt::format(
        "{}{}: {}", text.empty() ? "" : "; ", counted(programs[index][0].size, "byte"),
        end_of(observed[index], twice ? "not noticed, and the block is given out twice" : "not noticed"));
  }
  return text;
}

[[nodiscard]] std::vector<Program> interior_programs(const Knowledge&, Function function) {
  std::vector<Program> programs;
  for (const std::uint64_t offset : {1U, 8U, 16U}) {
    programs.push_back({allocation(0, Function::malloc, 100),
                        allocation(1, Function::malloc, 100),
                        {.kind = OperationKind::misuse, .count = offset, .by = function}});
  }
  return programs;
}

[[nodiscard]] std::string describe_interior(const Knowledge&, Function, Programs programs, Seen observed) {
  std::string text;
  for (std::size_t index = 0; index < observed.size(); ++index)
    text += fmt::format("{}{} behind the start: {}", text.empty() ? "" : "; ", programs[index].back().count,
                        end_of(observed[index], "not noticed"));
  return text;
}

// Memory.

[[nodiscard]] std::vector<Program> returned_programs(const Knowledge&, Function function) {
  constexpr std::uint64_t most_blocks = 4096;
  std::vector<Program> programs;
  for (const std::uint64_t size : {1000U, 30'000U, 1U << 20U}) {
    const auto blocks =
        static_cast<std::uint32_t>(std::min<std::uint64_t>((std::uint64_t{32} << 20U) / size, most_blocks));
    Program program = {act(OperationKind::measure_resident)};
    for (std::uint32_t slot = 0; slot < blocks; ++slot)
      program.insert(program.end(), {allocation(slot, Function::malloc, size), {OperationKind::fill, slot}});
    program.push_back(act(OperationKind::measure_resident));
    for (std::uint32_t slot = 0; slot < blocks; ++slot) program.push_back(freeing(slot, function));
    program.push_back(act(OperationKind::measure_resident));
    programs.push_back(program);
  }
  return programs;
}

/// What was in memory at each place where it was measured.
[[nodiscard]] std::vector<std::uint64_t> resident_in(const Program& program, const Observed& observed) {
  std::vector<std::uint64_t> resident;
  for (std::size_t step = 0; step < program.size(); ++step) {
    if (program[step].kind == OperationKind::measure_resident)
      resident.push_back(observed.records[step].usable);
  }
  return resident;
}

[[nodiscard]] std::string describe_returned(const Knowledge&, Function, Programs programs, Seen observed) {
  std::string text;
  for (std::size_t index = 0; index < observed.size(); ++index) {
    const std::vector<std::uint64_t> resident = resident_in(programs[index], observed[index]);
    if (resident[1] <= resident[0]) continue;
    const auto taken = static_cast<double>(resident[1] - resident[0]);
    const double back = std::max(0.0, static_cast<double>(resident[1]) - static_cast<double>(resident[2]));
    // In tenths: what a page more or less changes is not told.
    const long tenths = std::lround(10 * back / taken);
    text += fmt::format("{}{}: {}", text.empty() ? "" : "; ", counted(programs[index][1].size, "byte"),
                        tenths >= 10  ? "all"
                        : tenths <= 0 ? "nothing"
                                      : counted(tenths, "tenth"));
  }
  return text;
}

[[nodiscard]] std::vector<Program> reuse_programs(const Knowledge&, Function function) {
  std::vector<Program> programs;
  for (const std::uint64_t size : {24U, 600U, 20'000U, 1'000'000U})
    programs.push_back(
        {allocation(0, Function::malloc, size), freeing(0, function), allocation(1, Function::malloc, size)});
  return programs;
}

[[nodiscard]] std::string describe_reuse(const Knowledge&, Function, Programs programs, Seen observed) {
  std::string text;
  for (std::size_t index = 0; index < observed.size(); ++index)
    text += fmt::format("{}{}: {}", text.empty() ? "" : "; ", counted(programs[index][0].size, "byte"),
                        same_place(observed[index], 0, 2) ? "yes" : "no");
  return text;
}

[[nodiscard]] std::vector<Program> class_programs(const Knowledge& knowledge, Function) {
  if (knowledge.classes == 0) return {};
  return {{allocation(0, Function::malloc, 1)}};
}

[[nodiscard]] std::string describe_classes(const Knowledge& knowledge, Function, Programs, Seen) {
  std::string text = fmt::format("{} up to 40000 bytes", knowledge.classes);
  if (knowledge.edges.size() != knowledge.classes) return text;
  text += "; they end at";
  for (std::size_t index = 1; index < std::min<std::size_t>(knowledge.edges.size(), 13); ++index)
    text += fmt::format(" {}", knowledge.edges[index] - 1);
  return text + " ...";
}

const ClauseRegistration profile_small({
    .id = "profile.small-alignment",
    .tier = Tier::profile,
    .promise = "The alignment of small blocks.",
    .source = "ISO C17 7.22.3p1 (that of max_align_t), C23 7.24.3p1 (that of what fits into the block)",
    .functions = {Function::malloc},
    .programs = small_programs,
    .describe = describe_small,
});
const ClauseRegistration largest_size({
    .id = "profile.largest-size",
    .tier = Tier::profile,
    .promise = "The largest power of two that is granted, untouched.",
    .source = "ISO C17 7.22.3: none is promised",
    .functions = {Function::malloc, Function::calloc},
    .programs = largest_size_programs,
    .describe = describe_largest,
});
const ClauseRegistration largest_alignment({
    .id = "profile.largest-alignment",
    .tier = Tier::profile,
    .promise = "The largest alignment that is granted.",
    .source = "ISO C17 6.2.8p3: implementation-defined",
    .functions = {Function::aligned_alloc, Function::posix_memalign, Function::memalign},
    .programs = largest_alignment_programs,
    .describe = describe_largest,
});
const ClauseRegistration no_multiple({
    .id = "profile.size-no-multiple",
    .tier = Tier::profile,
    .promise = "Whether aligned_alloc takes a size that is no multiple of the alignment.",
    .source = "ISO C11 7.22.3.1p2 forbids it, C17 does not",
    .functions = {Function::aligned_alloc},
    .programs = no_multiple_programs,
    .describe = describe_granted,
});
const ClauseRegistration no_power({
    .id = "profile.memalign-no-power",
    .tier = Tier::profile,
    .promise = "Whether memalign takes an alignment that is no power of two.",
    .source = "Linux man-pages, memalign(3): it must be one",
    .functions = {Function::memalign},
    .programs = no_power_programs,
    .describe = describe_granted,
});
const ClauseRegistration success_errno({
    .id = "profile.errno-on-success",
    .tier = Tier::profile,
    .promise = "What a request that is met does to errno.",
    .source = "ISO C17 7.5p3: it may be set",
    .functions = c_allocators(),
    .programs = success_programs,
    .describe = describe_success,
});
const ClauseRegistration double_free({
    .id = "profile.double-free",
    .tier = Tier::profile,
    .promise = "What becomes of a program that frees a block twice.",
    .source = "ISO C17 7.22.3.3p2: undefined",
    .functions = {Function::free},
    .programs = double_programs,
    .describe = describe_double,
    .alone = true,
});
const ClauseRegistration interior_free({
    .id = "profile.invalid-free",
    .tier = Tier::profile,
    .promise = "What becomes of a program that frees an address inside a block.",
    .source = "ISO C17 7.22.3.3p2: undefined",
    .functions = {Function::free},
    .programs = interior_programs,
    .describe = describe_interior,
    .alone = true,
});
const ClauseRegistration profile_returned({
    .id = "profile.memory-returned",
    .tier = Tier::profile,
    .promise = "How much of the memory of blocks that are all freed goes back to the system at once.",
    .source = "ISO C17 7.22.3.3p2: none is promised",
    .functions = {Function::free},
    .oracles = {contents_kept},
    .programs = returned_programs,
    .describe = describe_returned,
    .alone = true,
});
const ClauseRegistration reuse({
    .id = "profile.reuse",
    .tier = Tier::profile,
    .promise = "Whether a block that is freed is the next of its size to be given out.",
    .source = "ISO C17 7.22.3p1: unspecified",
    .functions = {Function::free},
    .programs = reuse_programs,
    .describe = describe_reuse,
    .alone = true,
});
const ClauseRegistration classes({
    .id = "profile.size-classes",
    .tier = Tier::profile,
    .promise = "The size classes, as usable sizes show them.",
    .source = "An implementation's choice",
    .functions = {Function::malloc},
    .programs = class_programs,
    .describe = describe_classes,
});

}  // namespace
}  // namespace poolhammer::contract
