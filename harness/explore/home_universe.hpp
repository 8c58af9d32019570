#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "allocator/digest.hpp"
#include "allocator/heap.hpp"
#include "allocator/invariants/check.hpp"
#include "harness/explore/canonical.hpp"
#include "harness/explore/client_book.hpp"
#include "harness/explore/menu.hpp"
#include "harness/explore/universe.hpp"
#include "harness/explore/universe_memory.hpp"
#include "harness/oracles/exact_model.hpp"
#include "harness/subjects/home_view.hpp"

namespace poolhammer {

/// A heap of the home allocator with its world and its clients, judged after every step.
template <pymalloc::Layout L>
class HomeUniverse final : public Universe {
 public:
  using Geo = pymalloc::Geometry<L>;
  using HomeHeap = typename UniverseMemory<L>::HomeHeap;

  explicit HomeUniverse(const UniverseOptions& options)
      : options_(options),
        menu_(Menu::of<L>(options.classes)),
        body_(options, journal_),
        model_(model_layout<L>()) {
    journal_.open(true);
    view_.show(heap().state());
    start();
  }

  void start() override {
    body_.start();
    model_ = ExactModel(model_layout<L>());
  }

  void steps(std::vector<Step>& steps) override {
    steps.clear();
    const ClientBook& clients = body_->clients;
    const auto free_slot = static_cast<std::uint8_t>(clients.lowest_free_slot());
    for (const std::uint8_t size : menu_.malloc_sizes) add(steps, OperationKind::malloc, free_slot, size);
    for (const std::uint8_t size : menu_.calloc_sizes) add(steps, OperationKind::calloc, free_slot, size);
    add(steps, OperationKind::realloc, free_slot, menu_.malloc_sizes.front());
    steps.push_back({OperationKind::free, free_slot, 0, 0});
    Representatives chosen;
    for (std::uint32_t slot = 0; slot < clients.end(); ++slot) {
      if (clients[slot].address == 0 || !(options_.exact || chosen.choose(heap(), clients[slot]))) continue;
      steps.push_back({OperationKind::free, static_cast<std::uint8_t>(slot), 0, 0});
      for (const std::uint8_t size : menu_.realloc_sizes[class_index(clients[slot])])
        add(steps, OperationKind::realloc, static_cast<std::uint8_t>(slot), size);
    }
    if (options_.without.empty()) return;
    std::erase_if(steps, [this](const Step& step) {
      return std::ranges::find(options_.without, step.kind) != options_.without.end();
    });
  }

  [[nodiscard]] std::optional<Complaint> take(const Step& step) override {
    last_ = step;
    journal_.clear();
    source().refuse_next(step.refused_arenas());
    raw().refuse_next(step.refused_raw());
    std::optional<Complaint> complaint = perform(step);
    source().refuse_next(0);
    raw().refuse_next(0);
    if (!complaint) complaint = well_behaved();
    if (!complaint) complaint = sound();
    if (!complaint) complaint = placed(body_->clients.contents());
    if (!complaint) complaint = everything_accounted();
    if (!complaint) complaint = model_.compare_all(view_);
    return complaint;
  }

  [[nodiscard]] std::optional<Complaint> end() override {
    journal_.clear();
    body_.large_cells_change();
    const std::uint32_t clients = raw_clients();
    heap().~HomeHeap();
    if (auto complaint = well_behaved()) return complaint;
    if (source().live() != 0) return gone("no arena", std::to_string(source().live()) + " not released");
    if (raw().live() == clients) return std::nullopt;
    return gone("only blocks of clients left in the raw allocator, " + std::to_string(clients),
                std::to_string(raw().live()));
  }

  [[nodiscard]] bool inside() const override { return raw_clients() <= options_.raw_blocks; }

  [[nodiscard]] std::uint64_t digest() const override { return digest(options_.exact); }

  /// The digest by every address, or by standing alone.
  [[nodiscard]] std::uint64_t digest(bool exact) const {
    Mixer mixer;
    if (exact) {
      mixer.add(pymalloc::Digest<L>::of(heap().state()));
      mixer.add(pymalloc::address_of(heap().state().arenas));
    } else {
      CanonicalDigest<L>(heap().state()).add_to(mixer);
    }
    mixer.add(std::uint64_t{raw_clients()} << 32U | raw().live());
    for (std::uint32_t slot = 0; slot < body_->clients.end() && exact; ++slot) {
      const std::uintptr_t block = body_->clients[slot].address;
      if (is_raw(block)) mixer.add(block);
    }
    return mixer.value();
  }

