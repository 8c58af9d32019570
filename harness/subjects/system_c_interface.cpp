// A memory system behind the C interface of the process's own.
#include <array>
#include <string>
#include <utility>

#include "allocator/api/default_system.hpp"
#include "allocator/api/pymalloc.h"
#include "harness/subjects/system_subject.hpp"

namespace poolhammer {

using namespace pymalloc;

namespace {

[[nodiscard]] bool same(const pymalloc_allocator& a, const pymalloc_allocator& b) {
  return a.context == b.context && a.malloc == b.malloc && a.calloc == b.calloc && a.realloc == b.realloc &&
         a.free == b.free;
}

[[nodiscard]] pymalloc_allocator of(const AllocatorFunctions& f) {
  return {f.context, f.malloc, f.calloc, f.realloc, f.free};
}

/// The allocators of the process's own system, which are as they were at the end.
class DefaultAllocators {
 public:
  DefaultAllocators() {
    for (std::size_t i = 0; i < domains; ++i) pymalloc_get_allocator(domain(i), &kept_.at(i));
  }
  DefaultAllocators(const DefaultAllocators&) = delete;
  DefaultAllocators& operator=(const DefaultAllocators&) = delete;
  ~DefaultAllocators() {
    for (std::size_t i = 0; i < domains; ++i) pymalloc_set_allocator(domain(i), &kept_.at(i));
  }

  [[nodiscard]] static pymalloc_domain domain(std::size_t number) {
    return static_cast<pymalloc_domain>(number);
  }
  [[nodiscard]] static pymalloc_allocator now(pymalloc_domain domain) {
    pymalloc_allocator allocator{};
    pymalloc_get_allocator(domain, &allocator);
    return allocator;
  }
  [[nodiscard]] bool unchanged() const {
    for (std::size_t i = 0; i < domains; ++i)
      if (!same(now(domain(i)), kept_.at(i))) return false;
    return true;
  }

