#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <memory_resource>
#include <optional>
#include <string>

#include "harness/subjects/allocator_under_test.hpp"
#include "harness/subjects/watched_upstream.hpp"

namespace poolhammer {

template <class R>
concept ResourceType = std::derived_from<R, std::pmr::memory_resource>;

/// A memory resource as an AllocatorUnderTest: on an upstream that is watched, where it takes one. What R
/// itself has of check(), bytes_in_use() and the constants of allocator_under_test.hpp counts as there.
template <ResourceType R>
class ResourceUnderTest {
 public:
  using DeclaringType = R;  ///< of the operations of own.hpp
  static constexpr std::size_t largest_alignment = detail::largest_alignment<R>();
  static constexpr std::size_t largest_request = detail::largest_request<R>();
  static constexpr bool zero_sized_blocks = detail::zero_sized_blocks<R>();
  static constexpr bool keeps_capacity = detail::keeps_capacity<R>();
  static constexpr bool coalesces = detail::coalesces<R>();

  ResourceUnderTest() requires std::constructible_from<R, std::pmr::memory_resource*>
      : resource_(std::make_unique<R>(&upstream_)) {}
  ResourceUnderTest() requires(!std::constructible_from<R, std::pmr::memory_resource*> &&
                               std::default_initializable<R>)
      : resource_(std::make_unique<R>()) {}
  /// `make(upstream)` gives a std::unique_ptr<R>.
  template <class Make>
  requires std::invocable<const Make&, std::pmr::memory_resource*>
  explicit ResourceUnderTest(const Make& make) : resource_(make(&upstream_)) {}
  ResourceUnderTest(const ResourceUnderTest&) = delete;
  ResourceUnderTest& operator=(const ResourceUnderTest&) = delete;
  ~ResourceUnderTest() = default;

  [[nodiscard]] void* allocate(std::size_t size, std::size_t alignment) {
    return resource_->allocate(size, alignment);
  }
  void deallocate(void* block, std::size_t size, std::size_t alignment) {
    resource_->deallocate(block, size, alignment);
  }
  void fail_next(std::uint64_t requests) { upstream_.fail_next(requests); }
  [[nodiscard]] R& declaring() { return *resource_; }

  [[nodiscard]] std::optional<std::string> check() {
    if (upstream_.fault()) return upstream_.fault();
    if constexpr (requires { detail::complaint_in(resource_->check()); }) {
      return detail::complaint_in(resource_->check());
    } else {
      return std::nullopt;
    }
  }

  [[nodiscard]] std::size_t bytes_in_use() requires requires(R& resource) {
    { resource.bytes_in_use() } -> std::convertible_to<std::size_t>;
  }
  { return resource_->bytes_in_use(); }

  /// Ends the resource, which has to give its memory back.
  [[nodiscard]] std::optional<std::string> teardown() {
    resource_.reset();
    return upstream_.fault() ? upstream_.fault() : upstream_.outstanding();
  }

 private:
  WatchedUpstream upstream_;  // outlives the resource
  std::unique_ptr<R> resource_;
};

}  // namespace poolhammer
