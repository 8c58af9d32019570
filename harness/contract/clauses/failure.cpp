#include <fmt/format.h>

#include <array>
#include <bit>
#include <cerrno>

#include "harness/base/counted.hpp"
#include "harness/contract/clause.hpp"
#include "harness/contract/overflowing.hpp"
#include "harness/contract/refused.hpp"
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
[[nodiscard]] std::vector<Operation> refused_requests(Function function) {
  std::vector<Operation> requests;
  std::vector<std::uint64_t> alignments = {16};
  if (takes_alignment(function)) alignments = {8, 16, 32, 64, 4096, 65'536, 1U << 21U};
  for (const std::uint64_t size : too_large()) {
    for (const std::uint64_t alignment : alignments) {
      // aligned_alloc may refuse a size that is no multiple for that alone.
      if (function == Function::aligned_alloc && size % alignment != 0) continue;
      requests.push_back(allocation(0, function, size, alignment));
    }
  }
  return requests;
}

[[nodiscard]] std::vector<Program> refused_programs(const Knowledge&, Function function) {
  std::vector<Program> programs;
  for (const Operation& request : refused_requests(function)) {
    // Whether it has the alignment at all is asked first.
    if (asks_alignment(function))
      programs.push_back({allocation(1, function, request.alignment, request.alignment), request});
    else
      programs.push_back({request});
  }
  return programs;
}

/// Blocks of many sizes live through refusals, and more are to be had behind them.
[[nodiscard]] std::vector<Program> unchanged_programs(const Knowledge&, Function function) {
  std::vector<Program> programs;
  for (const Operation& request : refused_requests(function)) {
    Program program;
    std::uint32_t slot = 1;
    for (const std::uint64_t size : {1U, 16U, 24U, 100U, 512U, 1000U, 5000U, 70'000U})
      program.push_back(allocation(slot++, function, askable(function, size)));
    program.push_back(request);
    if (facts(function).family == Family::c) program.push_back(allocation(3, Function::realloc, 48));
    program.push_back(allocation(slot, function, 64));
    program.push_back(act(OperationKind::check));
    programs.push_back(program);
  }
  return programs;
}

[[nodiscard]] std::vector<Program> overflow_programs(const Knowledge&, Function function) {
  std::vector<Program> programs;
  for (const auto& [count, size] : overflowing_products())
    programs.push_back({allocation_of(0, function, count, size)});
  return programs;
}

[[nodiscard]] bool overflows(const ObservedCall& seen) {
  std::size_t bytes = 0;
  return takes_count(seen.call.function) && __builtin_mul_overflow(seen.call.count, seen.call.size, &bytes);
}

[[nodiscard]] std::optional<Complaint> no_enomem(const ObservedCall& seen) {
  if (seen.answer.error == ENOMEM) return std::nullopt;
  return Complaint{"", "", "errno is ENOMEM after a request that was refused",
                   fmt::format("errno is {}", errno_text(static_cast<std::uint64_t>(seen.answer.error)))};
}

[[nodiscard]] std::optional<Complaint> errno_after_overflow(const ObservedCall& seen) {
  return seen.refused() && overflows(seen) ? no_enomem(seen) : std::nullopt;
}

[[nodiscard]] std::optional<Complaint> errno_after_refusal(const ObservedCall& seen) {
  // Overflows and limits have clauses of their own.
  if (!refused_for_memory(seen) || overflows(seen) || seen.around.limited) return std::nullopt;
  return no_enomem(seen);
}

[[nodiscard]] std::optional<Complaint> status_after_refusal(const ObservedCall& seen) {
  if (!refused_for_memory(seen) || seen.around.limited || seen.answer.status == ENOMEM) return std::nullopt;
  return Complaint{"", "", "the result ENOMEM for a request that was refused",
                   fmt::format("the result {}", errno_text(static_cast<std::uint64_t>(seen.answer.status)))};
}

[[nodiscard]] std::optional<Complaint> thrown_or_given(const ObservedCall& seen) {
  if (!facts(seen.call.function).throws || seen.answer.threw || seen.answer.block != nullptr)
    return std::nullopt;
  return Complaint{"", "", "a block, or std::bad_alloc", "NULL"};
}

const ClauseRegistration failure_null({
    .id = "failure.null",
    .tier = Tier::must,
    .promise = "A request that cannot be met gives no block.",
    .source = "ISO C17 7.22.3p1 and 7.22.3.1p3 to 7.22.3.5p4; POSIX.1-2024 posix_memalign, reallocarray",
    .functions = {Function::malloc, Function::calloc, Function::realloc, Function::reallocarray,
                  Function::aligned_alloc, Function::posix_memalign},
    .oracles = {too_much_granted},
    .of_the_answer = true,
    .programs = refused_programs,
});

const ClauseRegistration gnu_null({
    .id = "failure.null-gnu",
    .tier = Tier::expected,
    .promise = "A request of memalign, valloc or pvalloc that cannot be met gives no block.",
    .source = "Linux man-pages, posix_memalign(3), RETURN VALUE",
    .functions = {Function::memalign, Function::valloc, Function::pvalloc},
    .oracles = {too_much_granted},
    .of_the_answer = true,
    .programs = refused_programs,
});

[[nodiscard]] std::vector<Function> operators_new() {
  std::vector<Function> all = all_allocators();
  std::erase_if(all, [](Function function) { return facts(function).family == Family::c; });
  return all;
}

[[nodiscard]] std::vector<Program> handler_programs(const Knowledge&, Function function) {
  std::vector<Program> programs;
  for (const Operation& request : refused_requests(function))
    programs.push_back({act(OperationKind::set_handler), request});
  return programs;
}

[[nodiscard]] std::optional<Complaint> handler_called(const ObservedCall& seen) {
  if (!seen.refused() || !seen.around.handler || seen.answer.handled >= handler_calls) return std::nullopt;
  return Complaint{
      "", "", fmt::format("the new handler is called {} times, and then takes itself away", handler_calls),
      seen.answer.handled == 0 ? "it is not" : counted(seen.answer.handled, "time")};
}

[[nodiscard]] std::vector<Program> throwing_handler_programs(const Knowledge&, Function function) {
  std::vector<Program> programs;
  for (const std::uint64_t exception : {0U, 1U}) {
    for (const Operation& request : refused_requests(function))
      programs.push_back({act(OperationKind::set_throwing_handler, exception), request});
  }
  return programs;
}

[[nodiscard]] std::string_view words(Thrown thrown) {
  constexpr std::array<std::string_view, 4> all = {"NULL, and no exception", "std::bad_alloc",
                                                   "the exception of a derived type", "another exception"};
  return all[static_cast<std::size_t>(thrown)];
}

/// What a handler threw, after which it is installed no more.
[[nodiscard]] std::optional<Complaint> let_through(const ObservedCall& seen) {
  const Thrown threw = seen.around.throws;
  if (!seen.refused() || threw == Thrown::nothing || seen.answer.handled == 0) return std::nullopt;
  const Thrown due = facts(seen.call.function).throws ? threw : Thrown::nothing;
  if (seen.answer.thrown == due) return std::nullopt;
  return Complaint{"", "",
                   fmt::format("{}, as the new handler threw {}", words(due),
                               threw == Thrown::bad_alloc ? "std::bad_alloc" : "a type derived from it"),
                   std::string(words(seen.answer.thrown))};
}

const ClauseRegistration new_fails({
    .id = "new.fails",
    .tier = Tier::must,
    .promise = "An operator new that cannot get the memory throws std::bad_alloc, or gives NULL where it may "
               "not throw.",
    .source = "ISO C++20 [new.delete.single]p3-7, [new.delete.array]p3-6",
    .functions = operators_new(),
    .judge = thrown_or_given,
    .oracles = {too_much_granted},
    .of_the_answer = true,
    .programs = refused_programs,
});

const ClauseRegistration new_handler({
    .id = "new.handler",
    .tier = Tier::expected,
    .promise = "An operator new that cannot get the memory calls the new handler, as long as there is one.",
    .source =
        "ISO C++20 [new.delete.single]p4 and p7: what the standard library's own do, and programs that set a "
        "handler rely on; one that replaces them may, [basic.stc.dynamic.allocation]p4",
    .functions = operators_new(),
    .judge = handler_called,
    .programs = handler_programs,
});

const ClauseRegistration handler_throws({
    .id = "new.handler-throws",
    .tier = Tier::expected,
    .promise =
        "What the new handler throws comes out of operator new as it is, and makes a form that does not "
        "throw give NULL.",
    .source =
        "ISO C++20 [new.delete.single]p4 and p7, [new.delete.array]p4 and p6: what the standard library's "
        "own do, given a handler of [new.handler]p2; one that replaces them may throw another "
        "std::bad_alloc, "
        "[basic.stc.dynamic.allocation]p4",
    .functions = operators_new(),
    .judge = let_through,
    .of_the_answer = true,
    .programs = throwing_handler_programs,
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
    .programs = refused_programs,
});

const ClauseRegistration gnu_errno({
    .id = "failure.errno-gnu",
    .tier = Tier::expected,
    .promise = "A request of memalign, valloc or pvalloc that cannot be met sets errno to ENOMEM.",
    .source = "Linux man-pages, posix_memalign(3), ERRORS",
    .functions = {Function::memalign, Function::valloc, Function::pvalloc},
    .standard_only = true,
    .judge = errno_after_refusal,
    .programs = refused_programs,
});

const ClauseRegistration failure_status({
    .id = "failure.status",
    .tier = Tier::must,
    .promise = "posix_memalign returns ENOMEM where there is not enough memory.",
    .source = "POSIX.1-2024 posix_memalign, ERRORS",
    .functions = {Function::posix_memalign},
    .standard_only = true,
    .judge = status_after_refusal,
    .programs = refused_programs,
});

const ClauseRegistration failure_unchanged({
    .id = "failure.changes-nothing",
    .tier = Tier::must,
    .promise = "A request that cannot be met leaves every live block as it was.",
    .source = "ISO C17 6.2.4p2",
    .functions = all_allocators(),
    .oracles = {contents_kept},
    .programs = unchanged_programs,
});

const ClauseRegistration failure_overflow({
    .id = "overflow.null",
    .tier = Tier::must,
    .promise = "A product of count and size that does not fit into size_t gives no block.",
    .source = "ISO C17 7.22.3.2p3 (no such space can be had); POSIX.1-2024 calloc, realloc",
    .functions = {Function::calloc},
    .oracles = {too_much_granted},
    .of_the_answer = true,
    .programs = overflow_programs,
});

const ClauseRegistration overflow_errno({
    .id = "overflow.errno",
    .tier = Tier::must,
    .promise = "A product of count and size that does not fit into size_t sets errno to ENOMEM.",
    .source = "POSIX.1-2024 calloc, realloc, ERRORS",
    .functions = {Function::calloc, Function::reallocarray},
    .standard_only = true,
    .judge = errno_after_overflow,
    .programs = overflow_programs,
});

}  // namespace
}  // namespace poolhammer::contract
