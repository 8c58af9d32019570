// A memory system by other ways than its own functions, and at the edges of what may be asked for.
#include <sys/mman.h>

#include <algorithm>
#include <array>
#include <bit>
#include <memory_resource>
#include <new>
#include <utility>

#include "allocator/api/memory_resource.hpp"
#include "allocator/poison.hpp"
#include "harness/subjects/system_subject.hpp"

namespace poolhammer {

using namespace pymalloc;

namespace {

constexpr std::size_t object_limit = PTRDIFF_MAX;

}  // namespace

void* SystemSubject::pass_door(void* door, DomainCall call) {
  const auto& [subject, domain] = *static_cast<Door*>(door);
  call.domain = domain;
  subject->by_doors_.push_back(call);
  const bool before = std::exchange(subject->behind_door_, true);
  subject->given_by_door_ = subject->judged(call);
  subject->behind_door_ = before;
  return subject->given_by_door_;
}

AllocatorFunctions SystemSubject::door(Domain domain) {
  return {&doors_.at(static_cast<std::size_t>(domain)),
          [](void* door, std::size_t size) {
            return pass_door(door, {Function::malloc, {}, nullptr, 0, size});
          },
          [](void* door, std::size_t count, std::size_t size) {
            return pass_door(door, {Function::calloc, {}, nullptr, count, size});
          },
          [](void* door, void* block, std::size_t size) {
            return pass_door(door, {Function::realloc, {}, block, 0, size});
          },
          [](void* door, void* block) {
            (void)pass_door(door, {Function::free, {}, block, 0, 0});
          }};
}

void SystemSubject::free_owned(Owned owned, void* block) {
  if (owned.alignment == 0) {
    (void)judged({Function::free, owned.domain, block, 0, 0});
    return;
  }
  DomainResource resource(front_, owned.domain);
  by_doors_.clear();
  owned_.erase(block);
  static_cast<std::pmr::memory_resource&>(resource).deallocate(block, owned.size, owned.alignment);
  const DomainCall due{Function::free, owned.domain, owned.given, 0, 0};
  if (by_doors_.size() != 1 || by_doors_.front() != due)
    note("domains.resource", "the block that the domain gave to go back to it, once", "another, or none");
}

void* SystemSubject::give_by_resource(std::size_t size, std::size_t alignment, Domain domain) {
  DomainResource resource(front_, domain);
  by_doors_.clear();
  given_by_door_ = nullptr;
  void* block = nullptr;
  bool refused = false;
  try {
    block = static_cast<std::pmr::memory_resource&>(resource).allocate(size, alignment);
  } catch (const std::bad_alloc&) {
    refused = true;
  }
  if (refused && by_doors_.empty() && size > object_limit) {
    refusal_justified_ = true;
    return nullptr;
  }
  if (by_doors_.size() != 1 || by_doors_.front().function != Function::malloc) {
    note("domains.resource", "one block to be asked of the domain",
         std::to_string(by_doors_.size()) + " calls");
    return block;
  }
  auto* const given = static_cast<std::byte*>(given_by_door_);
  if ((given == nullptr) != refused || (given == nullptr && !refusal_justified_))
    note("domains.resource", "std::bad_alloc exactly where the domain has no block",
         refused ? "std::bad_alloc" : "a block");
  if (given == nullptr || block == nullptr) return nullptr;
  const std::size_t offset = address_of(block) - address_of(given);
  const std::size_t asked = by_doors_.front().size;
  if (offset > asked || size > asked - offset)
    note("domains.resource", std::to_string(size) + " bytes inside the block of " + std::to_string(asked),
         "bytes from " + std::to_string(offset));
  owned_.erase(given);
  owned_[block] = {domain, given, size, alignment};
  return block;
}

void SystemSubject::refuse_by_resource(std::size_t below, std::size_t alignment) {
  DomainResource mine(front_, domain_);
  const auto other_domain = static_cast<Domain>((static_cast<unsigned>(domain_) + 1) % domains);
  std::pmr::memory_resource& resource = mine;
  const bool equal = resource.is_equal(DomainResource(front_, domain_)) && resource.is_equal(mine);
  const bool unequal = !resource.is_equal(DomainResource(front_, other_domain)) &&
                       !resource.is_equal(DomainResource(*system_, domain_)) &&
                       !resource.is_equal(*std::pmr::new_delete_resource());
  if (!equal || !unequal)
    note("domains.resource", "to be equal to a resource of the same system and domain alone",
         equal ? "equal to another" : "unequal to its like");
  by_doors_.clear();
  try {
    void* const block = resource.allocate(SIZE_MAX - below, alignment);
    note("domains.resource", "std::bad_alloc for " + std::to_string(SIZE_MAX - below) + " bytes", "a block");
    if (!by_doors_.empty()) (void)judged({Function::free, domain_, given_by_door_, 0, 0});
    (void)block;
  } catch (const std::bad_alloc&) {
    if (!by_doors_.empty() && by_doors_.front().size <= object_limit)
      note("domains.resource", "no request, or one that is too large",
           std::to_string(by_doors_.front().size) + " bytes asked for");
  }
}

void SystemSubject::ask_for_the_largest(void* pointer, unsigned function, std::size_t below) {
  const std::size_t size = object_limit - below;
  const Owned owned = owned_.at(pointer);
  void* given = nullptr;
  if (function == 0) {
    given = judged({Function::malloc, domain_, nullptr, 0, size});
  } else if (function == 1) {
    const bool one = below % 2 == 0;
    given = judged({Function::calloc, domain_, nullptr, one ? 1 : size, one ? size : 1});
  } else if (owned.alignment == 0) {
    given = judged({Function::realloc, owned.domain, pointer, 0, size});
  } else {
    return;
  }
  if (given != nullptr)
    note("domains.largest", "no block of " + std::to_string(size) + " bytes", "one");
  else if (!refusal_justified_)
    note("domains.largest",
         std::to_string(size) + " bytes, which with their guards are an object, to be asked for", "refused");
}

void SystemSubject::ask_for_nothing(unsigned function) {
  const std::array<DomainCall, 3> calls = {DomainCall{Function::malloc, domain_, nullptr, 0, 0},
                                           DomainCall{Function::calloc, domain_, nullptr, 0, SIZE_MAX},
                                           DomainCall{Function::calloc, domain_, nullptr, SIZE_MAX, 0}};
  void* const block = judged(calls.at(function));
  if (block != nullptr)
    (void)judged({Function::free, domain_, block, 0, 0});
  else if (!refusal_justified_)
    note("domains.empty", "a block for a size of 0", "none");
}

/// The C library's allocator and the system's arenas, as a system begins with them.
void SystemSubject::use_foundation(std::size_t size, std::size_t other) {
  const AllocatorFunctions f = libc_functions();
  const auto demand = [&](bool holds, const char* expected) {
    if (!holds) note("domains.foundation", expected, "something else");
  };
  void* const empty = f.malloc(f.context, 0);
  void* const second = f.calloc(f.context, SIZE_MAX, 0);
  void* const third = f.calloc(f.context, 0, SIZE_MAX);
  demand(empty != nullptr && second != nullptr && third != nullptr && empty != second && second != third,
         "distinct blocks for a size of 0");
  for (void* const block : {empty, second, third}) f.free(f.context, block);
  demand(f.malloc(f.context, object_limit + 1 + size) == nullptr, "no block over PTRDIFF_MAX");
  demand(f.calloc(f.context, SIZE_MAX / 2 + 1 + size, 2) == nullptr, "no block whose size overflows");
  auto* const long_one = static_cast<unsigned char*>(f.calloc(f.context, 1, size + 1));
  demand(long_one != nullptr && long_one[size] == 0, "zeroed bytes of one long element");
  f.free(f.context, long_one);
  auto* zeroed = static_cast<unsigned char*>(f.calloc(f.context, size + 1, 2));
  demand(zeroed != nullptr && zeroed[0] == 0 && zeroed[2 * size + 1] == 0, "zeroed bytes");
  if (zeroed == nullptr) return;
  zeroed[0] = 7;
  demand(f.realloc(f.context, zeroed, object_limit + 1) == nullptr && zeroed[0] == 7, "a refused realloc");
  auto* const moved = static_cast<unsigned char*>(f.realloc(f.context, zeroed, other + 1));
  demand(moved != nullptr && moved[0] == 7, "a block that keeps what it held");
  void* const nothing = f.realloc(f.context, moved, 0);
  demand(nothing != nullptr, "realloc to 0 bytes to give a block");
  void* const fresh = f.realloc(f.context, nullptr, 0);
  demand(fresh != nullptr && fresh != nothing, "realloc of a null pointer to 0 bytes to give a block");
  f.free(f.context, fresh);
  f.free(f.context, nothing);
#ifdef PYMALLOC_ADDRESS_SANITIZER
  demand(__asan_address_is_poisoned(nothing) != 0, "a block that was freed to be nobody's");
#endif
  f.free(f.context, nullptr);
  const ArenaFunctions arenas = os_arenas();
  void* const arena = arenas.allocate(arenas.context, Modern::arena_size);
  if (arena == nullptr) return;
  demand(address_of(arena) % 16 == 0, "an arena aligned to 16");
  auto* const bytes = static_cast<unsigned char*>(arena);
  demand(bytes[0] == 0 && bytes[Modern::arena_size - 1] == 0, "an arena of zeroes");
  bytes[0] = bytes[Modern::arena_size - 1] = 1;
  arenas.release(arenas.context, arena, Modern::arena_size);
}

/// A block so large that its size has more than 32 bits: of its base only the pages with guards are touched.
void SystemSubject::guard_more_than_4_gib(std::size_t more) {
  struct Base {
    std::byte* memory = nullptr;
    std::size_t size = 0;
    ~Base() {
      if (memory != nullptr) munmap(memory, size);
    }
  } base;
  const AllocatorFunctions from_base = {
      &base, [](void*, std::size_t) -> void* { return nullptr; },
      [](void* context, std::size_t count, std::size_t size) -> void* {
        auto& wanted = *static_cast<Base*>(context);
        wanted.size = count * size;
        void* const got = mmap(nullptr, wanted.size, PROT_READ | PROT_WRITE,
                               MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (got == MAP_FAILED) return nullptr;
        wanted.memory = static_cast<std::byte*>(got);
        return got;
      },
      [](void*, void*, std::size_t) -> void* { return nullptr; }, [](void*, void*) {}};
  SerialCounter counter;
  reports_.clear();
  DebugOptions options;
  options.serials = true;
  options.registry = false;
  options.handler = {[](void* subject, const BlockDamage& damage) {
                       static_cast<SystemSubject*>(subject)->reports_.push_back(damage);
                     },
                     this};
  DebugLayer guarding(from_base, Domain::object, counter, options);
  const std::size_t size = (std::size_t{4} << 30U) + 1 + more;
  const DebugModel model({.serials = true, .registry = false});
  auto* const data = static_cast<std::byte*>(guarding.calloc(1, size));
  if (base.memory == nullptr) return;  // the machine does not have so many addresses
  if (data == nullptr || base.size != model.total(size)) {
    note("domains.largest", std::to_string(model.total(size)) + " bytes to be asked for",
         std::to_string(base.size));
    return;
  }
  const DebugBlock block{data, size, Domain::object, 1};
  note(model.guards_hold(block));
  if (violation_) return;
  // A free would write all of it: it is made to see damage instead.
  data[size] ^= std::byte{0x80};
  guarding.free(data);
  BlockDamage expected =
      model.of_changed_byte(DamageKind::overflow, block, static_cast<std::ptrdiff_t>(size));
  expected.noticed_by = NoticedBy::free;
  const bool told = reports_.size() == 1;
  if (!told || reports_.front().size != expected.size || reports_.front().serial != expected.serial ||
      reports_.front().offset != expected.offset || reports_.front().kind != expected.kind)
    note("debug.diagnosis", report_text(expected),
         told ? to_string(reports_.front()) : "another number of reports");
  if (told) judge_text(reports_.front());
  reports_.clear();
}

void SystemSubject::begin_anew(unsigned serials, unsigned knowing, unsigned quarantine) {
  while (!owned_.empty()) {
    // The program's blocks in the order of their addresses, so that every run is the same.
    const auto first = std::ranges::min_element(owned_, {}, [](const auto& each) { return each.first; });
    const auto [block, owned] = *first;
    free_owned(owned, const_cast<void*>(block));
  }
  for (std::size_t i = 0; i < domains; ++i) flush(static_cast<Domain>(i));
  note(accusation());
  arenas_.enter();
  system_.reset();
  if (source_.live() != 0 || raw_.live() != 0 || !reports_.empty())
    note("domains.all-given-back", "everything given back by a system that ends, and nobody accused",
         std::to_string(source_.live()) + " arenas and " + std::to_string(raw_.live()) + " raw blocks left");
  constexpr std::array<std::size_t, 5> budgets = {0, 300, 4000, 100'000, 1};
  model_ = DebugModel({.serials = serials != 0,
                       .registry = knowing == 1,
                       .stacks = knowing == 2,
                       .quarantine = budgets.at(quarantine)});
  start();
}

void SystemSubject::set_allocator(unsigned context, unsigned variants) {
  DomainHooks::Setting setting;
  if (context != 0) setting.context = context - 1;
  for (unsigned i = 0; i < domain_functions; ++i) setting.variant.at(i) = variants >> i & 1U;
  hooks_.set(domain_, setting);
  note(hooks_.complaint());
}

void SystemSubject::set_arena_source(unsigned context, unsigned variants) {
  arenas_.set(*system_, {context, variants & 1U, variants >> 1U & 1U});
  note(arenas_.complaint());
}

}  // namespace poolhammer
