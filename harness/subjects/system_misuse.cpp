// Programs that misuse blocks of a memory system under the debug layer: each misuse is predicted, and taken
// back where it changed bytes.
#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <stdexcept>
#include <utility>

#include "allocator/poison.hpp"
#include "harness/subjects/system_subject.hpp"

namespace poolhammer {

using namespace pymalloc;

namespace {

/// No byte that a layer writes stays itself.
constexpr std::byte change{0x80};

[[nodiscard]] std::byte* at(const DebugBlock& block, std::ptrdiff_t offset) {
  return block.data + offset;
}

/// The frame in a trace: "#3 0x55d0c0ffee" or "#3 0x55d0c0ffee in name".
[[nodiscard]] bool has_frame(const std::string& trace, std::uintptr_t address) {
  const std::string frame = " " + hex(address);
  for (std::size_t place = trace.find(frame); place != std::string::npos;
       place = trace.find(frame, place + 1)) {
    const std::size_t end = place + frame.size();
    if (end == trace.size() || trace[end] == '\n' || trace[end] == ' ') return true;
  }
  return false;
}

/// Whether a trace has all the frames that a layer keeps, a line each, numbered.
[[nodiscard]] bool is_full(std::string_view trace) {
  constexpr std::size_t most_frames = 16;
  static_assert(CallSites::depth >= most_frames);
  std::size_t number = 0;
  while (!trace.empty()) {
    if (!trace.starts_with(fmt::format("    #{} 0x", number))) return false;
    trace.remove_prefix(std::min(trace.find('\n'), trace.size() - 1) + 1);
    ++number;
  }
  return number == most_frames;
}

/// A page of zeroes between two that nobody may read.
class LonePage {
 public:
  static constexpr std::uintptr_t reach = 32;  ///< bytes before an edge that are of interest