  void save(std::size_t level) override {
    if (models_.size() <= level) models_.resize(level + 1, model_);
    models_[level] = model_;
    body_.save(level);
  }

  void restore(std::size_t level) override {
    model_ = models_[level];
    body_.restore(level);
  }

  void preamble(std::vector<Operation>& operations) const override {
    if (options_.placement == pymalloc::Placement::up) return;
    operations.push_back({OperationKind::place, 0, 0, static_cast<std::uint64_t>(options_.placement)});
  }

  void describe(std::vector<Operation>& operations) const override {
    std::uint64_t arenas = 0;
    std::uint64_t raw = 0;
    for (const pymalloc::JournalEntry& entry : journal_.entries()) {
      if (entry.answer != 0) continue;
      if (entry.call == pymalloc::Call::arena_request) ++arenas;
      if (entry.call >= pymalloc::Call::raw_malloc && entry.call <= pymalloc::Call::raw_realloc) ++raw;
    }
    describe(last_, arenas, raw, operations);
  }

  void announce(const Step& step, std::vector<Operation>& operations) const override {
    const bool refused = step.refused_arenas() != 0 || source().at_limit();
    describe(step, refused ? 1 : 0, step.refused_raw(), operations);
  }

 private:
  /// Of blocks that the canonical digest cannot tell apart, the first.
  class Representatives {
   public:
    [[nodiscard]] bool choose(const HomeHeap& heap, const ClientBook::Block& block) {
      if (!heap.owns(std::bit_cast<void*>(block.address))) return true;
      const auto* const pool = pymalloc::pool_of<L>(std::bit_cast<void*>(block.address));
      const std::uint32_t size_class = pymalloc::peek(pool->szidx);
      const bool full = pymalloc::peek(pool->ref_count) == Geo::capacity(size_class);
      const std::uintptr_t standing =
          full ? pymalloc::peek(pool->arenaindex) * Geo::classes + size_class : pymalloc::address_of(pool);
      const std::span known = std::span(standings_).first(count_);
      if (std::find(known.begin(), known.end(), standing) != known.end()) return false;
      standings_[count_++] = standing;
      return true;
    }

   private:
    std::array<std::uintptr_t, UniverseOptions::most_arenas * Geo::pools_per_arena> standings_{};
    std::size_t count_ = 0;
  };

  [[nodiscard]] ExploreSource& source() { return body_->source; }
  [[nodiscard]] const ExploreSource& source() const { return body_->source; }
  [[nodiscard]] ExploreRaw& raw() { return body_->raw; }
  [[nodiscard]] const ExploreRaw& raw() const { return body_->raw; }
  [[nodiscard]] HomeHeap& heap() { return body_->heap; }
  [[nodiscard]] const HomeHeap& heap() const { return body_->heap; }

  /// Blocks of the raw allocator lie in the body.
  [[nodiscard]] bool is_raw(std::uintptr_t block) const { return body_.in_body(block); }
  [[nodiscard]] std::uint32_t raw_clients() const {
    std::uint32_t count = 0;
    for (std::uint32_t slot = 0; slot < body_->clients.end(); ++slot)
      count += is_raw(body_->clients[slot].address) ? 1 : 0;
    return count;
  }
  /// The size class of a block; one past the last for a block of the raw allocator.
  [[nodiscard]] std::size_t class_index(const ClientBook::Block& block) const {
    if (is_raw(block.address)) return Geo::classes;
    return pymalloc::peek(pymalloc::pool_of<L>(std::bit_cast<void*>(block.address))->szidx);
  }

