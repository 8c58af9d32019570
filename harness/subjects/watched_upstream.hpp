#pragma once

#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <optional>
#include <string>
#include <unordered_map>

namespace poolhammer {

/// What a memory resource under test takes its memory from: std::pmr::new_delete_resource(), which refuses on
/// command, and sees whether each block is given back once, with the size and the alignment that it was asked
/// for with (ISO C++, [mem.res.public]: a precondition of deallocate).
class WatchedUpstream final : public std::pmr::memory_resource {
 public:
  WatchedUpstream() = default;
  WatchedUpstream(const WatchedUpstream&) = delete;
  WatchedUpstream& operator=(const WatchedUpstream&) = delete;
  /// Gives back what is left.
  ~WatchedUpstream() override;

  /// Refuses the next `requests` requests, with std::bad_alloc. 0 takes back what is still to come.
  void fail_next(std::uint64_t requests) { refusals_ = requests; }

  /// The first wrong deallocation, in words.
  [[nodiscard]] const std::optional<std::string>& fault() const { return fault_; }

  /// What is not given back, in words; nothing where all is.
  [[nodiscard]] std::optional<std::string> outstanding() const;

 private:
  struct Block {
    std::size_t bytes;
    std::size_t alignment;

    friend bool operator==(const Block&, const Block&) = default;
  };

  void* do_allocate(std::size_t bytes, std::size_t alignment) override;
  void do_deallocate(void* block, std::size_t bytes, std::size_t alignment) override;
  [[nodiscard]] bool do_is_equal(const std::pmr::memory_resource& other) const noexcept override {
    return this == &other;
  }

  std::unordered_map<void*, Block> blocks_;
  std::uint64_t refusals_ = 0;
  std::optional<std::string> fault_;
};

}  // namespace poolhammer
