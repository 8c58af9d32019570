#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "allocator/domains/domain.hpp"
#include "allocator/invariants/violation.hpp"
#include "allocator/journal.hpp"
#include "allocator/placement.hpp"
#include "harness/subjects/call.hpp"
#include "harness/trace/own_operation.hpp"
#include "harness/trace/trace.hpp"

namespace poolhammer {

class HeapView;

/// A byte that is not as it should be.
struct WrongByte {
  std::size_t offset = 0;
  std::byte found{};
};

/// The bytes of blocks that lie in another process, which fills them and looks at them. A subject that has
/// this answers for that process: its addresses are numbers here.
class RemoteBytes {
 public:
  RemoteBytes() = default;
  RemoteBytes(const RemoteBytes&) = delete;
  RemoteBytes& operator=(const RemoteBytes&) = delete;
  virtual ~RemoteBytes() = default;

  /// The first byte of the block that is not as its owner wrote it.
  [[nodiscard]] virtual std::optional<WrongByte> damage(const void* block) = 0;
  /// The first byte of a block from calloc that was not zero.
  [[nodiscard]] virtual std::optional<WrongByte> nonzero(const void* block) = 0;
};

/// A call of one of the allocator's own operations.
struct OwnCall {
  std::uint8_t number = 0;  ///< of the operation
  void* block = nullptr;    ///< that it takes; null where it takes none
  OwnNumbers numbers = {};  ///< in their ranges
};

/// What it gave back.
struct OwnAnswer {
  void* block = nullptr;                 ///< of an operation that gives or resizes one; null: refused
  std::size_t owed_alignment = 1;        ///< of this block, in bytes
  std::optional<std::string> complaint;  ///< what the allocator says is wrong
};

/// What is left of a subject once every block is freed.
struct Remains {
  std::uint64_t used_pools = 0;
  std::uint64_t arenas = 0;
  std::uint64_t arenas_allowed = 0;  ///< how many its policy keeps
  std::uint64_t raw_blocks = 0;      ///< blocks of clients still held by the raw allocator
  std::uint64_t bytes = 0;           ///< that the subject itself counts as given out
};

/// An allocator under test. A runner drives one through malloc, calloc, realloc and free, with their meaning
/// in ISO C; the rest is what an opened-up allocator can say of itself, and has defaults for one that cannot.
class Subject {
 public:
  Subject() = default;
  Subject(const Subject&) = delete;
  Subject& operator=(const Subject&) = delete;
  virtual ~Subject() = default;

  /// As the user spells it, such as "pymalloc:tiny" or "libc".
  [[nodiscard]] virtual std::string_view name() const noexcept = 0;

  /// Whether the allocator has the function. One that it lacks is stood in for by a plainer one.
  [[nodiscard]] virtual bool has(OperationKind function) const;
  /// Calls a function that it has.
  [[nodiscard]] virtual Answer call(const FunctionCall& call);
  /// Whether the functions are those of the standards by name: what these alone promise (errno, EINVAL) is
  /// asked of no other.
  [[nodiscard]] virtual bool standard() const { return false; }

  /// The thread that performs the calls from now on, and the end of one; a subject that has no threads
  /// ignores both.
  virtual void use_thread(unsigned /*thread*/) {}
  virtual void end_thread(unsigned /*thread*/) {}

  /// Whether it lives in a process of its own, which forks, has its memory limited and is measured. Acts that
  /// need one are passed over where there is none.
  [[nodiscard]] virtual bool has_process() const { return false; }
  /// Performs such an act.
  [[nodiscard]] virtual ActAnswer act(const Operation& /*operation*/) { return {}; }

  /// Where the bytes of blocks lie in another process; else null.
  [[nodiscard]] virtual RemoteBytes* remote_bytes() { return nullptr; }

  /// What the allocator has besides, by number; the declarations live as long as the program.
  [[nodiscard]] virtual std::span<const OwnOperation> own_operations() const { return {}; }
  /// Performs one of these.
  [[nodiscard]] virtual OwnAnswer perform_own(const OwnCall& /*call*/) { return {}; }

  [[nodiscard]] virtual void* malloc(std::size_t size) = 0;
  [[nodiscard]] virtual void* calloc(std::size_t count, std::size_t size) = 0;
  [[nodiscard]] virtual void* realloc(void* block, std::size_t size) = 0;
  virtual void free(void* block) = 0;

  /// The alignment in bytes that a block of `size` bytes is owed.
  [[nodiscard]] virtual std::size_t owed_alignment(std::size_t size) const noexcept = 0;

  /// Whether the last NULL answer had a reason that the subject knows: a size over what it can serve, or a
  /// refusal below it. True where the subject cannot tell.
  [[nodiscard]] virtual bool refusal_justified() const { return true; }

  /// The bytes of a live block that its owner may use, where the subject tells.
  [[nodiscard]] virtual std::optional<std::size_t> block_size(const void* /*block*/) { return std::nullopt; }

  /// Whether [block, block + size) lies in memory that the subject holds now; true where the subject cannot
  /// tell.
  [[nodiscard]] virtual bool holds(const void* /*block*/, std::size_t /*size*/) const { return true; }

  /// The place of an address in the subject's own terms, such as "arena 0, pool 3, block 5".
  [[nodiscard]] virtual std::string locate(const void* address) const;

