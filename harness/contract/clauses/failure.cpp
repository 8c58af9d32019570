#include <fmt/format.h>

#include <bit>
#include <cerrno>

#include "harness/contract/clause.hpp"
#include "harness/trace/text.hpp"

namespace poolhammer::contract {
namespace {

constexpr std::uint64_t half = std::uint64_t{1} << 63U;

/// Sizes that no allocator can have: over PTRDIFF_MAX, around SIZE_MAX, where additions overflow, and others
/// that the address space of the machine does not hold.
[[nodiscard]] std::vector<std::uint64_t> too_large() {
  std::vector<std::uint64_t> sizes = {half,
                                      half + 1,
                                      half + 4096,
                                      half - 1,
                                      half - 4096,
                                      std::uint64_t{1} << 62U,
                                      std::uint64_t{1} << 52U,
                                      std::uint64_t{1} << 48U};
  for (const std::uint64_t below :
       {0U,    1U,    7U,    8U,    14U,   15U,     16U,     23U,        24U,        31U,        32U,
        47U,   48U,   63U,   64U,   127U,  128U,    255U,    256U,       511U,       1024U,      2047U,
        4094U, 4095U, 4096U, 8191U, 8192U, 65'535U, 65'536U, 1'048'575U, 2'097'151U, 4'194'304U, 33'554'432U})
    sizes.push_back(~std::uint64_t{0} - below);
  return sizes;
}

/// Every too large size, with every alignment where the function takes one.
template <class Judge>
[[nodiscard]] std::vector<Probe> refusals(Function function, Judge judge) {
  std::vector<Probe> probes;
  std::vector<std::uint64_t> alignments = {16};
  if (takes_alignment(function)) alignments = {8, 16, 32, 64, 4096, 65'536, 1U << 21U};
  for (const std::uint64_t size : too_large()) {
    for (const std::uint64_t alignment : alignments) {
      // aligned_alloc may refuse a size that is no multiple for that alone.
      if (function == Function::aligned_alloc && size % alignment != 0) continue;
      Probe probe;
      judge(probe, allocation(0, function, size, alignment));
      probes.push_back(probe);
    }
  }
  return probes;
}

[[nodiscard]] std::vector<Probe> null_probes(const Knowledge&, Function function) {
  return refusals(function, [](Probe& probe, const Step& step) { probe = {step, expect(Expect::null)}; });
}

[[nodiscard]] std::vector<Probe> errno_probes(const Knowledge&, Function function) {
  return refusals(function, [](Probe& probe, const Step& step) {
    probe = {step, expect(Expect::failed_with, no_slot, ENOMEM)};
  });
}

[[nodiscard]] std::vector<Probe> status_probes(const Knowledge&, Function function) {
  return refusals(function, [](Probe& probe, const Step& step) {
    probe = {step, expect(Expect::failed_with, no_slot, ENOMEM)};
  });
}

/// Blocks of many sizes live through refusals, and more are to be had behind them.
[[nodiscard]] std::vector<Probe> unchanged_probes(const Knowledge& knowledge, Function function) {
  return refusals(function, [&](Probe& probe, const Step& refused) {
    std::uint16_t slot = 1;
    for (const std::uint64_t size : {1U, 16U, 24U, 100U, 512U, 1000U, 5000U, 70'000U}) {
      probe.push_back(allocation(slot, function, takes_alignment(function) ? (size + 15) / 16 * 16 : size));
      probe.push_back(fill(slot++));
    }
    probe.push_back(refused);
    if (knowledge.has(Function::realloc) && facts(function).family == Family::c)
      probe.push_back(resize(slot, Function::realloc, 3, 48));
    probe.push_back(allocation(static_cast<std::uint16_t>(slot + 1), function, 64));
    probe.push_back(fill(static_cast<std::uint16_t>(slot + 1)));
    probe.push_back(expect(Expect::all_kept));
  });
}

[[nodiscard]] std::vector<std::pair<std::uint64_t, std::uint64_t>> overflowing_products() {
  constexpr std::uint64_t most = ~std::uint64_t{0};
  std::vector<std::pair<std::uint64_t, std::uint64_t>> products = {
      {most, most}, {half, 2}, {2, half}, {most, 2}};
  for (const std::uint64_t factor : {2U, 3U, 4U, 8U, 16U, 24U, 48U, 100U, 4096U, 65'536U}) {
    const std::uint64_t other = most / factor + 1;  // the least whose product is over SIZE_MAX
    products.insert(products.end(),
                    {{other, factor}, {factor, other}, {other + 1, factor}, {other + 16, factor}});
  }
  const std::uint64_t root = std::uint64_t{1} << 32U;
  products.insert(products.end(), {{root, root}, {root + 1, root}, {root + 1, root - 1}});
  return products;
}

[[nodiscard]] std::vector<Probe> overflow_probes(const Knowledge&, Function function) {
  std::vector<Probe> probes;
  for (const auto& [count, size] : overflowing_products())
    probes.push_back({call(0, function, count, size), expect(Expect::null)});
  return probes;
}

[[nodiscard]] std::vector<Probe> overflow_errno_probes(const Knowledge&, Function function) {
  std::vector<Probe> probes;
  for (const auto& [count, size] : overflowing_products())
    probes.push_back({call(0, function, count, size), expect(Expect::failed_with, no_slot, ENOMEM)});
  return probes;
}

/// Whether a request was refused that the standards let be refused for want of memory alone.
[[nodiscard]] bool refused_for_memory(const ObservedCall& seen) {
  // What is the largest alignment is the implementation's choice, as is what is done with 0 bytes.
  constexpr std::size_t any_alignment = std::size_t{2} << 20U;
  const FunctionCall& call = seen.call;
  if (seen.answer.block != nullptr || seen.total == 0) return false;
  if (!asks_alignment(call.function)) return true;
  if (!std::has_single_bit(call.alignment) || call.alignment > any_alignment) return false;
  if (call.function == Function::posix_memalign) return call.alignment >= sizeof(void*);
  return call.function != Function::aligned_alloc || call.size % call.alignment == 0;
}

[[nodiscard]] std::optional<Complaint> errno_after_refusal(const ObservedCall& seen) {
  if (!refused_for_memory(seen) || seen.answer.error == ENOMEM) return std::nullopt;
  return Complaint{"", "", "errno is ENOMEM after a request that was refused",
                   fmt::format("errno is {}", errno_text(static_cast<std::uint64_t>(seen.answer.error)))};
}

[[nodiscard]] std::optional<Complaint> status_after_refusal(const ObservedCall& seen) {
  if (!refused_for_memory(seen) || seen.answer.status == ENOMEM) return std::nullopt;
  return Complaint{"", "", "the result ENOMEM for a request that was refused",
                   fmt::format("the result {}", errno_text(static_cast<std::uint64_t>(seen.answer.status)))};
}

[[nodiscard]] std::optional<Complaint> thrown_or_given(const ObservedCall& seen) {
  if (!facts(seen.call.function).throws || seen.answer.threw || seen.answer.block != nullptr)
    return std::nullopt;
  return Complaint{"", "", "a block, or std::bad_alloc", "NULL"};
}

const ClauseRegistration null({
    .id = "failure.null",
    .tier = Tier::must,
    .promise = "A request that cannot be met gives no block.",
    .source = "ISO C17 7.22.3p1 and 7.22.3.1p3 to 7.22.3.5p4; POSIX.1-2024 posix_memalign, reallocarray",
    .functions = {Function::malloc, Function::calloc, Function::realloc, Function::reallocarray,
                  Function::aligned_alloc, Function::posix_memalign},
    .generate = null_probes,
});

const ClauseRegistration gnu_null({
    .id = "failure.null-gnu",
    .tier = Tier::expected,
    .promise = "A request of memalign, valloc or pvalloc that cannot be met gives no block.",
    .source = "Linux man-pages, posix_memalign(3), RETURN VALUE",
    .functions = {Function::memalign, Function::valloc, Function::pvalloc},
    .generate = null_probes,
});

[[nodiscard]] std::vector<Function> operators_new() {
  std::vector<Function> all = all_allocators();
  std::erase_if(all, [](Function function) { return facts(function).family == Family::c; });
  return all;
}

[[nodiscard]] std::vector<Probe> handler_probes(const Knowledge&, Function function) {
  return refusals(function, [](Probe& probe, const Step& step) {
    probe = {plain(Verb::set_handler), step, expect(Expect::handled)};
  });
}

const ClauseRegistration new_fails({
    .id = "new.fails",
    .tier = Tier::must,
    .promise = "An operator new that cannot get the memory throws std::bad_alloc, or gives NULL where it may "
               "not throw.",
    .source = "ISO C++20 [new.delete.single]p3-7, [new.delete.array]p3-6",
    .functions = operators_new(),
    .judge = thrown_or_given,
    .generate = null_probes,
});

const ClauseRegistration new_handler({
    .id = "new.handler",
    .tier = Tier::expected,
    .promise = "An operator new that cannot get the memory calls the new handler.",
    .source =
        "ISO C++20 [new.delete.single]p4 and p7: what the standard library's own do, and programs that set a "
        "handler rely on; one that replaces them may, [basic.stc.dynamic.allocation]p4",
    .functions = operators_new(),
    .generate = handler_probes,
});

const ClauseRegistration failed_errno({
    .id = "failure.errno",
    .tier = Tier::must,
    .promise = "A request that cannot be met sets errno to ENOMEM.",
    .source = "POSIX.1-2024 malloc, calloc, realloc, aligned_alloc, ERRORS",
    .functions = {Function::malloc, Function::calloc, Function::realloc, Function::reallocarray,
                  Function::aligned_alloc},
    .standard_only = true,
    .judge = errno_after_refusal,
    .generate = errno_probes,
});

const ClauseRegistration gnu_errno({
    .id = "failure.errno-gnu",
    .tier = Tier::expected,
    .promise = "A request of memalign, valloc or pvalloc that cannot be met sets errno to ENOMEM.",
    .source = "Linux man-pages, posix_memalign(3), ERRORS",
    .functions = {Function::memalign, Function::valloc, Function::pvalloc},
    .standard_only = true,
    .judge = errno_after_refusal,
    .generate = errno_probes,
});

const ClauseRegistration status({
    .id = "failure.status",
    .tier = Tier::must,
    .promise = "posix_memalign returns ENOMEM where there is not enough memory.",
    .source = "POSIX.1-2024 posix_memalign, ERRORS",
    .functions = {Function::posix_memalign},
    .standard_only = true,
    .judge = status_after_refusal,
    .generate = status_probes,
});

const ClauseRegistration unchanged({
    .id = "failure.changes-nothing",
    .tier = Tier::must,
    .promise = "A request that cannot be met leaves every live block as it was.",
    .source = "ISO C17 6.2.4p2",
    .functions = all_allocators(),
    .generate = unchanged_probes,
});

const ClauseRegistration overflow({
    .id = "overflow.null",
    .tier = Tier::must,
    .promise = "A product of count and size that does not fit into size_t gives no block.",
    .source = "ISO C17 7.22.3.2p3 (no such space can be had); POSIX.1-2024 calloc, realloc",
    .functions = {Function::calloc},
    .generate = overflow_probes,
});

const ClauseRegistration overflow_errno({
    .id = "overflow.errno",
    .tier = Tier::must,
    .promise = "A product of count and size that does not fit into size_t sets errno to ENOMEM.",
    .source = "POSIX.1-2024 calloc, realloc, ERRORS",
    .functions = {Function::calloc, Function::reallocarray},
    .standard_only = true,
    .generate = overflow_errno_probes,
});

}  // namespace
}  // namespace poolhammer::contract
