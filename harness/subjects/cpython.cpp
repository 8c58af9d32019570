#include <algorithm>
#include <atomic>
#include <bit>
#include <limits>
#include <set>
#include <stdexcept>

#include "allocator/heap.hpp"
#include "allocator/invariants/violation.hpp"
#include "allocator/region_raw.hpp"
#include "allocator/region_source.hpp"
#include "harness/subjects/given_back.hpp"
#include "harness/subjects/heap_view.hpp"
#include "harness/subjects/libpython.hpp"
#include "harness/subjects/subject.hpp"

namespace poolhammer {
namespace {

using namespace pymalloc;

/// No home subject of a usual instance has this region.
constexpr unsigned region_number = Region::limit - 1;

/// Holds the one state that libpython has.
class OnlyOne {
 public:
  OnlyOne() {
    if (taken_.exchange(true)) {
      throw std::runtime_error("cpython: this process has one already; CPython's heap is one to a process");
    }
  }
  OnlyOne(const OnlyOne&) = delete;
  OnlyOne& operator=(const OnlyOne&) = delete;
  ~OnlyOne() { taken_ = false; }

 private:
  static inline std::atomic<bool> taken_ = false;
};

/// The pools of CPython 3.11, whose headers have the fields of ours in the same order.
class CPythonView final : public HeapView {
 public:
  explicit CPythonView(std::uintptr_t region) : region_(region) {}

  [[nodiscard]] ModelLayout layout() const override { return model_layout<Modern>(); }
  [[nodiscard]] PoolView pool(std::uintptr_t address) const override {
    const auto* const header = std::bit_cast<const PoolHeader*>(address);
    return {.ref_count = peek(header->ref_count),
            .size_class = peek(header->szidx),
            .next_offset = peek(header->nextoffset),
            .max_next_offset = peek(header->maxnextoffset),
            .arena_index = peek(header->arenaindex),
            .freeblock = address_of(peek(header->freeblock)),
            .nextpool = pool_or_head(peek(header->nextpool)),
            .prevpool = pool_or_head(peek(header->prevpool))};
  }
  [[nodiscard]] std::uintptr_t link(std::uintptr_t block) const override {
    return address_of(link_of(std::bit_cast<const std::byte*>(block)));
  }

 private:
  /// The heads of the used lists are libpython's, outside of the region.
  [[nodiscard]] std::uintptr_t pool_or_head(const PoolHeader* pool) const {
    return address_of(pool) - region_ < Region::size ? address_of(pool) : 0;
  }

  std::uintptr_t region_;
};

/// CPython's own allocator with its arenas, tables and large blocks taken from a region, in the order and of
/// the sizes in which pymalloc:modern takes them: so that the same trace finds the same addresses on both,
/// counted from the start of the region.
class CPython final : public Subject {
 public:
  using HomeHeap = Heap<Modern, RegionArenaSource, RegionRaw>;
  using HomeMap = RadixMap<Modern>;

  CPython()
      : region_(region_number),
        source_(region_, Modern::arena_size, Modern::pool_size, &journal_),
        raw_(region_, &journal_),
        view_(region_.base()) {
    source_.lend_places_to(raw_);
    python_.get_arena_hooks(&old_arena_hooks_);
    python_.get_raw_hooks(Libpython::raw_domain, &old_raw_hooks_);
    ArenaHooks arenas{this, &allocate_arena, &release_arena};
    RawHooks raw{this, &raw_malloc, &raw_calloc, &raw_realloc, &raw_free};
    python_.set_arena_hooks(&arenas);
    python_.set_raw_hooks(Libpython::raw_domain, &raw);
    PutBack all(python_.variables());
    start();
    touch_every_variable();
    all.learn();
    put_back_ = std::make_unique<PutBack>(std::move(all));
    CPython::reset();
  }
  ~CPython() override {
    put_back_->put_back();
    python_.set_arena_hooks(&old_arena_hooks_);
    python_.set_raw_hooks(Libpython::raw_domain, &old_raw_hooks_);
  }

  [[nodiscard]] std::string_view name() const noexcept override { return "cpython"; }

  [[nodiscard]] void* malloc(std::size_t size) override {
    return answer(size, [&] { return python_.malloc(size); });
  }
  [[nodiscard]] void* calloc(std::size_t count, std::size_t size) override {
    std::size_t total = 0;
    if (__builtin_mul_overflow(count, size, &total)) total = std::numeric_limits<std::size_t>::max();
    return answer(total, [&] { return python_.calloc(count, size); });
  }
  [[nodiscard]] void* realloc(void* block, std::size_t size) override {
    return answer(size, [&] { return python_.realloc(block, size); });
  }
  void free(void* block) override { python_.free(block); }

