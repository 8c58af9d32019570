#pragma once

#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "harness/oracles/complaint.hpp"
#include "harness/oracles/occupancy.hpp"
#include "harness/subjects/owned_block.hpp"
#include "harness/subjects/subject.hpp"

namespace poolhammer {

/// A live block as its owner sees it.
struct ShadowBlock : OwnedBlock {
  std::uint64_t pattern = 0;               ///< what its bytes hold, see pattern.hpp
  std::uint32_t entry = 0;                 ///< the shadow heap's own
  std::optional<std::size_t> usable = {};  ///< as told when it was given, where the subject tells
};

/// What the shadow heap does.
struct ShadowOptions {
  bool contents = true;  ///< write every byte of a block, as a program would
  bool judge = true;     ///< without, nothing is ever complained about: what is left is the program itself
  std::uint64_t first_block = 0;  ///< the number of the first block, which decides what it holds
  ChosenOracles chosen = {};      ///< of what it complains
};

/// The client's side of the contract, kept beside the subject: which blocks are live, and what every byte of
/// them holds. It writes a block's pattern when it is given and verifies it when it is given back, so that
/// whoever else writes there is noticed. What it costs does not grow with the number of blocks.
class ShadowHeap {
 public:
  ShadowHeap(Subject& subject, ShadowOptions options)
      : subject_(subject),
        remote_(subject.remote_bytes()),
        options_(options),
        blocks_ever_(options.first_block),
        reserved_from_(subject.reserves_from()) {}

  /// Judges a block that a function just returned for `size` bytes, at a multiple of `alignment` where it
  /// asks for one, before a byte of it is touched, and fills in `block`, which holds none. `by_size` is the
  /// alignment that its size alone demands, where that is not the subject's for any block.
  [[nodiscard]] std::optional<Complaint> admitted(ShadowBlock& block, void* address, std::size_t size,
                                                  std::size_t alignment = 1,
                                                  std::optional<std::size_t> by_size = {});
  /// Judges what the block holds (`zeroed`: it is calloc's), and fills it.
  [[nodiscard]] std::optional<Complaint> filled(ShadowBlock& block, bool zeroed);
  /// Both.
  [[nodiscard]] std::optional<Complaint> allocated(ShadowBlock& block, void* address, std::size_t size,
                                                   bool zeroed);

  /// Verifies a block whose owner is about to hand it to realloc: what is damaged already is not realloc's
  /// doing.
  [[nodiscard]] std::optional<Complaint> intact(const ShadowBlock& block) const;

  /// Its owner is about to ask for fewer bytes: what will be looked at then is written, see pattern.hpp.
  void prepare_resize(const ShadowBlock& block, std::size_t size) const;

  /// Judges the address that realloc of `block` to `size` bytes returned, and makes it the block's; null
  /// leaves the block as it was. `alignment` and `by_size` as above.
  [[nodiscard]] std::optional<Complaint> moved(ShadowBlock& block, void* address, std::size_t size,
                                               std::size_t alignment = 1,
                                               std::optional<std::size_t> by_size = {});
  /// Verifies a block whose resize was refused.
  [[nodiscard]] std::optional<Complaint> still_whole(const ShadowBlock& block) const;
  /// Judges whether a block that realloc gave for `old` holds what `old` held, and fills it.
  [[nodiscard]] std::optional<Complaint> kept(ShadowBlock& block, const ShadowBlock& old);
  /// Both.
  [[nodiscard]] std::optional<Complaint> reallocated(ShadowBlock& block, void* address, std::size_t size);

  /// Has the owner write every byte of a live block anew.
  void refill(const ShadowBlock& block);

  /// Verifies a block that is about to be freed, and forgets it.
  [[nodiscard]] std::optional<Complaint> freed(ShadowBlock& block);

  /// Verifies every block, and forgets it: all are freed at once.
  [[nodiscard]] std::optional<Complaint> all_freed();

  /// Calls visit(block) for each live block, in no order that means anything.
  template <class Visit>
  void for_each_live(Visit&& visit) const {
    for (const ShadowBlock& block : live_) {
      if (block.address != nullptr) visit(block);
    }
  }

  /// Verifies the contents of every live block.
  [[nodiscard]] std::optional<Complaint> verify_all() const;

  /// What it knows at a place of the program, to go back to: a child's blocks are not its parent's.
  struct State {
    std::vector<ShadowBlock> live;
    std::vector<std::uint32_t> free_entries;
    std::uint64_t blocks_ever = 0, live_blocks = 0, live_bytes = 0, touched_bytes = 0, reserved_bytes = 0;
  };
  [[nodiscard]] State state() const {
    return {live_, free_entries_, blocks_ever_, live_blocks_, live_bytes_, touched_bytes_, reserved_bytes_};
  }
  void go_back(State state);

  [[nodiscard]] std::uint64_t live_blocks() const { return live_blocks_; }
  [[nodiscard]] std::uint64_t live_bytes() const { return live_bytes_; }
  /// Of these, what owners write and read at most.
  [[nodiscard]] std::uint64_t live_touched_bytes() const { return touched_bytes_; }
  /// Of these, what blocks are that the subject only reserves addresses for.
  [[nodiscard]] std::uint64_t live_reserved_bytes() const { return reserved_bytes_; }

 private:
  [[nodiscard]] std::optional<Complaint> admit(ShadowBlock& block, void* address, std::size_t size,
                                               std::size_t alignment, std::size_t by_size);
  [[nodiscard]] std::optional<Complaint> acceptable(void* address, std::size_t size,
                                                    std::size_t owed_alignment) const;
  [[nodiscard]] bool wanted(std::string_view oracle) const { return options_.chosen.wants(oracle); }
  [[nodiscard]] std::optional<WrongByte> nonzero(std::span<const std::byte> bytes) const;
  [[nodiscard]] std::optional<WrongByte> damage(std::span<const std::byte> bytes,
                                                std::uint64_t pattern) const;
  void write(std::span<std::byte> bytes, std::uint64_t pattern) const;
  [[nodiscard]] std::optional<Complaint> large_enough(ShadowBlock& block) const;
  [[nodiscard]] std::optional<Complaint> disjoint(const void* address, std::size_t size) const;
  [[nodiscard]] std::optional<Complaint> verify(std::string_view oracle, const std::byte* address,
                                                std::size_t size, std::uint64_t pattern) const;
  [[nodiscard]] Complaint complain(std::string_view oracle, const void* address, std::string expected,
                                   std::string found) const;
  void forget(const ShadowBlock& block);

  Subject& subject_;
  RemoteBytes* remote_;  ///< null: the bytes are here
  ShadowOptions options_;
  std::uint64_t blocks_ever_;
  std::uint64_t live_blocks_ = 0;
  std::uint64_t live_bytes_ = 0;
  std::uint64_t touched_bytes_ = 0;
  std::uint64_t reserved_from_;
  std::uint64_t reserved_bytes_ = 0;
  std::pmr::unsynchronized_pool_resource memory_;
  Occupancy occupied_{memory_};
  std::vector<ShadowBlock> live_;  ///< by entry; one that is not in use has no address
  std::vector<std::uint32_t> free_entries_;
};

}  // namespace poolhammer
