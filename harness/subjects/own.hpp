#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <stdexcept>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "harness/trace/machine.hpp"
#include "harness/trace/own_operation.hpp"

namespace poolhammer {

// How a type under test declares what it has beside allocate and deallocate:
//
//   static constexpr auto operations() {
//     return poolhammer::operations(
//         poolhammer::operation("trim", &Mine::trim, poolhammer::in_range(0, 1 << 20)),
//         poolhammer::operation("resize", &Mine::resize, poolhammer::block(), poolhammer::size_in(1, 65536)),
//         poolhammer::reset("clear", &Mine::clear));
//   }
//
// An operation is a member function, or a function or a lambda that takes the allocator first. It returns
// nothing; or false or a text, as check() does, where something is wrong; or a block (void*): with block()
// among its parameters the same block with another size, else a new one. NULL and std::bad_alloc refuse it. A
// bad range does not compile.

/// A parameter of an operation.
template <ParameterKind Kind, ParameterRole Role = ParameterRole::none, std::size_t Words = 0>
struct OwnParameterSpec {
  static constexpr ParameterKind kind = Kind;
  static constexpr ParameterRole role = Role;
  std::uint64_t least = 0;
  std::uint64_t most = 0;
  std::array<std::string_view, Words> words = {};
};

namespace detail {

/// A live block that the operation frees.
struct FreedBlockSpec : OwnParameterSpec<ParameterKind::block> {};

template <ParameterKind Kind, ParameterRole Role, class Least, class Most>
[[nodiscard]] constexpr OwnParameterSpec<Kind, Role> range(Least least, Most most) {
  if (std::cmp_less(least, 0) || std::cmp_less(most, least))
    throw std::invalid_argument("a range of numbers that are not negative, the smaller one first");
  if (Role != ParameterRole::none && std::cmp_greater(most, largest_size))
    throw std::invalid_argument("a range of sizes that the machine has");
  const OwnParameterSpec<Kind, Role> spec{
      static_cast<std::uint64_t>(least), static_cast<std::uint64_t>(most), {}};
  if (Kind == ParameterKind::power_of_two &&
      (!std::has_single_bit(spec.least) || !std::has_single_bit(spec.most)))
    throw std::invalid_argument("a range from one power of two to another");
  return spec;
}

}  // namespace detail

/// A whole number from `least` to `most`, each as likely.
template <std::integral Least, std::integral Most>
[[nodiscard]] constexpr auto in_range(Least least, Most most) {
  return detail::range<ParameterKind::number, ParameterRole::none>(least, most);
}
/// The same, small ones as likely as large ones.
template <std::integral Least, std::integral Most>
[[nodiscard]] constexpr auto in_log_range(Least least, Most most) {
  return detail::range<ParameterKind::magnitude, ParameterRole::none>(least, most);
}
/// A power of two from `least` to `most`, which are such.
template <std::integral Least, std::integral Most>
[[nodiscard]] constexpr auto powers_of_two(Least least, Most most) {
  return detail::range<ParameterKind::power_of_two, ParameterRole::none>(least, most);
}
/// The bytes of the block that the operation gives.
template <std::integral Least, std::integral Most>
[[nodiscard]] constexpr auto size_in(Least least, Most most) {
  return detail::range<ParameterKind::magnitude, ParameterRole::size>(least, most);
}
/// The alignment of the block that the operation gives: a power of two.
template <std::integral Least, std::integral Most>
[[nodiscard]] constexpr auto alignment_in(Least least, Most most) {
  return detail::range<ParameterKind::power_of_two, ParameterRole::alignment>(least, most);
}
/// The number of one of the words, from 0, as an integer or an enumerator; programs name it by its word.
template <std::convertible_to<std::string_view>... Words>
[[nodiscard]] constexpr auto choice(Words... words) {
  static_assert(sizeof...(words) > 0, "a choice from one word at least");
  return OwnParameterSpec<ParameterKind::choice, ParameterRole::none, sizeof...(words)>{
      0, sizeof...(words) - 1, {words...}};
}
/// A live block, whose contents stay.
[[nodiscard]] constexpr OwnParameterSpec<ParameterKind::block> block() {
  return {};
}
/// A live block that is freed.
[[nodiscard]] constexpr detail::FreedBlockSpec freed_block() {
  return {};
}
/// The bytes that this block was asked for with.
[[nodiscard]] constexpr OwnParameterSpec<ParameterKind::block_size> block_size() {
  return {};
}

template <class Function, bool FreesAll, class... Parameters>
struct OwnOperationSpec {
  static constexpr bool frees_all = FreesAll;
  std::string_view name;
  Function function;
  std::tuple<Parameters...> parameters;
};

namespace detail {

template <bool FreesAll, class Function, class... Parameters>
[[nodiscard]] constexpr auto own_operation(std::string_view name, Function function,
                                           Parameters... parameters) {
  static_assert((std::size_t{Parameters::kind != ParameterKind::block &&
                             Parameters::kind != ParameterKind::block_size} +
                 ... + 0) <= own_numbers,
                "an operation takes at most three numbers");
  static_assert((std::size_t{Parameters::kind == ParameterKind::block} + ... + 0) <= 1,
                "an operation takes at most one block");
  constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
  if (name.empty() || name.find_first_not_of(letters) != std::string_view::npos)
    throw std::invalid_argument("the name of an operation has letters, digits, _ and -");
  return OwnOperationSpec<Function, FreesAll, Parameters...>{name, function, {parameters...}};
}

}  // namespace detail

/// `function` is called with the allocator and a value of each parameter.
template <class Function, class... Parameters>
[[nodiscard]] constexpr auto operation(std::string_view name, Function function, Parameters... parameters) {
  return detail::own_operation<false>(name, function, parameters...);
}
/// An operation that frees every block at once.
template <class Function, class... Parameters>
[[nodiscard]] constexpr auto reset(std::string_view name, Function function, Parameters... parameters) {
  return detail::own_operation<true>(name, function, parameters...);
}

/// All that a type has. Traces know them by their places in this list: new ones come last.
template <class... Specs>
[[nodiscard]] constexpr std::tuple<Specs...> operations(Specs... specs) {
  static_assert(sizeof...(specs) <= 256, "a type has at most 256 operations");
  return {specs...};
}

namespace detail {

/// The type that declares: a wrapper's is the one inside.
template <class A>
struct Declaring {
  using type = A;
};
template <class A>
requires requires {
  typename A::DeclaringType;
}
struct Declaring<A> {
  using type = typename A::DeclaringType;
};
template <class A>
using DeclaringType = typename Declaring<A>::type;

template <class A>
concept DeclaresOperations = requires {
  std::tuple_size<std::remove_cvref_t<decltype(DeclaringType<A>::operations())>>::value;
};

/// A constant, so that a bad range does not compile.
template <DeclaresOperations A>
inline constexpr auto own_specs = DeclaringType<A>::operations();

/// A number as whatever arithmetic or enumeration type a function takes.
struct AnyNumber {
  std::uint64_t number;

