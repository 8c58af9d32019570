#include <algorithm>
#include <limits>
#include <new>
#include <string>

#include "allocator/digest.hpp"
#include "allocator/heap.hpp"
#include "allocator/invariants/check.hpp"
#include "allocator/invariants/near_checks.hpp"
#include "allocator/region_raw.hpp"
#include "allocator/region_source.hpp"
#include "harness/subjects/given_back.hpp"
#include "harness/subjects/home_view.hpp"
#include "harness/subjects/late_counts.hpp"
#include "harness/subjects/refusal.hpp"
#include "harness/subjects/subject.hpp"

namespace poolhammer {
namespace {

using namespace pymalloc;

template <Layout L>
[[nodiscard]] std::string_view name_of() {
  static const std::string name = "pymalloc:" + std::string(L::name);
  return name;
}

/// The home allocator in a region of its own. Every byte of it, the heap object included, lies in the region:
/// the same trace finds the same addresses in every process, and reset() need not trust a damaged heap.
template <Layout L>
class HomeSubject final : public Subject {
 public:
  using HomeHeap = Heap<L, RegionArenaSource, RegionRaw>;

  HomeSubject(std::string_view name, unsigned region)
      : name_(name),
        region_(region),
        source_(region_, L::arena_size, L::pool_size, &journal_),
        raw_(region_, &journal_) {
    source_.lend_places_to(raw_);
    start();
  }

  [[nodiscard]] std::string_view name() const noexcept override { return name_; }

  [[nodiscard]] void* malloc(std::size_t size) override {
    return answer(size, [&] { return heap_->malloc(size); });
  }
  [[nodiscard]] void* calloc(std::size_t count, std::size_t size) override {
    std::size_t total = 0;
    if (__builtin_mul_overflow(count, size, &total)) total = std::numeric_limits<std::size_t>::max();
    return answer(total, [&] { return heap_->calloc(count, size); });
  }
  [[nodiscard]] void* realloc(void* block, std::size_t size) override {
    return answer(size, [&] { return heap_->realloc(block, size); });
  }
  void free(void* block) override { heap_->free(block); }

  [[nodiscard]] bool has(OperationKind function) const override {
    return function == OperationKind::malloc_usable_size || Subject::has(function);
  }
  [[nodiscard]] Answer call(const FunctionCall& call) override {
    if (call.function != OperationKind::malloc_usable_size) return Subject::call(call);
    return {.value = heap_->usable_size(call.block)};
  }

  [[nodiscard]] std::size_t owed_alignment(std::size_t size) const noexcept override {
    return size - 1 < L::small_request_threshold ? std::min<std::size_t>(L::alignment, 16) : 16;
  }
  [[nodiscard]] std::uint64_t reserves_from() const override { return RegionRaw::huge_least; }
  [[nodiscard]] bool refusal_justified() const override { return refusal_justified_; }

  [[nodiscard]] std::optional<std::size_t> block_size(const void* block) override {
    return heap_->owns(block) ? HomeHeap::block_size_in_pool(block)
                              : raw_.usable_size(const_cast<void*>(block));
  }
  [[nodiscard]] bool holds(const void* block, std::size_t size) const override {
    return source_.holds(address_of(block), size) || raw_.holds(address_of(block), size);
  }
  [[nodiscard]] std::string locate(const void* address) const override {
    return to_string(Inspection<L>(heap_->state(), readable()).where(address));
  }

  void fail_arenas(std::uint64_t requests) override { source_.fail_next(requests); }
  void fail_raw(std::uint64_t requests) override { raw_.fail_next(requests); }
  void place(Placement placement) override { source_.place(placement); }

  [[nodiscard]] std::optional<Violation> check() override {
    const CountedFromZero counted(heap_->mutable_state().totals, counts_begin);
    return pymalloc::check(heap_->state(), readable());
  }

  [[nodiscard]] std::optional<Violation> check_near(const void* block) override {
    return NearChecks<L>(heap_->state(), readable()).check(block);
  }

  [[nodiscard]] const HeapView* view() const override { return &view_; }
  [[nodiscard]] Journal* journal() override { return &journal_; }
  [[nodiscard]] std::uintptr_t origin() const override { return region_.base(); }