  [[nodiscard]] std::size_t owed_alignment(std::size_t /*size*/) const noexcept override { return 16; }
  [[nodiscard]] std::uint64_t reserves_from() const override { return RegionRaw::huge_least; }
  [[nodiscard]] bool refusal_justified() const override { return refusal_justified_; }

  [[nodiscard]] std::optional<std::size_t> block_size(const void* block) override {
    if (!source_.holds(address_of(block), 1)) return raw_.usable_size(const_cast<void*>(block));
    return HomeHeap::block_size_in_pool(block);
  }
  [[nodiscard]] bool holds(const void* block, std::size_t size) const override {
    return source_.holds(address_of(block), size) || raw_.holds(address_of(block), size);
  }
  [[nodiscard]] std::string locate(const void* address) const override;

  void fail_arenas(std::uint64_t requests) override { source_.fail_next(requests); }
  void fail_raw(std::uint64_t requests) override { raw_.fail_next(requests); }
  void place(Placement placement) override { source_.place(placement); }

  [[nodiscard]] const HeapView* view() const override { return &view_; }
  [[nodiscard]] Journal* journal() override { return &journal_; }
  [[nodiscard]] std::uintptr_t origin() const override { return region_.base(); }

  [[nodiscard]] std::optional<Remains> remains() override {
    const std::uint64_t own = 1 + (table_ != nullptr ? 1 : 0) + nodes_;
    return Remains{.used_pools = used_pools(),
                   .arenas = source_.live(),
                   .arenas_allowed = 1,
                   .raw_blocks = raw_.live() - own};
  }

  /// CPython 3.11 never gives back its last arena or its tables: only what is wrong at any time is told.
  [[nodiscard]] std::optional<std::string> teardown() override { return wrongly_given_back(source_, raw_); }

  void reset() override {
    source_.reset();
    raw_.reset();
    put_back_->put_back();
    start();
  }

 private:
  /// A home heap lies in memory of the raw allocator itself; a block of its size keeps its place.
  void start() {
    table_ = nullptr;
    nodes_ = 0;
    arenas_.clear();
    requests_nodes_ = false;
    refusal_justified_ = true;
    static_cast<void>(raw_.malloc(sizeof(HomeHeap)));
  }

  void touch_every_variable();

  template <class Request>
  [[nodiscard]] void* answer(std::size_t size, Request&& request) {
    const std::uint64_t refused = raw_.refused();
    requests_nodes_ = false;
    void* const block = request();
    refusal_justified_ = block != nullptr || size > HomeHeap::max_request || raw_.refused() != refused;
    return block;
  }

  /// CPython has the root of its radix tree among its variables. Ours takes it from the raw allocator, once
  /// the first arena is had: a block of its size is taken here, and the arena not, where that is refused.
  static void* allocate_arena(void* context, std::size_t size) {
    CPython& self = *static_cast<CPython*>(context);
    void* const arena = self.source_.allocate(size);
    if (arena == nullptr) return nullptr;
    if (self.nodes_ == 0) {
      if (self.raw_.calloc(1, HomeMap::node_bytes<0>()) == nullptr) {
        self.source_.release(arena, size);
        return nullptr;
      }
      ++self.nodes_;
    }
    self.requests_nodes_ = true;
    self.arenas_.insert(address_of(arena));
    return arena;
  }

  static void release_arena(void* context, void* arena, std::size_t size) {
    CPython& self = *static_cast<CPython*>(context);
    self.requests_nodes_ = false;
    self.arenas_.erase(address_of(arena));
    self.source_.release(arena, size);
  }

  static void* raw_malloc(void* context, std::size_t size) {
    return static_cast<CPython*>(context)->raw_.malloc(std::max<std::size_t>(size, 1));
  }

  /// Nodes are told from blocks by their size: while a request obtains an arena, its own is small. Ours are
  /// some bytes larger, and so is what is taken for one.
  static void* raw_calloc(void* context, std::size_t count, std::size_t size) {
    CPython& self = *static_cast<CPython*>(context);
    const std::size_t total = count * size;  // never overflows: CPython looked
    if (!self.requests_nodes_ || total <= Modern::small_request_threshold)
      return self.raw_.calloc(std::max<std::size_t>(total, 1), 1);
    const bool leaf = total < HomeMap::node_bytes<1>() - sizeof(void*);
    void* const node = self.raw_.calloc(1, leaf ? HomeMap::node_bytes<2>() : HomeMap::node_bytes<1>());
    if (node != nullptr) ++self.nodes_;
    return node;
  }