  /// A step, and with it those in which what it asks for is refused.
  void add(std::vector<Step>& steps, OperationKind kind, std::uint8_t slot, std::uint8_t size) {
    steps.push_back({kind, slot, size, 0});
    if (!options_.failures || menu_.sizes[size] > HomeHeap::max_request) return;
    constexpr std::uint8_t arena = Step::arena_refused;
    constexpr std::uint8_t raw_once = Step::raw_refused;
    if (is_raw(body_->clients[slot].address) || menu_.sizes[size] - 1 >= L::small_request_threshold) {
      steps.push_back({kind, slot, size, raw_once});
    } else if (wants_arena(Geo::class_of(menu_.sizes[size]))) {
      for (const int refusals : {arena + 0, raw_once + 0, 2 * raw_once, arena + raw_once})
        steps.push_back({kind, slot, size, static_cast<std::uint8_t>(refusals)});
    }
  }
  /// Whether a new block of a class takes a new arena.
  [[nodiscard]] bool wants_arena(std::uint32_t size_class) const {
    const pymalloc::PoolHeader& head = heap().state().usedpools[size_class];
    return head.nextpool == &head && heap().state().usable_arenas == nullptr;
  }

  [[nodiscard]] std::optional<Complaint> perform(const Step& step) {
    ClientBook& clients = body_->clients;
    const std::size_t size = menu_.sizes[step.size];
    switch (step.kind) {
      case OperationKind::malloc: {
        void* const answer = heap().malloc(size);
        if (auto complaint = allocated(step.slot, answer, size, false)) return complaint;
        return model_.malloc(size, answer, journal_.entries());
      }
      case OperationKind::calloc: {
        void* const answer = heap().calloc(1, size);
        if (auto complaint = allocated(step.slot, answer, size, true)) return complaint;
        return model_.calloc(1, size, answer, journal_.entries());
      }
      case OperationKind::realloc: {
        const ClientBook::Block old = clients[step.slot];
        void* const block = std::bit_cast<void*>(old.address);
        void* const answer = heap().realloc(block, size);
        if (auto complaint = reallocated(step.slot, old, answer, size)) return complaint;
        return model_.realloc(block, size, answer, journal_.entries());
      }
      default: {
        void* const block = std::bit_cast<void*>(clients[step.slot].address);
        if (block != nullptr) clients.forget(step.slot);
        heap().free(block);
        return model_.free(block, journal_.entries());
      }
    }
  }

  [[nodiscard]] std::optional<Complaint> allocated(std::uint32_t slot, void* answer, std::size_t size,
                                                   bool zeroed) {
    if (answer == nullptr) return refused(size);
    if (auto complaint = admitted(slot, answer, size)) return complaint;
    if (zeroed) {
      if (auto wrong = body_->clients.zeroed(slot)) return placed(std::move(wrong));
    }
    body_->clients.fill(slot);
    return std::nullopt;
  }

  [[nodiscard]] std::optional<Complaint> reallocated(std::uint32_t slot, const ClientBook::Block& old,
                                                     void* answer, std::size_t size) {
    if (answer == nullptr) return refused(size);
    if (old.address != 0) body_->clients.forget(slot);
    if (auto complaint = admitted(slot, answer, size)) return complaint;
    if (old.address != 0) {
      if (auto wrong = body_->clients.kept(slot, old)) return placed(std::move(wrong));
    }
    body_->clients.fill(slot);
    return std::nullopt;
  }

  [[nodiscard]] std::optional<Complaint> refused(std::size_t size) const {
    if (size > HomeHeap::max_request) return std::nullopt;
    const auto entries = journal_.entries();
    if (!entries.empty() && entries.back().answer == 0 &&
        entries.back().call != pymalloc::Call::arena_request)
      return std::nullopt;
    return Complaint{"shadow.refusal", "", "a block of " + std::to_string(size) + " bytes",
                     "NULL, and nothing was refused below"};
  }

  /// What holds of every block that is given, before a byte of it is touched.
  [[nodiscard]] std::optional<Complaint> admitted(std::uint32_t slot, void* answer, std::size_t size) {
    const std::uintptr_t block = pymalloc::address_of(answer);
    const bool small = size - 1 < L::small_request_threshold;
    const std::size_t alignment = small ? std::min<std::size_t>(L::alignment, 16) : 16;
    if (auto wrong = body_->clients.admit(slot, block, size, alignment)) return placed(std::move(wrong));
    const std::size_t least = std::max<std::size_t>(size, 1);
    if (raw().holds(block, least)) return std::nullopt;
    if (!source().holds(block, least)) {
      return Complaint{"shadow.owned-memory", locate(block),
                       std::to_string(least) + " bytes inside an arena or a block of the raw allocator",
                       pymalloc::hex(block) + ", outside of both or across an end"};
    }
    const std::size_t usable = HomeHeap::block_size_in_pool(answer);
    if (usable >= size) return std::nullopt;
    return Complaint{"shadow.usable-size", locate(block),
                     "a block of at least " + std::to_string(size) + " bytes",
                     "one of " + std::to_string(usable)};
  }

