#pragma once

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

namespace poolhammer {

// What a C++ type needs to be hammered, and what else it may have. What it has is found by its name:
//
//   void* allocate(size)                      a block; NULL or std::bad_alloc where there is none
//   void* allocate(size, alignment)           taken before the former
//   void deallocate(block)                    or with the size, or with the size and the alignment that the
//                                             block was asked for with; the longest form is taken
//   void* calloc(count, size)                 as in ISO C
//   void* realloc(block, size)                as in ISO C; never called with NULL
//   void* realloc(block, old_size, size)      taken before the former
//   std::size_t usable_size(block)            the bytes that the owner of a live block may use
//   check()                                   text that says what is damaged: a string or a const char*,
//   empty
//                                             or NULL for nothing, or an optional of one
//   std::size_t bytes_in_use()                must be 0 once every block is freed
//   bool may_refuse(size)                     asked behind a refusal: whether it was right; else all are
//   void fail_next(requests)                  refuse so many requests for memory below, from now on
//   teardown()                                as check(), asked once every block is freed, before the end
//   static constexpr auto operations()        what else it can do, see own.hpp
//
//   static constexpr std::size_t alignment          what every block is aligned to, in bytes
//   static constexpr std::size_t largest_alignment  the largest that allocate may be asked for
//   static constexpr std::size_t largest_request    no larger size is ever asked for
//   static constexpr bool zero_sized_blocks         allocate(0) gives a block of its own; else 1 is asked for
//   static constexpr bool keeps_capacity            what fitted fits again when all is freed; else say false
//   static constexpr bool coalesces                 all that fitted at first does then, whatever came between
// An exception other than std::bad_alloc ends the process, which is a finding.

namespace detail {

template <class A>
concept Frees = requires(A& allocator, void* block, std::size_t number) {
  allocator.deallocate(block);
}
|| requires(A& allocator, void* block, std::size_t number) {
  allocator.deallocate(block, number);
}
|| requires(A& allocator, void* block, std::size_t number) {
  allocator.deallocate(block, number, number);
};

template <class A>
concept TakesAlignment = requires(A& allocator, std::size_t number) {
  { allocator.allocate(number, number) } -> std::convertible_to<void*>;
};

template <class A>
concept TakesSize = requires(A& allocator, std::size_t number) {
  { allocator.allocate(number) } -> std::convertible_to<void*>;
};

template <class A>
concept HasCalloc = requires(A& allocator, std::size_t number) {
  { allocator.calloc(number, number) } -> std::convertible_to<void*>;
};

template <class A>
concept HasSizedRealloc = requires(A& allocator, void* block, std::size_t number) {
  { allocator.realloc(block, number, number) } -> std::convertible_to<void*>;
};

template <class A>
concept HasRealloc = HasSizedRealloc<A> || requires(A& allocator, void* block, std::size_t number) {
  { allocator.realloc(block, number) } -> std::convertible_to<void*>;
};

/// ISO C's calloc and realloc know no alignment: a type that has one of them is asked for none.
template <class A>
concept ChoosesAlignment = TakesAlignment<A> && !HasCalloc<A> && !HasRealloc<A>;

// Constants: a member of an object is none. (gcc 12 takes it for one where a constant is asked for directly.)
template <class Pointer>
concept OfAnObject = std::is_member_pointer_v<Pointer>;
template <class A>
concept PromisesAlignment = !requires {
  { &A::alignment } -> OfAnObject;
}
&&requires {
  A::alignment;
};
template <class A>
concept LimitsAlignment = !requires {
  { &A::largest_alignment } -> OfAnObject;
}
&&requires {
  A::largest_alignment;
};
template <class A>
concept LimitsRequests = !requires {
  { &A::largest_request } -> OfAnObject;
}
&&requires {
  A::largest_request;
};
template <class A>
concept SaysZeroSized = !requires {
  { &A::zero_sized_blocks } -> OfAnObject;
}
&&requires {
  A::zero_sized_blocks;
};

/// Of every block, in bytes.
template <class A>
[[nodiscard]] constexpr std::optional<std::size_t> promised_alignment() {
  if constexpr (PromisesAlignment<A>) {
    static_assert(std::has_single_bit(std::size_t{A::alignment}), "an alignment is a power of two");
    return A::alignment;
  } else {
    return std::nullopt;
  }
}

template <class A>
[[nodiscard]] constexpr std::size_t largest_alignment() {
  if constexpr (LimitsAlignment<A>) return A::largest_alignment;
  return alignof(std::max_align_t);
}

template <class A>
[[nodiscard]] constexpr std::size_t largest_request() {
  if constexpr (LimitsRequests<A>) return A::largest_request;
  return std::numeric_limits<std::size_t>::max();
}

template <class A>
[[nodiscard]] constexpr bool keeps_capacity() {
  if constexpr (requires {
                  { A::keeps_capacity } -> std::convertible_to<bool>;
                })
    return A::keeps_capacity;
  return true;
}

template <class A>
[[nodiscard]] constexpr bool coalesces() {
  if constexpr (requires {
                  { A::coalesces } -> std::convertible_to<bool>;
                }) {
    static_assert(!A::coalesces || keeps_capacity<A>(), "what coalesces keeps its capacity");
    return A::coalesces;
  }
  return false;
}

template <class A>
[[nodiscard]] constexpr bool zero_sized_blocks() {
  if constexpr (SaysZeroSized<A>) return A::zero_sized_blocks;
  return false;
}

/// The alignment that a size is asked for with, up to `largest`: programs ask for none, so each size has one
/// of its own, all of them equally often.
[[nodiscard]] constexpr std::size_t alignment_chosen_for(std::size_t size, std::size_t largest) {
  constexpr std::uint64_t golden = 0x9E3779B97F4A7C15;
  return std::size_t{1} << ((size * golden >> 32U) % static_cast<unsigned>(std::bit_width(largest)));
}

/// What a type says of itself, in any of the forms allowed above.
template <class Text>
[[nodiscard]] std::optional<std::string> complaint_in(const Text& text) {
  if constexpr (requires { text.has_value(); }) {
    return text ? complaint_in(*text) : std::nullopt;
  } else {
    if constexpr (std::convertible_to<Text, const char*>) {
      if (text == nullptr) return std::nullopt;
    }
    const std::string_view words = text;
    return words.empty() ? std::nullopt : std::optional<std::string>(words);
  }
}

}  // namespace detail

/// A type that can be hammered: default construction makes a fresh one. What else it has is above.
template <class A>
concept AllocatorUnderTest = std::default_initializable<A> && detail::Frees<A> &&
    (detail::TakesSize<A> || detail::TakesAlignment<A>);

}  // namespace poolhammer