  static void* raw_realloc(void* context, void* block, std::size_t size) {
    CPython& self = *static_cast<CPython*>(context);
    void* const resized = self.raw_.realloc(block, std::max<std::size_t>(size, 1));
    // A client's null pointer is CPython's own malloc: what grows from null here is the table of arenas.
    if (block == self.table_ && resized != nullptr) self.table_ = resized;
    return resized;
  }

  static void raw_free(void* context, void* block) { static_cast<CPython*>(context)->raw_.free(block); }

  [[nodiscard]] std::uint64_t used_pools() const {
    std::uint64_t used = 0;
    for (const std::uintptr_t arena : arenas_) {
      for (std::uintptr_t pool = first_pool_of<Modern>(arena);
           pool + Modern::pool_size <= arena + Modern::arena_size; pool += Modern::pool_size) {
        used += is_used(view_.pool(pool)) ? 1 : 0;
      }
    }
    return used;
  }

  /// What lies in a pool that was never carved may be anything, but no header of a pool in use.
  [[nodiscard]] static bool is_used(const PoolView& pool) {
    using Geo = Geometry<Modern>;
    return pool.ref_count != 0 && pool.size_class < Geo::classes &&
           pool.max_next_offset == Geo::max_next_offset(pool.size_class);
  }

  OnlyOne only_one_;
  Libpython python_;
  Region region_;
  Journal journal_;
  RegionArenaSource source_;
  RegionRaw raw_;
  CPythonView view_;
  ArenaHooks old_arena_hooks_{};
  RawHooks old_raw_hooks_{};
  std::unique_ptr<PutBack> put_back_;
  void* table_ = nullptr;            ///< of arena objects
  std::uint64_t nodes_ = 0;          ///< of the radix tree, with the one that stands for its root
  std::set<std::uintptr_t> arenas_;  ///< that the heap has
  bool requests_nodes_ = false;      ///< an arena was given to the request that is running
  bool refusal_justified_ = true;
};

/// Takes CPython's heap through every kind of change: each variable of it differs afterwards from what it was
/// before the first request.
void CPython::touch_every_variable() {
  std::vector<void*> blocks;
  const auto fill = [&](std::uint64_t arenas, std::size_t size) {
    while (source_.live() < arenas) blocks.push_back(python_.malloc(size));
  };
  for (std::size_t size = 1; size <= Modern::small_request_threshold; size += Modern::alignment) {
    blocks.push_back(python_.malloc(size));
  }
  fill(2, Modern::small_request_threshold);
  source_.place(Placement::misaligned);
  fill(Modern::initial_arena_objects + 1, Modern::small_request_threshold);
  blocks.push_back(python_.malloc(Modern::small_request_threshold + 1));
  // Half of them stay: lists and counts that an empty heap would have as at first are not.
  for (std::size_t i = 0; i < blocks.size() / 2; ++i) python_.free(blocks[i]);
}

std::string CPython::locate(const void* address) const {
  Location where{.arena = {}, .pool = {}, .block = {}, .size_class = {}, .address = address_of(address)};
  const auto after = arenas_.upper_bound(where.address);
  if (after == arenas_.begin()) return to_string(where);
  const std::uintptr_t arena = *std::prev(after);
  const std::uintptr_t first = first_pool_of<Modern>(arena);
  if (where.address - arena >= Modern::arena_size || where.address < first) return to_string(where);
  const PoolView pool = view_.pool(address_of(pool_of<Modern>(address)));
  where.arena = view_.pool(first).arena_index;
  where.pool = static_cast<std::uint32_t>((where.address - first) / Modern::pool_size);
  const std::uintptr_t offset = where.address % Modern::pool_size;
  if (pool.ref_count == 0 || pool.size_class >= HomeHeap::Geo::classes) return to_string(where);
  where.size_class = pool.size_class;
  if (offset >= HomeHeap::Geo::overhead) {
    where.block = static_cast<std::uint32_t>((offset - HomeHeap::Geo::overhead) /
                                             HomeHeap::Geo::block_size(pool.size_class));
  }
  return to_string(where);
}

const SubjectRegistration registration("cpython", "CPython 3.11's own object allocator, in libpython3.11",
                                       [](unsigned) -> std::unique_ptr<Subject> {
                                         return std::make_unique<CPython>();
                                       });

}  // namespace
}  // namespace poolhammer
