#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <tuple>
#include <type_traits>

#include "harness/subjects/allocator_under_test.hpp"
#include "harness/subjects/own.hpp"
#include "harness/subjects/source.hpp"

namespace poolhammer::detail {

template <class A>
[[nodiscard]] constexpr Giving giving_of() {
  if (requires(A & a, void* block, std::size_t n) { a.deallocate(block, n, n); })
    return Giving::block_size_alignment;
  if (requires(A & a, void* block, std::size_t n) { a.deallocate(block, n); }) return Giving::block_size;
  return Giving::block;
}

template <class A, class Function, bool FreesAll, class... Parameters>
[[nodiscard]] constexpr OwnSource own_source_of(
    const OwnOperationSpec<Function, FreesAll, Parameters...>& /*spec*/) {
  using Result = OwnResult<A, OwnOperationSpec<Function, FreesAll, Parameters...>>;
  OwnSource source;
  if (std::is_same_v<Result, void*>) {
    source.returns = OwnSource::Returns::block;
  } else if (std::is_same_v<std::remove_cvref_t<Result>, bool>) {
    source.returns = OwnSource::Returns::verdict;
  } else if (!std::is_void_v<Result>) {
    source.returns = OwnSource::Returns::text;
  }
  source.takes_numbers = std::is_invocable_v<
      const Function&, DeclaringType<A>&,
      std::conditional_t<Parameters::kind == ParameterKind::block, void*, std::size_t>...>;
  return source;
}

/// What a program can call of A, which is registered in `file`.
template <class A>
[[nodiscard]] SubjectSource source_of_type(std::string_view file, std::string_view built_as) {
  SubjectSource source;
  source.type = type_name<A>();
  source.declaring = type_name<DeclaringType<A>>();
  source.file = file;
  source.built_as = built_as;
  source.resource = !std::is_same_v<DeclaringType<A>, A>;
  source.takes_alignment = TakesAlignment<A>;
  source.chooses_alignment = ChoosesAlignment<A>;
  source.alignment = promised_alignment<A>().value_or(0);
  source.largest_alignment = largest_alignment<A>();
  source.largest_request = largest_request<A>();
  source.zero_sized = zero_sized_blocks<A>();
  source.giving = giving_of<A>();
  source.calloc = HasCalloc<A>;
  source.resizing = HasSizedRealloc<A> ? Resizing::old_size : HasRealloc<A> ? Resizing::size : Resizing::none;
  source.usable_size = requires(A & a, void* block) {
    { a.usable_size(block) } -> std::convertible_to<std::size_t>;
  };
  source.fails = requires(A & a) {
    a.fail_next(std::uint64_t{});
  };
  source.checks = requires(A & a) {
    complaint_in(a.check());
  };
  source.counts_bytes = requires(A & a) {
    { a.bytes_in_use() } -> std::convertible_to<std::size_t>;
  };
  source.tears_down = requires(A & a) {
    complaint_in(a.teardown());
  };
  if constexpr (DeclaresOperations<A>) {
    std::apply([&](const auto&... specs) { source.own = {own_source_of<A>(specs)...}; }, own_specs<A>);
  }
  return source;
}

}  // namespace poolhammer::detail
