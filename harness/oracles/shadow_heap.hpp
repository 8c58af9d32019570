#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory_resource>
#include <optional>
#include <string>
#include <string_view>

#include "harness/subjects/subject.hpp"

namespace poolhammer {

/// What an oracle says of one step; a runner makes it a Finding.
struct Complaint {
  std::string oracle;
  std::string where;
  std::string expected;
  std::string found;
};

/// A live block as its owner sees it.
struct ShadowBlock {
  std::byte* address = nullptr;  ///< null: no block
  std::size_t size = 0;          ///< bytes asked for
  std::uint64_t pattern = 0;     ///< what its bytes hold, see pattern.hpp
};

/// The client's side of the contract, kept beside the subject: which blocks are live, and what every byte of
/// them holds. It writes a block's pattern when it is given and verifies it when it is given back, so that
/// whoever else writes there is noticed.
class ShadowHeap {
 public:
  /// `contents`: write and verify every byte; without it blocks are only compared by address.
  ShadowHeap(Subject& subject, bool contents) : subject_(subject), contents_(contents) {}

  /// Judges a block that malloc (or calloc: `zeroed`) just returned for `size` bytes, and fills in `block`.
  [[nodiscard]] std::optional<Complaint> allocated(ShadowBlock& block, void* address, std::size_t size,
                                                   bool zeroed);

  /// Verifies a block whose owner is about to hand it to realloc: what is damaged already is not realloc's
  /// doing.
  [[nodiscard]] std::optional<Complaint> intact(const ShadowBlock& block) const;

  /// Judges what realloc of `block` to `size` bytes returned; null leaves the block as it was.
  [[nodiscard]] std::optional<Complaint> reallocated(ShadowBlock& block, void* address, std::size_t size);

  /// Verifies a block that is about to be freed, and forgets it.
  [[nodiscard]] std::optional<Complaint> freed(ShadowBlock& block);

  /// Verifies the contents of every live block.
  [[nodiscard]] std::optional<Complaint> verify_all() const;

  [[nodiscard]] std::uint64_t live_blocks() const { return live_.size(); }
  [[nodiscard]] std::uint64_t live_bytes() const { return live_bytes_; }

 private:
  struct Extent {
    std::size_t size;
    std::uint64_t pattern;
  };
  using Extents = std::pmr::map<std::uintptr_t, Extent>;

  [[nodiscard]] std::optional<Complaint> admit(ShadowBlock& block, void* address, std::size_t size);
  [[nodiscard]] std::optional<Complaint> disjoint(const void* address, std::size_t size) const;
  [[nodiscard]] std::optional<Complaint> verify(std::string_view oracle, const std::byte* address,
                                                std::size_t size, std::uint64_t pattern) const;
  [[nodiscard]] std::optional<Complaint> still_whole(const ShadowBlock& block) const;
  [[nodiscard]] Complaint complain(std::string_view oracle, const void* address, std::string expected,
                                   std::string found) const;
  void forget(const ShadowBlock& block);

  Subject& subject_;
  bool contents_;
  std::uint64_t blocks_ever_ = 0;
  std::uint64_t live_bytes_ = 0;
  std::pmr::unsynchronized_pool_resource memory_;
  Extents live_{&memory_};  ///< by address
};

}  // namespace poolhammer