 private:
  std::array<pymalloc_allocator, domains> kept_{};
};

/// What is wrong with the allocators that the names of choices choose; empty where nothing.
[[nodiscard]] std::string wrong_choice() {
  const auto chosen = [](const char* name) {
    std::array<pymalloc_allocator, domains> allocators{};
    if (pymalloc_choose(name) != 0) return std::pair(false, allocators);
    for (std::size_t i = 0; i < domains; ++i)
      allocators.at(i) = DefaultAllocators::now(DefaultAllocators::domain(i));
    return std::pair(true, allocators);
  };
  const auto [knows_raw, raw] = chosen("malloc");
  const auto [knows_default, usual] = chosen("default");
  const auto [knows_debug, debug] = chosen("debug");
  const auto [knows_raw_debug, raw_debug] = chosen("malloc_debug");
  if (!knows_raw || !knows_default || !knows_debug || !knows_raw_debug) return "a name is unknown";
  if (!same(raw[0], raw[1]) || !same(raw[0], raw[2])) return "malloc: not one allocator for all domains";
  if (!same(usual[0], raw[0])) return "default: Raw is not the C library's";
  if (!same(usual[1], usual[2])) return "default: Mem and Object are not served alike";
  if (same(usual[1], raw[0]) == with_pools) return "default: pools do not serve as they should";
  for (const auto& layers : {debug, raw_debug}) {
    for (const auto& [a, b] : {std::pair(0U, 1U), std::pair(1U, 2U), std::pair(0U, 2U)})
      if (layers.at(a).context == layers.at(b).context) return "debug: two domains share a layer";
  }
  if (!same(debug[0], raw_debug[0])) return "debug: Raw has two layers over one allocator";
  if (with_pools && same(debug[1], raw_debug[1])) return "debug: pools do not serve as they should";
  if (!with_pools) return {};
  const auto [knows_pools, pools] = chosen("pymalloc");
  const auto [knows_pools_debug, pools_debug] = chosen("pymalloc_debug");
  if (!knows_pools || !knows_pools_debug) return "a name is unknown";
  for (std::size_t i = 0; i < domains; ++i)
    if (!same(pools.at(i), usual.at(i)) || !same(pools_debug.at(i), debug.at(i)))
      return "default and debug are not those of the pools";
  return {};
}

}  // namespace

/// The process's own system passes the call on to this one.
void* SystemSubject::call_c_interface(const DomainCall& call) {
  const DefaultAllocators kept;
  const auto domain = static_cast<pymalloc_domain>(call.domain);
  const pymalloc_allocator here = of(door(call.domain));
  pymalloc_set_allocator(domain, &here);
  if (!same(DefaultAllocators::now(domain), here))
    note("domains.get-set", "the C interface to tell the allocator that was set", "another");
  by_doors_.clear();
  void* answer = nullptr;
  switch (call.function) {
    case Function::malloc:
      answer = pymalloc_malloc(domain, call.size);
      break;
    case Function::calloc:
      answer = pymalloc_calloc(domain, call.count, call.size);
      break;
    case Function::realloc:
      answer = pymalloc_realloc(domain, call.block, call.size);
      break;
    case Function::free:
      pymalloc_free(domain, call.block);
      break;
  }
  if (by_doors_.size() != 1 || by_doors_.front() != call)
    note("domains.c-interface", "the allocator of the domain to be called once, with the caller's arguments",
         by_doors_.empty() ? "no call" : "another call, or more");
  else if (answer != given_by_door_)
    note("domains.c-interface", "what the allocator of the domain gave", "another address");
  return answer;
}

void SystemSubject::use_c_interface(unsigned what) {
  const DefaultAllocators kept;
  const auto taken = [](char* text) {
    std::string result = text == nullptr ? "" : text;
    pymalloc_free(PYMALLOC_RAW, text);
    return result;
  };
  const auto demand = [&](bool holds, const char* expected) {
    if (!holds) note("domains.c-interface", expected, "something else");
  };
  if (what > 1) {
    // Texts come from Raw, and no other domain is asked for them.
    for (const Domain domain : {Domain::mem, Domain::object}) {
      const pymalloc_allocator here = of(door(domain));
      pymalloc_set_allocator(static_cast<pymalloc_domain>(domain), &here);
    }
    by_doors_.clear();
  }
  switch (what) {
    case 0: {
      // Not what an unknown name could be taken for.
      demand(pymalloc_choose("malloc") == 0, "the name malloc to be known");
      const DefaultAllocators chosen;
      for (const char* name : {"pools", "", "Malloc", "debug "})
        demand(pymalloc_choose(name) == -1 && chosen.unchanged(),
               "an unknown name to give -1 and change nothing");
      break;
    }
    case 1:
      if (const std::string wrong = wrong_choice(); !wrong.empty())
        note("domains.c-interface", "each name to choose its allocators", wrong);
      break;
    case 2:
      demand(taken(pymalloc_statistics_text()) == to_text(default_system().statistics()),
             "the statistics as text");
      break;
    case 3:
      demand(taken(pymalloc_statistics_json()) == to_json(default_system().statistics()),
             "the statistics as JSON");
      break;
    case 4:
      demand(taken(pymalloc_check()).empty(), "no violation in the system of the process");
      break;
    default: {
      pymalloc_arena_source before{};
      pymalloc_get_arena_source(&before);
      const pymalloc_arena_source refusing = {&before, [](void*, size_t) -> void* { return nullptr; },
                                              before.release};
      pymalloc_set_arena_source(&refusing);
      pymalloc_arena_source now{};
      pymalloc_get_arena_source(&now);
      demand(now.context == refusing.context && now.allocate == refusing.allocate &&
                 now.release == refusing.release,
             "the arena source that was set");
      pymalloc_set_arena_source(&before);
    }
  }
}

}  // namespace poolhammer