  LonePage() : size_(static_cast<std::size_t>(sysconf(_SC_PAGESIZE))) {
    void* const got = mmap(nullptr, 3 * size_, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (got == MAP_FAILED) return;
    pages_ = static_cast<std::byte*>(got);
    (void)mprotect(pages_ + size_, size_, PROT_READ);
  }
  LonePage(const LonePage&) = delete;
  LonePage& operator=(const LonePage&) = delete;
  ~LonePage() {
    if (pages_ != nullptr) munmap(pages_, 3 * size_);
  }

  /// In the first page, which is nobody's, where the machine has none to give.
  [[nodiscard]] std::uintptr_t begin() const { return pages_ == nullptr ? 8 : address_of(pages_) + size_; }
  [[nodiscard]] std::uintptr_t end() const { return begin() + (pages_ == nullptr ? reach : size_); }

 private:
  std::size_t size_;
  std::byte* pages_ = nullptr;
};

[[nodiscard]] std::string number(const std::optional<std::size_t>& value) {
  return value ? std::to_string(*value) : "unknown";
}

}  // namespace

const DebugBlock* SystemSubject::misusable(void* block) const {
  return choice_.debug ? model_.live(owned_.at(block).given) : nullptr;
}

void SystemSubject::misuse(Domain domain, void* pointer, By by, BlockDamage expected) {
  reports_.clear();
  if (by == By::check && !model_.settings().knows()) by = By::free;
  expected.noticed_by = by == By::free      ? NoticedBy::free
                        : by == By::realloc ? NoticedBy::realloc
                                            : NoticedBy::check;
  try {
    have_noticed(domain, pointer, by);
  } catch (const std::logic_error& error) {
    note("debug.report", "a report, and no exception", error.what());
  }
  expect_report(expected);
}

void SystemSubject::have_noticed(Domain domain, void* pointer, By by) {
  constexpr std::size_t any_size = 40;
  if (by == By::free) {
    (void)perform({Function::free, domain, pointer, 0, 0});
  } else if (by == By::realloc) {
    if (perform({Function::realloc, domain, pointer, 0, any_size}).block != nullptr)
      note("debug.diagnosis", "no block for a pointer that is misused", "a block of realloc");
  } else if (const std::size_t damaged = layer(domain)->check(); damaged != 1) {
    note("debug.diagnosis", "one damaged block", std::to_string(damaged));
  }
}

void SystemSubject::change_and_misuse(const DebugBlock& block, std::ptrdiff_t first, std::size_t count, By by,
                                      BlockDamage expected) {
  for (std::size_t i = 0; i < count; ++i) *at(block, first + static_cast<std::ptrdiff_t>(i)) ^= change;
  misuse(block.domain, block.data, by, std::move(expected));
  // Who was not accused may have given the block away.
  if (violation_) return;
  for (std::size_t i = 0; i < count; ++i) *at(block, first + static_cast<std::ptrdiff_t>(i)) ^= change;
  // Who was accused is left alone.
  note(model_.guards_hold(block));
}

/// A layer that knows blocks by their bytes sees the pad alone, and tells the serial that stands behind it.
void SystemSubject::write_behind(void* pointer, std::size_t first, std::size_t count, By by) {
  const DebugBlock* const block = misusable(pointer);
  if (block == nullptr) return;
  constexpr std::size_t pad = 8;
  const std::size_t tail = model_.settings().tail();
  first %= model_.settings().knows() ? tail : pad;
  count = std::min(count, tail - first);
  const auto offset = static_cast<std::ptrdiff_t>(block->size + first);
  BlockDamage expected = model_.of_changed_byte(DamageKind::overflow, *block, offset);
  for (std::size_t place = std::max(first, pad); !model_.settings().knows() && place < first + count; ++place)
    *expected.serial ^= static_cast<std::size_t>(change) << 8 * (tail - 1 - place);
  change_and_misuse(*block, offset, count, by, std::move(expected));
}

/// The nearest byte to the data is reported.
void SystemSubject::write_before(void* pointer, std::size_t nearest, std::size_t count, By by) {
  const DebugBlock* const block = misusable(pointer);
  if (block == nullptr) return;
  const std::size_t reach = model_.settings().knows() ? DebugModel::front : 8;
  nearest %= reach;
  count = std::min(count, reach - nearest);
  const auto offset = -1 - static_cast<std::ptrdiff_t>(nearest);
  change_and_misuse(*block, offset - static_cast<std::ptrdiff_t>(count) + 1, count, by,
                    model_.of_changed_byte(DamageKind::underflow, *block, offset));
}

/// One of the highest bytes, so that no block can be as large.
void SystemSubject::write_size(void* pointer, std::ptrdiff_t byte, By by) {
  const DebugBlock* const block = misusable(pointer);
  if (block == nullptr) return;
  const std::ptrdiff_t offset = byte - static_cast<std::ptrdiff_t>(DebugModel::front);
  change_and_misuse(*block, offset, 1, by, model_.of_impossible_size(*block, offset));
}

void SystemSubject::write_after_free(std::size_t which, std::size_t offset, unsigned how) {
  if (!choice_.debug) return;
  std::size_t held = 0;
  for (std::size_t i = 0; i < domains; ++i) held += model_.held(static_cast<Domain>(i)).size();
  if (held == 0) return;
  which %= held;
  auto domain = Domain::raw;
  while (which >= model_.held(domain).size()) {
    which -= model_.held(domain).size();
    domain = static_cast<Domain>(static_cast<unsigned>(domain) + 1);
  }
  const DebugBlock block = model_.held(domain).at(which);
  const std::ptrdiff_t place = static_cast<std::ptrdiff_t>(offset % model_.total(block.size)) -
                               static_cast<std::ptrdiff_t>(DebugModel::front);
  BlockDamage expected = model_.of_changed_byte(DamageKind::use_after_free, block, place);
  *at(block, place) ^= change;
  if (how == 0) {
    misuse(domain, block.data, By::check, std::move(expected));
    if (violation_) return;
    *at(block, place) ^= change;
    return;
  }
  expected.noticed_by = NoticedBy::release;
  flush(domain);
  expect_report(expected);
}

void SystemSubject::free_twice(void* pointer, By by) {
  const Owned owned = owned_.at(pointer);
  const DebugBlock* const block = misusable(pointer);
  const bool guarded = block != nullptr;
  const bool from_raw = !source_.holds(address_of(owned.given), 1);
  free_owned(owned, pointer);
  if (!guarded || violation_) return;
  std::byte* const data = owned.given;
  std::optional<BlockDamage> expected = model_.of_pointer(owned.domain, data);
  if (!expected) return;
  if (!model_.settings().knows()) {
    // The letter and the pad stay, until the memory is somebody else's or nobody's.
    const bool stays = from_raw || source_.holds(address_of(data), 1);
    expected->kind = stays ? DamageKind::double_free : DamageKind::foreign_pointer;
    if (stays) expected->owner = owned.domain;
    expected->freed = stays;
  }
  misuse(owned.domain, data, by, std::move(*expected));
}

/// A block that was freed long ago, and whose place may be another's; or one that is held back, and is freed
/// in another domain.
void SystemSubject::free_again(Domain domain, std::size_t which, By by) {
  if (!choice_.debug || !model_.settings().knows()) return;
  const std::vector<DebugBlock> freed = model_.freed_blocks(domain);
  if (freed.empty()) return;
  const std::size_t number = which % freed.size();
  const DebugBlock block = freed.at(number);
  const auto where = static_cast<Domain>((static_cast<std::size_t>(domain) + which / freed.size()) % domains);
  // What became of a place that was given back is not known to other domains.
  if (where != domain && number >= model_.held(domain).size()) return;
  if (auto expected = model_.of_pointer(where, block.data))
    misuse(where, block.data, by, std::move(*expected));
}

void SystemSubject::free_inside(void* pointer, std::size_t offset, By by) {
  const DebugBlock* const block = misusable(pointer);
  if (block == nullptr) return;
  const std::size_t guards = model_.settings().knows() ? DebugModel::front : 0;
  const std::size_t place = offset % (model_.total(block->size) - DebugModel::front + guards);
  std::ptrdiff_t distance = static_cast<std::ptrdiff_t>(place) - static_cast<std::ptrdiff_t>(guards);
  if (distance == 0) distance = 1;
  std::byte* const inside = at(*block, distance);
  const Domain domain = block->domain;
  if (auto expected = model_.of_pointer(domain, inside)) misuse(domain, inside, by, std::move(*expected));
  if (!violation_) note(model_.guards_hold(*block));
}

void SystemSubject::free_elsewhere(void* pointer, unsigned distance, By by) {
  const DebugBlock* const block = misusable(pointer);
  if (block == nullptr) return;
  const auto other = static_cast<Domain>((static_cast<unsigned>(block->domain) + distance) % domains);
  if (auto expected = model_.of_pointer(other, block->data))
    misuse(other, block->data, by, std::move(*expected));
  if (!violation_) note(model_.guards_hold(*block));
}

void SystemSubject::free_foreign(unsigned where, std::uintptr_t distance, By by) {
  if (!choice_.debug) return;
  alignas(16) static std::array<std::byte, 128> own{};
  static const LonePage lone;
  const std::uintptr_t aligned = distance & ~std::uintptr_t{7};
  const std::array<std::uintptr_t, 6> places = {
      std::bit_cast<std::uintptr_t>(own.data()) + 64 - distance,  // memory of the program
      region_.base() + Region::size - 4096 + distance,            // memory that was never given
      1 + distance,                                               // the first page, which is nobody's
      (std::uintptr_t{1} << 60U) + distance,                      // no address
      lone.begin() + aligned,                                     // its header, or half of it, cannot be read
      lone.end() - LonePage::reach + aligned};                    // the same, or what is behind it
  auto* const pointer = std::bit_cast<void*>(places.at(where));
  if (auto expected = model_.of_pointer(domain_, pointer)) misuse(domain_, pointer, by, std::move(*expected));
}

void SystemSubject::flush(Domain domain) {
  if (!choice_.debug) return;
  journal_.clear();
  layer(domain)->flush();
  note(model_.flushed(domain, below(domain, 0)));
}

void SystemSubject::expect_report(const BlockDamage& expected) {
  const std::vector<BlockDamage> seen = std::exchange(reports_, {});
  if (seen.size() != 1) {
    note("debug.diagnosis", "one report: " + std::string(report_text(expected)),
         seen.empty() ? "none" : std::to_string(seen.size()) + ", the first: " + to_string(seen.front()));
    return;
  }
  const BlockDamage& report = seen.front();
  if (auto words = difference(expected, report)) {
    note("debug.diagnosis", std::move(*words), headline(report));
    return;
  }
  // Where the block left, what was read is somebody else's by now.
  for (std::size_t i = 0; i < report.surroundings.bytes.size() && report.noticed_by != NoticedBy::release;
       ++i) {
    const auto& byte = report.surroundings.bytes.at(i);
    const std::ptrdiff_t offset = report.offset - Surroundings::reach + static_cast<std::ptrdiff_t>(i);
    const auto place = report.address + static_cast<std::uintptr_t>(offset);
    const bool ours = source_.holds(place, 1);
    if (report.surroundings.first != report.offset - Surroundings::reach || (ours && !byte) ||
        (byte && *byte != peek(*std::bit_cast<const std::byte*>(place))))
      note("debug.report", fmt::format("the byte that stands at offset {:+d}", offset), to_string(report));
  }
  judge_text(report);
}

void SystemSubject::judge_text(const BlockDamage& report) {
  const std::string due = report_text(report);
  try {
    if (const std::string text = to_string(report); text != due) note("debug.report", due, text);
  } catch (const std::logic_error& error) {
    note("debug.report", due, std::string("an exception: ") + error.what());
  }
  if (!due.starts_with(headline(report) + "\n")) note("debug.report", due, headline(report));
}

/// The first field of the report that is not as it must be, in words.
std::optional<std::string> SystemSubject::difference(const BlockDamage& expected,
                                                     const BlockDamage& seen) const {
  const auto same = [](const auto& a, const auto& b) { return a == b; };
  if (!same(expected.kind, seen.kind)) return "the kind: " + report_text(expected);
  if (!same(expected.noticed_by, seen.noticed_by)) return "noticed by: " + report_text(expected);
  if (!same(expected.layer, seen.layer)) return "the layer of " + std::string(to_string(expected.layer));
  if (!same(expected.owner, seen.owner))
    return "a block of " + std::string(expected.owner ? to_string(*expected.owner) : "no domain");
  if (!same(expected.address, seen.address)) return "the address " + hex(expected.address);
  if (!same(expected.offset, seen.offset)) return "the offset " + std::to_string(expected.offset);
  if (!same(expected.size, seen.size)) return "the size " + number(expected.size);
  if (!same(expected.serial, seen.serial)) return "the serial " + number(expected.serial);
  if (!same(expected.freed, seen.freed))
    return std::string("a block that was ") + (expected.freed ? "freed" : "not freed");
  if (!same(expected.expected, seen.expected))
    return "the byte that must stand there: " +
           (expected.expected ? std::to_string(static_cast<unsigned>(*expected.expected)) : "none");
  const BlockSites due = model_.sites(expected.layer, expected.address);
  if (!due.known && model_.settings().stacks) return std::nullopt;
  const auto is_due = [&](const std::optional<unsigned>& site, const std::string& trace) {
    return site ? has_frame(trace, sites_.address(*site)) && is_full(trace) : trace.empty();
  };
  if (!is_due(due.allocated, seen.allocated_by))
    return "allocated by a call " +
           (due.allocated ? "16 frames deep that returns to " + hex(sites_.address(*due.allocated))
                          : "that is not known") +
           ": " + seen.allocated_by;
  if (!is_due(due.freed, seen.freed_by))
    return "freed by a call " +
           (due.freed ? "16 frames deep that returns to " + hex(sites_.address(*due.freed))
                      : "that is not known") +
           ": " + seen.freed_by;
  return std::nullopt;
}

}  // namespace poolhammer