  template <class T>
  requires(std::is_arithmetic_v<T> || std::is_enum_v<T>) constexpr operator T() const {
    // What a program of 64 bits says is never cut to a smaller size.
    if constexpr (std::is_same_v<T, std::size_t>) return static_cast<T>(std::min(number, largest_size));
    return static_cast<T>(number);
  }
};

template <class Parameter>
[[nodiscard]] constexpr auto argument(void* block, std::size_t size, AnyNumber number) {
  if constexpr (Parameter::kind == ParameterKind::block)
    return block;
  else if constexpr (Parameter::kind == ParameterKind::block_size)
    return size;
  else
    return number;
}

/// Calls the operation. `allocator` is of the type that declares it.
template <class A, class Function, bool FreesAll, class... Parameters>
decltype(auto) invoke_own(const OwnOperationSpec<Function, FreesAll, Parameters...>& spec, A& allocator,
                          void* block, std::size_t size, const OwnNumbers& numbers) {
  static_assert(std::is_invocable_v<const Function&, A&,
                                    decltype(argument<Parameters>(nullptr, std::size_t{}, AnyNumber{}))...>,
                "an operation is called with the allocator and one argument for each parameter");
  std::size_t next = 0;
  const auto take = [&]<class Parameter>(const Parameter&) {
    constexpr bool is_number =
        Parameter::kind != ParameterKind::block && Parameter::kind != ParameterKind::block_size;
    return argument<Parameter>(block, size, AnyNumber{is_number ? numbers[next++] : 0});
  };
  // In braces, arguments are evaluated from left to right.
  std::tuple arguments = std::apply(
      [&](const Parameters&... parameters) { return std::tuple{take(parameters)...}; }, spec.parameters);
  return std::apply(
      [&](auto&... values) -> decltype(auto) { return std::invoke(spec.function, allocator, values...); },
      arguments);
}

template <class A, class Spec>
using OwnResult = decltype(invoke_own(std::declval<const Spec&>(), std::declval<DeclaringType<A>&>(), nullptr,
                                      std::size_t{}, OwnNumbers{}));

/// Whether it gives a block, new or not.
template <class A, class Spec>
inline constexpr bool returns_block = std::is_same_v<OwnResult<A, Spec>, void*>;

template <class A, class Function, bool FreesAll, class... Parameters>
[[nodiscard]] constexpr OwnEffect effect_of(
    std::type_identity<OwnOperationSpec<Function, FreesAll, Parameters...>>) {
  using Spec = OwnOperationSpec<Function, FreesAll, Parameters...>;
  constexpr bool takes_block = ((Parameters::kind == ParameterKind::block) || ...);
  constexpr bool frees_block = (std::is_same_v<Parameters, FreedBlockSpec> || ...);
  constexpr bool takes_size = ((Parameters::role == ParameterRole::size) || ...);
  constexpr bool takes_alignment = ((Parameters::role == ParameterRole::alignment) || ...);
  static_assert(takes_block || !((Parameters::kind == ParameterKind::block_size) || ...),
                "block_size() is of the block of block()");
  static_assert(returns_block<A, Spec> == takes_size,
                "an operation that returns a block (void*) tells its size by size_in(), no other does");
  static_assert(returns_block<A, Spec> || !takes_alignment,
                "alignment_in() is of a block that the operation returns");
  static_assert(!FreesAll || (!takes_block && !returns_block<A, Spec>),
                "an operation that frees every block takes none and returns none");
  static_assert(!frees_block || !returns_block<A, Spec>, "what resizes a block takes it by block()");
  if (FreesAll) return OwnEffect::frees_all;
  if (frees_block) return OwnEffect::frees;
  if (!returns_block<A, Spec>) return OwnEffect::none;
  return takes_block ? OwnEffect::resizes : OwnEffect::gives;
}

template <class A, class Function, bool FreesAll, class... Parameters>
[[nodiscard]] OwnOperation declaration_of(const OwnOperationSpec<Function, FreesAll, Parameters...>& spec) {
  OwnOperation declaration{
      spec.name, {}, effect_of<A>(std::type_identity<OwnOperationSpec<Function, FreesAll, Parameters...>>{})};
  std::apply(
      [&](const Parameters&... parameters) {
        (declaration.parameters.push_back({Parameters::kind,
                                           Parameters::role,
                                           parameters.least,
                                           parameters.most,
                                           {parameters.words.begin(), parameters.words.end()}}),
         ...);
      },
      spec.parameters);
  return declaration;
}

/// What A declares, by number.
template <class A>
[[nodiscard]] std::span<const OwnOperation> own_operations() {
  static_assert(
      !requires { std::tuple_size<std::remove_cvref_t<decltype(DeclaringType<A>::operations)>>::value; },
      "operations is a static function that returns poolhammer::operations(...)");
  if constexpr (DeclaresOperations<A>) {
    static const std::vector<OwnOperation> declared = std::apply(
        [](const auto&... specs) { return std::vector<OwnOperation>{declaration_of<A>(specs)...}; },
        own_specs<A>);
    return declared;
  } else {
    return {};
  }
}

/// Calls visit(spec) with the operation of that number.
template <class A, class Visit>
void visit_own(std::uint8_t number, Visit&& visit) {
  if constexpr (DeclaresOperations<A>) {
    std::size_t index = 0;
    std::apply([&](const auto&... specs) { ((index++ == number ? visit(specs) : void()), ...); },
               own_specs<A>);
  }
}

}  // namespace detail

}  // namespace poolhammer
