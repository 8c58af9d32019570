#include "harness/subjects/system_hooks.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <string>
#include <string_view>

#include "harness/subjects/system_figures.hpp"
#include "harness/trace/operation.hpp"

namespace poolhammer {
namespace {

using namespace pymalloc;
using Function = DomainCall::Function;

constexpr std::array<std::string_view, domain_functions> function_words = {"malloc", "calloc", "realloc",
                                                                           "free"};

// Those whose functions a system may be calling now. A function that was given a wrong context must not
// follow it.
DomainHooks* calling = nullptr;
ArenaHooks* arenas_of = nullptr;

[[nodiscard]] std::string words_of(const DomainCall& call) {
  return std::string(function_words.at(static_cast<std::size_t>(call.function))) + " of " +
         std::string(to_string(call.domain)) + ", block " + hex(std::bit_cast<std::uintptr_t>(call.block)) +
         ", count " + std::to_string(call.count) + ", size " + std::to_string(call.size);
}

[[nodiscard]] bool same(const AllocatorFunctions& a, const AllocatorFunctions& b) {
  return a.context == b.context && a.malloc == b.malloc && a.calloc == b.calloc && a.realloc == b.realloc &&
         a.free == b.free;
}

}  // namespace

template <unsigned variant>
struct DomainHooks::Entry {
  static void* malloc(void* context, std::size_t size) {
    const AllocatorFunctions& f =
        calling->entered(context, {Function::malloc, {}, nullptr, 0, size}, variant);
    return f.malloc(f.context, size);
  }
  static void* calloc(void* context, std::size_t count, std::size_t size) {
    const AllocatorFunctions& f =
        calling->entered(context, {Function::calloc, {}, nullptr, count, size}, variant);
    return f.calloc(f.context, count, size);
  }
  static void* realloc(void* context, void* block, std::size_t size) {
    const AllocatorFunctions& f = calling->entered(context, {Function::realloc, {}, block, 0, size}, variant);
    return f.realloc(f.context, block, size);
  }
  static void free(void* context, void* block) {
    const AllocatorFunctions& f = calling->entered(context, {Function::free, {}, block, 0, 0}, variant);
    f.free(f.context, block);
  }
};

DomainHooks::DomainHooks() {
  for (std::size_t i = 0; i < domains; ++i) {
    for (unsigned number = 0; number < contexts; ++number)
      contexts_.at(i).at(number) = {static_cast<Domain>(i), number};
  }
}

DomainHooks::~DomainHooks() {
  if (calling == this) calling = nullptr;
}

void DomainHooks::begin(MemorySystem& system) {
  system_ = &system;
  for (std::size_t i = 0; i < domains; ++i) bare_.at(i) = system.allocator(static_cast<Domain>(i));
  settings_ = {};
  complaint_.reset();
}

AllocatorFunctions DomainHooks::functions_of(Domain domain, const Setting& setting) {
  if (!setting.context) return bare_.at(index(domain));
  using First = Entry<0>;
  using Second = Entry<1>;
  const auto& variant = setting.variant;
  return {
      &contexts_.at(index(domain)).at(*setting.context), variant[0] == 0 ? &First::malloc : &Second::malloc,
      variant[1] == 0 ? &First::calloc : &Second::calloc,
      variant[2] == 0 ? &First::realloc : &Second::realloc, variant[3] == 0 ? &First::free : &Second::free};
}

void DomainHooks::set(Domain domain, const Setting& setting) {
  settings_.at(index(domain)) = setting;
  system_->set_allocator(domain, functions_of(domain, setting));
  for (std::size_t i = 0; i < domains; ++i) {
    const auto each = static_cast<Domain>(i);
    if (same(system_->allocator(each), functions_of(each, settings_.at(i)))) continue;
    complain("domains.get-set", "the allocator of " + std::string(to_string(each)) + " that was set last",
             "another, after one was set for " + std::string(to_string(domain)));
  }
}

void DomainHooks::expect(const DomainCall& call) {
  calling = this;
  expected_ = call;
  arrived_ = 0;
}

void DomainHooks::settle() {
  const unsigned due = settings_.at(index(expected_.domain)).context ? 1 : 0;
  if (arrived_ != due)
    complain("domains.allocator-called",
             std::to_string(due) + " calls of the allocator that was set, by " + words_of(expected_),
             std::to_string(arrived_));
}

const AllocatorFunctions& DomainHooks::entered(const void* context, const DomainCall& seen,
                                               unsigned variant) {
  ++arrived_;
  const std::size_t domain = index(expected_.domain);
  const Setting& setting = settings_.at(domain);
  const auto function = static_cast<std::size_t>(seen.function);
  const bool is_set = setting.context && context == &contexts_.at(domain).at(*setting.context) &&
                      variant == setting.variant.at(function) && seen.function == expected_.function;
  if (!is_set)
    complain("domains.allocator-called",
             "the function that was set, with its own context, for " + words_of(expected_),
             std::string(function_words.at(function)) + " with context " +
                 hex(std::bit_cast<std::uintptr_t>(context)));
  DomainCall of_domain = seen;
  of_domain.domain = expected_.domain;
  if (of_domain != expected_) complain("domains.arguments", words_of(expected_), words_of(of_domain));
  return bare_.at(domain);
}

void DomainHooks::complain(std::string_view oracle, std::string expected, std::string found) {
  if (!complaint_) complaint_ = Violation{oracle, {}, std::move(expected), std::move(found)};
}

template <unsigned variant>
struct ArenaHooks::Entry {
  static void* allocate(void* context, std::size_t size) {
    arenas_of->entered(context, arenas_of->setting_.allocate == variant, size);
    return arenas_of->allocate(size);
  }
  static void release(void* context, void* arena, std::size_t size) {
    arenas_of->entered(context, arenas_of->setting_.release == variant, size);
    arenas_of->release(arena, size);
  }
};

ArenaHooks::ArenaHooks(RegionArenaSource& source) : source_(source) {}

ArenaHooks::~ArenaHooks() {
  if (arenas_of == this) arenas_of = nullptr;
}

ArenaFunctions ArenaHooks::begin() {
  enter();
  setting_ = {};
  live_.clear();
  requested_ = refused_ = released_ = most_ = 0;
  complaint_.reset();
  return functions_of(setting_);
}

void ArenaHooks::enter() {
  arenas_of = this;
}

ArenaFunctions ArenaHooks::functions_of(const Setting& setting) {
  return {&contexts_.at(setting.context), setting.allocate == 0 ? &Entry<0>::allocate : &Entry<1>::allocate,
          setting.release == 0 ? &Entry<0>::release : &Entry<1>::release};
}

void ArenaHooks::set(MemorySystem& system, const Setting& setting) {
  setting_ = setting;
  const ArenaFunctions wanted = functions_of(setting);
  system.set_arena_source(wanted);
  const ArenaFunctions now = system.arena_source();
  if (now.context == wanted.context && now.allocate == wanted.allocate && now.release == wanted.release)
    return;
  if (!complaint_)
    complaint_ = Violation{"domains.get-set", {}, "the arena source that was set last", "another"};
}

void ArenaHooks::entered(const void* context, bool is_set, std::size_t size) {
  if (complaint_ || (is_set && context == &contexts_.at(setting_.context) && size == Modern::arena_size))
    return;
  complaint_ =
      Violation{"domains.arena-source",
                {},
                "the function that was set last, with its own context and " +
                    std::to_string(Modern::arena_size) + " bytes",
                std::string(is_set ? "it" : "another") + " with context " +
                    hex(std::bit_cast<std::uintptr_t>(context)) + " and " + std::to_string(size) + " bytes"};
}

void* ArenaHooks::allocate(std::size_t size) {
  ++requested_;
  void* const arena = source_.allocate(size);
  if (arena == nullptr) {
    ++refused_;
    return nullptr;
  }
  begin_counting(address_of(arena), size);
  live_[std::bit_cast<std::uintptr_t>(arena)] = size;
  most_ = std::max<std::uint64_t>(most_, live_.size());
  return arena;
}

void ArenaHooks::release(void* arena, std::size_t size) {
  ++released_;
  live_.erase(std::bit_cast<std::uintptr_t>(arena));
  source_.release(arena, size);
}

}  // namespace poolhammer