  /// That nothing was given back that was not had.
  [[nodiscard]] std::optional<Complaint> well_behaved() const {
    if (source().wrong_releases() != 0) {
      return Complaint{"source.release", "", "the release of a live arena with its size",
                       "one of " + last_call(pymalloc::Call::arena_release)};
    }
    if (raw().wrong_frees() == 0) return std::nullopt;
    return Complaint{"raw.free", "", "a free or realloc of a live block of the raw allocator",
                     "one of what is none"};
  }
  [[nodiscard]] std::string last_call(pymalloc::Call call) const {
    std::string text = "nothing";
    for (const pymalloc::JournalEntry& entry : journal_.entries()) {
      if (entry.call == call) text = std::to_string(entry.size) + " bytes at " + pymalloc::hex(entry.block);
    }
    return text;
  }

  [[nodiscard]] std::optional<Complaint> sound() const {
    const auto violation = pymalloc::check(heap().state(), readable());
    if (!violation) return std::nullopt;
    return Complaint{"invariant." + std::string(violation->invariant), pymalloc::to_string(violation->where),
                     violation->expected, violation->found};
  }

  /// That the heap holds what it knows of, and nothing else. Needs a sound heap.
  [[nodiscard]] std::optional<Complaint> everything_accounted() const {
    const pymalloc::HeapState<L>& state = heap().state();
    if (source().live() != state.totals.arenas) {
      return Complaint{"source.arenas", "", std::to_string(state.totals.arenas) + " arenas given",
                       std::to_string(source().live())};
    }
    std::uint64_t expected = raw_clients() + (state.arenas != nullptr ? 1U : 0U);
    if constexpr (pymalloc::HeapState<L>::has_radix_map) expected += state.map.nodes();
    if (raw().live() == expected) return std::nullopt;
    return Complaint{"raw.blocks", "", std::to_string(expected) + " live blocks of the raw allocator",
                     std::to_string(raw().live())};
  }

  [[nodiscard]] static Complaint gone(std::string expected, std::string found) {
    return {"teardown", "", std::move(expected), std::move(found)};
  }

  [[nodiscard]] std::optional<Complaint> placed(std::optional<ClientBook::Wrong> wrong) const {
    if (!wrong) return std::nullopt;
    return Complaint{std::string(wrong->oracle), locate(wrong->at), std::move(wrong->expected),
                     std::move(wrong->found)};
  }
  [[nodiscard]] std::string locate(std::uintptr_t address) const {
    return to_string(
        pymalloc::Inspection<L>(heap().state(), readable()).where(std::bit_cast<void*>(address)));
  }
  [[nodiscard]] pymalloc::Readable readable() const {
    return {[](const void* source, std::uintptr_t address, std::size_t size) {
              return static_cast<const ExploreSource*>(source)->holds(address, size);
            },
            &source()};
  }

  void describe(const Step& step, std::uint64_t arenas, std::uint64_t raw_requests,
                std::vector<Operation>& operations) const {
    if (arenas != 0) operations.push_back({OperationKind::fail_arenas, 0, 0, arenas});
    if (raw_requests != 0) operations.push_back({OperationKind::fail_raw, 0, 0, raw_requests});
    Operation operation{step.kind, step.slot, step.kind == OperationKind::calloc ? 1U : 0U, 0};
    if (step.kind != OperationKind::free) operation.size = menu_.sizes[step.size];
    operations.push_back(operation);
  }

  UniverseOptions options_;
  Menu menu_;
  pymalloc::Journal journal_;
  UniverseMemory<L> body_;
  HomeView<L> view_;
  ExactModel model_;
  std::vector<ExactModel> models_;
  Step last_;
};

}  // namespace poolhammer