  /// Commands to the arena source and the raw allocator; a subject without them ignores them.
  virtual void fail_arenas(std::uint64_t /*requests*/) {}
  virtual void fail_raw(std::uint64_t /*requests*/) {}
  virtual void place(pymalloc::Placement /*placement*/) {}

  /// Which domain requests are for from now on, and whether that domain's allocator is wrapped by one that
  /// forwards every call; a subject without domains ignores both. Blocks stay of the domain they came from.
  [[nodiscard]] virtual bool has_domains() const { return false; }
  virtual void use_domain(pymalloc::Domain /*domain*/) {}
  virtual void hook(bool /*on*/) {}

  /// The first invariant that does not hold, looking at everything.
  [[nodiscard]] virtual std::optional<pymalloc::Violation> check() { return std::nullopt; }

  /// As check(), but looks only at what an operation on `block` touches, at a cost that does not grow with
  /// the heap. `block` is live, or was freed last.
  [[nodiscard]] virtual std::optional<pymalloc::Violation> check_near(const void* /*block*/) {
    return std::nullopt;
  }

  /// The inside of the heap, and its calls of the world below it; null where the subject does not show them.
  /// Both live as long as the subject.
  [[nodiscard]] virtual const HeapView* view() const { return nullptr; }
  [[nodiscard]] virtual pymalloc::Journal* journal() { return nullptr; }

  /// The layout for whose classes, pools and arenas programs for the subject are written: that of its view,
  /// or classic where nothing is known.
  [[nodiscard]] virtual LayoutId layout() const;

  /// What the addresses of two subjects in different places are compared by: the start of the memory that a
  /// deterministic subject lives in. 0 where there is none.
  [[nodiscard]] virtual std::uintptr_t origin() const { return 0; }

  /// Whether what fitted into it fits again once every block is freed; false where it says that it does not.
  [[nodiscard]] virtual bool keeps_capacity() const { return true; }

  /// Whether it says that it coalesces: see CoalescedRoom.
  [[nodiscard]] virtual bool coalesces() const { return false; }

  /// Whether its memory may have an end of its own, so that it refuses what it met before.
  [[nodiscard]] virtual bool bounded() const { return false; }

  /// Blocks of so many bytes or more are addresses of which only what is written takes memory: they count as
  /// none. The largest number: it has no such blocks.
  [[nodiscard]] virtual std::uint64_t reserves_from() const {
    return std::numeric_limits<std::uint64_t>::max();
  }

  /// What remains; asked when no block is live.
  [[nodiscard]] virtual std::optional<Remains> remains() { return std::nullopt; }

  /// Ends the allocator's life and says in words what it did not give back; nothing where all is well or
  /// unknown. Only reset() may be called after it.
  [[nodiscard]] virtual std::optional<std::string> teardown() { return std::nullopt; }

  /// Makes the subject as new: the same trace gets the same addresses again.
  virtual void reset() {}

  /// Equal for equal states, as far as the subject can tell its state.
  [[nodiscard]] virtual std::uint64_t digest() const { return 0; }

  /// Writes what the heap has been through since reset() as counters (saturating at 255), always the same
  /// meaning at the same index, and returns how many it wrote. A coverage-guided engine takes each as a
  /// feature.
  virtual std::size_t features(std::span<std::uint8_t> /*counters*/) const { return 0; }
};

/// How a kind of subject is made. `instance` tells apart subjects of one kind that live at the same time in a
/// process; the same instance has the same addresses in every process.
using SubjectFactory = std::function<std::unique_ptr<Subject>(unsigned instance)>;

/// Who wrote the allocator under a subject.
enum class SubjectOrigin : std::uint8_t {
  built_in,  ///< it comes with poolhammer
  adapted,   ///< a user, who registered it with one of the classes of adapt.hpp
};

/// Registers a kind of subject at program start: one static object in the subject's own file. The texts must
/// outlive the program, as literals do.
class SubjectRegistration {
 public:
  SubjectRegistration(std::string_view name, std::string_view meaning, SubjectFactory factory,
                      SubjectOrigin origin = SubjectOrigin::built_in,
                      std::span<const OwnOperation> (*own)() = nullptr);
};

struct SubjectKind {
  std::string_view name;
  std::string_view meaning;  ///< one line for --help
  SubjectFactory factory;
  SubjectOrigin origin = SubjectOrigin::built_in;
  std::span<const OwnOperation> (*own)() = nullptr;  ///< Subject::own_operations(); null: it has none
};

/// Every registered kind, sorted by name.
[[nodiscard]] std::vector<SubjectKind> subject_kinds();

/// The names of the users' own, sorted: none in a program that a user added nothing to.
[[nodiscard]] std::vector<std::string> adapted_subjects();

/// Subject::own_operations() of the kind that `name` spells, without a subject; none where there is no such
/// kind.
[[nodiscard]] std::span<const OwnOperation> own_operations_of(std::string_view name);

/// A new subject of the kind that `name` spells, or null where there is none.
/// Throws std::runtime_error where the machine does not allow it (address space refused, say).
[[nodiscard]] std::unique_ptr<Subject> make_subject(std::string_view name, unsigned instance = 0);

}  // namespace poolhammer