  [[nodiscard]] std::optional<Remains> remains() override {
    const HeapState<L>& state = heap_->state();
    const std::uint64_t used_pools = state.totals.pools - counts_begin.pools;
    const std::uint64_t own = 1 + (state.arenas != nullptr ? 1 : 0) + nodes();
    return Remains{.used_pools = used_pools,
                   .arenas = source_.live(),
                   .arenas_allowed = L::keeps_last_arena ? 1U : 0U,
                   .raw_blocks = raw_.live() - own};
  }

  [[nodiscard]] std::optional<std::string> teardown() override {
    heap_->~HomeHeap();
    raw_.free(heap_);
    if (source_.live() != 0) return std::to_string(source_.live()) + " arenas not released";
    if (raw_.live() != 0) return std::to_string(raw_.live()) + " blocks of the raw allocator not freed";
    return wrongly_given_back(source_, raw_);
  }

  void reset() override {
    source_.reset();
    raw_.reset();
    start();
  }

  [[nodiscard]] std::uint64_t digest() const override { return Digest<L>::of(heap_->state()); }

  std::size_t features(std::span<std::uint8_t> counters) const override {
    std::size_t written = 0;
    const auto add = [&](std::uint64_t count) {
      if (written < counters.size())
        counters[written++] = static_cast<std::uint8_t>(std::min<std::uint64_t>(count, 255));
    };
    const ArenaEvents& arenas = heap_->state().arena_events;
    for (const std::uint64_t count :
         {arenas.requested, arenas.refused, arenas.released, arenas.kept, arenas.exhausted, arenas.relisted,
          arenas.moved, arenas.table_grown, arenas.most}) {
      add(count);
    }
    for (const PoolEvents& pools : heap_->state().pool_events) {
      for (const std::uint64_t count : {pools.fresh, pools.taken_over, pools.converted, pools.filled,
                                        pools.relinked, pools.emptied, pools.longest}) {
        add(count);
      }
    }
    return written;
  }

 private:
  void start() {
    heap_ = new (raw_.malloc(sizeof(HomeHeap))) HomeHeap(source_, raw_);
    heap_->mutable_state().totals = counts_begin;
    view_.show(heap_->state(), region_.base(), region_.base() + Region::size, counts_begin);
    refusal_justified_ = true;
  }

  /// Performs a request and notes whether a NULL answer had a reason: the size, or that the raw allocator,
  /// which serves what nobody else can, refused this very request.
  template <class Request>
  [[nodiscard]] void* answer(std::size_t size, Request&& request) {
    const std::uint64_t refused = raw_.refused();
    void* const block = request();
    refusal_justified_ = block != nullptr || size > HomeHeap::max_request ||
                         (raw_.refused() != refused && last_refusal_is_of(journal_.entries(), size));
    return block;
  }

  /// Nodes of the radix tree, which the heap keeps until its end.
  [[nodiscard]] std::uint64_t nodes() const {
    if constexpr (HeapState<L>::has_radix_map) return heap_->state().map.nodes();
    return 0;
  }

  [[nodiscard]] Readable readable() const {
    return {[](const void* source, std::uintptr_t address, std::size_t size) {
              return static_cast<const RegionArenaSource*>(source)->holds(address, size);
            },
            &source_};
  }

  // In every other layout, so that a count which must begin with 0 does so in the rest.
  static constexpr Totals counts_begin = Layouts::index<L> % 2 == 0 ? Totals{} : late_counts;

  std::string_view name_;
  Region region_;
  Journal journal_;
  RegionArenaSource source_;
  RegionRaw raw_;
  HomeHeap* heap_ = nullptr;
  HomeView<L> view_;
  bool refusal_justified_ = true;
};

// Each layout has its own region in each instance, so that one process may hold all of them at once.
template <Layout L>
std::unique_ptr<Subject> make(unsigned instance) {
  constexpr auto number = static_cast<unsigned>(Layouts::index<L>);
  return std::make_unique<HomeSubject<L>>(name_of<L>(), Layouts::size * instance + number);
}

/// One subject a layout.
struct Registrations {
  Registrations() {
    Layouts::each([]<Layout L>() { SubjectRegistration(name_of<L>(), L::summary, &make<L>); });
  }
};
const Registrations registrations;

}  // namespace
}  // namespace poolhammer
