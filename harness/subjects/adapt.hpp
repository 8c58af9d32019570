#pragma once

#include <concepts>
#include <cstddef>
#include <memory>
#include <memory_resource>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "harness/subjects/adapted_subject.hpp"
#include "harness/subjects/allocator_under_test.hpp"
#include "harness/subjects/c_arena.hpp"
#include "harness/subjects/own.hpp"
#include "harness/subjects/resource_under_test.hpp"
#include "harness/subjects/source_of_type.hpp"
#include "harness/subjects/subject.hpp"

// A program of one finding includes the file that registers an allocator, and calls the allocator itself.
#ifdef POOLHAMMER_STANDS_ALONE
#include "harness/subjects/standing_alone.hpp"
#else

// cmake/Allocators.cmake names the file that says how the registering one is built.
#ifndef POOLHAMMER_BUILT_AS
#define POOLHAMMER_BUILT_AS ""
#endif
// And the libraries whose variables are a part of the allocator's state (STATICS), with colons between them.
#ifndef POOLHAMMER_STATICS
#define POOLHAMMER_STATICS ""
#endif

namespace poolhammer {

namespace detail {

template <class T>
struct Tested {
  static_assert(
      AllocatorUnderTest<T>,
      "an allocator under test can be made from nothing, has void* allocate(std::size_t) and one of "
      "deallocate(void*), deallocate(void*, std::size_t); or it derives from "
      "std::pmr::memory_resource");
  using type = T;
};
template <ResourceType T>
struct Tested<T> {
  using type = ResourceUnderTest<T>;
};

/// A subject of type A, which make(place) makes. Throws std::runtime_error for a second instance of one whose
/// state lies in variables.
template <class A, class Make>
[[nodiscard]] std::unique_ptr<Subject> adapted_subject(std::string_view name, std::string_view statics,
                                                       unsigned instance, Make make) {
  if (!statics.empty() && instance != 0)
    throw std::runtime_error(std::string(name) + ": its state lies in variables: there is one to a process");
  return std::make_unique<AdaptedSubject<A> >(name, std::move(make), statics);
}

}  // namespace detail

/// Makes the allocator T a subject, at program start:
///
///   const poolhammer::Adapted<MyPool> registration("my-pool", "what it is");
///
/// T is an AllocatorUnderTest, or a std::pmr::memory_resource. A resource that can be made from a pointer to
/// the one that it takes its memory from (its upstream) is given a WatchedUpstream. The texts must outlive
/// the program, as literals do.
template <class T>
class Adapted {
 public:
  Adapted(std::string_view name, std::string_view meaning, std::string_view file = __builtin_FILE(),
          std::string_view built_as = POOLHAMMER_BUILT_AS, std::string_view statics = POOLHAMMER_STATICS)
      : registration_(
            name, meaning,
            [name, statics](unsigned instance) {
              return detail::adapted_subject<Allocator>(name, statics, instance,
                                                        [](void* place) { return new (place) Allocator; });
            },
            SubjectOrigin::adapted, &detail::own_operations<Allocator>) {
    register_source(name, detail::source_of_type<Allocator>(file, built_as));
  }

 private:
  using Allocator = typename detail::Tested<T>::type;
  SubjectRegistration registration_;
};

/// The same for a resource that is made in a way of its own:
///
///   const poolhammer::AdaptedResource registration(
///       "my-pool", "what it is", [](std::pmr::memory_resource* upstream) {
///         return std::make_unique<MyPool>(options, upstream);
///       });
template <class Make>
class AdaptedResource {
 public:
  AdaptedResource(std::string_view name, std::string_view meaning, Make make,
                  std::string_view file = __builtin_FILE(), std::string_view built_as = POOLHAMMER_BUILT_AS,
                  std::string_view statics = POOLHAMMER_STATICS)
      : registration_(
            name, meaning,
            [name, statics, make = std::move(make)](unsigned instance) {
              return detail::adapted_subject<Allocator>(
                  name, statics, instance, [make](void* place) { return new (place) Allocator(make); });
            },
            SubjectOrigin::adapted, &detail::own_operations<Allocator>) {
    SubjectSource source = detail::source_of_type<Allocator>(file, built_as);
    source.made = true;
    register_source(name, std::move(source));
  }

 private:
  using Pointer = std::invoke_result_t<const Make&, std::pmr::memory_resource*>;
  using Allocator = ResourceUnderTest<typename Pointer::element_type>;
  SubjectRegistration registration_;
};

}  // namespace poolhammer

#endif
