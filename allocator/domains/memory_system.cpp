#include "allocator/domains/memory_system.hpp"

#include <algorithm>
#include <limits>

namespace pymalloc {
namespace {

constexpr std::size_t max_request = std::numeric_limits<std::ptrdiff_t>::max();

}  // namespace

AllocatorFunctions libc_functions() {
  // No size of 0 reaches the C library, whose answer to that varies.
  const auto malloc = [](void*, std::size_t size) -> void* {
    return size > max_request ? nullptr : LibcRaw::malloc(std::max<std::size_t>(size, 1));
  };
  const auto calloc = [](void*, std::size_t count, std::size_t size) -> void* {
    if (size != 0 && count > max_request / size) return nullptr;
    return count == 0 || size == 0 ? LibcRaw::calloc(1, 1) : LibcRaw::calloc(count, size);
  };
  const auto realloc = [](void*, void* block, std::size_t size) -> void* {
    return size > max_request ? nullptr : LibcRaw::realloc(block, std::max<std::size_t>(size, 1));
  };
  const auto free = [](void*, void* block) { LibcRaw::free(block); };
  return {nullptr, malloc, calloc, realloc, free};
}

ArenaFunctions os_arenas() {
  const auto allocate = [](void*, std::size_t size) { return OsArenaSource::allocate(size); };
  const auto release = [](void*, void* arena, std::size_t size) { OsArenaSource::release(arena, size); };
  return {nullptr, allocate, release};
}

namespace {

/// The raw allocator of a system as a heap calls it.
struct FunctionsRaw {
  AllocatorFunctions f;

  [[nodiscard]] void* malloc(std::size_t size) const { return f.malloc(f.context, size); }
  [[nodiscard]] void* calloc(std::size_t count, std::size_t size) const {
    return f.calloc(f.context, count, size);
  }
  [[nodiscard]] void* realloc(void* block, std::size_t size) const {
    return f.realloc(f.context, block, size);
  }
  void free(void* block) const { f.free(f.context, block); }
  /// A domain's allocator does not tell; nobody asks the heap of a system.
  [[nodiscard]] static std::size_t usable_size(const void* /*block*/) { return 0; }
};

}  // namespace

class MemorySystem::SharedHeap {
  using Pools = Heap<Modern, SetSource, FunctionsRaw>;

  [[nodiscard]] static SharedHeap& of(void* context) { return *static_cast<SharedHeap*>(context); }

  template <class Use>
  auto locked(const Use& use) {
    const std::lock_guard lock(mutex_);
    return use(heap_);
  }

 public:
  SharedHeap(const AllocatorFunctions& raw, const Published<ArenaFunctions>& arenas)
      : source_{&arenas}, raw_{raw}, heap_(source_, raw_) {}

  [[nodiscard]] AllocatorFunctions functions() {
    const auto malloc = [](void* context, std::size_t size) -> void* {
      return of(context).locked([&](Pools& heap) { return heap.malloc(size); });
    };
    const auto calloc = [](void* context, std::size_t count, std::size_t size) -> void* {
      return of(context).locked([&](Pools& heap) { return heap.calloc(count, size); });
    };
    const auto realloc = [](void* context, void* block, std::size_t size) -> void* {
      return of(context).locked([&](Pools& heap) { return heap.realloc(block, size); });
    };
    const auto free = [](void* context, void* block) {
      of(context).locked([&](Pools& heap) { heap.free(block); });
    };
    return {this, malloc, calloc, realloc, free};
  }

  [[nodiscard]] Statistics statistics() {
    return locked([](const Pools& heap) { return gather(heap.state()); });
  }
  [[nodiscard]] Check check(Readable readable) {
    return locked([&](const Pools& heap) { return pymalloc::check(heap.state(), readable); });
  }

 private:
  std::mutex mutex_;
  SetSource source_;
  FunctionsRaw raw_;
  Pools heap_;
};

MemorySystem::MemorySystem(Choice choice, const Foundation& foundation)
    : raw_(foundation.raw),
      debug_(foundation.debug),
      arenas_(foundation.arenas),
      heap_(std::make_unique<SharedHeap>(raw_, arenas_)),
      slots_{Published(raw_), Published(raw_), Published(raw_)} {
  choose(choice);
}

MemorySystem::~MemorySystem() = default;

void MemorySystem::choose(Choice choice) {
  const AllocatorFunctions small = with_pools && choice.pools ? heap_->functions() : raw_;
  const std::array bases = {raw_, small, small};
  for (std::size_t i = 0; i < domains; ++i) {
    const auto domain = static_cast<Domain>(i);
    set_allocator(domain, choice.debug ? guarded(bases[i], domain) : bases[i]);
  }
}

AllocatorFunctions MemorySystem::guarded(const AllocatorFunctions& base, Domain domain) {
  const std::lock_guard lock(layering_);
  for (Layer& known : layers_) {
    if (known.base == base && known.domain == domain) return known.layer.functions();
  }
  return layers_.emplace_back(base, domain, serials_, debug_).layer.functions();
}

std::vector<DebugLayer*> MemorySystem::debug_layers() {
  const std::lock_guard lock(layering_);
  std::vector<DebugLayer*> result;
  for (Layer& known : layers_) result.push_back(&known.layer);
  return result;
}

void* MemorySystem::malloc(Domain domain, std::size_t size) const {
  const AllocatorFunctions& f = slot(domain).get();
  return f.malloc(f.context, size);
}

void* MemorySystem::calloc(Domain domain, std::size_t count, std::size_t size) const {
  const AllocatorFunctions& f = slot(domain).get();
  return f.calloc(f.context, count, size);
}

void* MemorySystem::realloc(Domain domain, void* block, std::size_t size) const {
  const AllocatorFunctions& f = slot(domain).get();
  return f.realloc(f.context, block, size);
}

void MemorySystem::free(Domain domain, void* block) const {
  const AllocatorFunctions& f = slot(domain).get();
  f.free(f.context, block);
}

void MemorySystem::set_allocator(Domain domain, const AllocatorFunctions& functions) {
  slots_[static_cast<std::size_t>(domain)].set(functions);
}

Statistics MemorySystem::statistics() const {
  return heap_->statistics();
}

Check MemorySystem::check(Readable readable) const {
  return heap_->check(readable);
}

}  // namespace pymalloc
