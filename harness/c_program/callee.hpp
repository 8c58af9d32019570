#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "harness/run/planned_call.hpp"
#include "harness/trace/own_operation.hpp"

namespace poolhammer::c {

/// What an allocator says of itself in a program, by a function of that name. It gives a std::string, which
/// is empty where nothing is wrong.
enum class Says : std::uint8_t {
  complaint,    ///< what it sees that does not hold
  left_behind,  ///< what is in use once every block is freed
  ended,        ///< what it did not give back at its end, which this is
};
[[nodiscard]] std::string_view name_of(Says what);

/// What the steps of a program call.
struct Used {
  std::set<Function> functions;  ///< each by its pointer_name
  std::set<std::uint8_t> own;    ///< operations that only the allocator has, each by its own_name
  std::set<Says> says;
  std::set<OperationKind> commands;  ///< to the world below
};

/// How it comes by these.
struct CalledText {
  std::set<std::string> headers;
  std::string includes;      ///< of the allocator itself, behind the headers
  std::string declarations;  ///< what stands before all that calls it
  std::string setup;         ///< what main does first
};

/// The words of a compiler's command.
struct Compiling {
  std::string compiler;            ///< empty: cc or c++
  std::vector<std::string> words;  ///< behind the program's file
};

/// The allocator that a program calls.
class Callee {
 public:
  Callee() = default;
  Callee(const Callee&) = delete;
  Callee& operator=(const Callee&) = delete;
  virtual ~Callee() = default;

  [[nodiscard]] virtual bool has(Function function) const = 0;
  /// The alignment in bytes that a block of the call must have.
  [[nodiscard]] virtual std::uint64_t owed_alignment(const PlannedCall& plan) const;
  /// Whether it is called as a text of C++, in a process that runs nothing else: the program has one thread.
  [[nodiscard]] virtual bool by_source() const { return false; }
  /// Whether it may refuse what another grants.
  [[nodiscard]] virtual bool bounded() const { return false; }
  [[nodiscard]] virtual bool says(Says /*what*/) const { return false; }
  [[nodiscard]] virtual std::span<const OwnOperation> own_operations() const { return {}; }
  /// Whether the function of such an operation gives a text, as those of Says do.
  [[nodiscard]] virtual bool own_says(std::uint8_t /*number*/) const { return false; }
  /// A number as an argument of it, and the bytes that a block was asked for with.
  [[nodiscard]] virtual std::string own_number(std::uint8_t number, std::uint64_t value) const;
  [[nodiscard]] virtual std::string own_block_size(const std::string& /*block*/) const { return {}; }
  /// The alignment that a block of such an operation must have.
  [[nodiscard]] virtual std::uint64_t own_alignment(std::uint64_t size,
                                                    std::optional<std::uint64_t> asked) const;
  /// An expression of the block that `call` gives, in the place of the block `old` (empty: of none).
  [[nodiscard]] virtual std::string own_given(const std::string& call, const std::string& old,
                                              std::uint64_t size, std::optional<std::uint64_t> asked) const;
  /// What notes that an operation freed the block; empty: every block.
  [[nodiscard]] virtual std::string own_freed(const std::string& block) const;
  /// What a command to the world below the allocator is; empty: nothing that a program can say.
  [[nodiscard]] virtual std::string command(const Operation& /*operation*/) const { return {}; }

  [[nodiscard]] virtual CalledText text(const Used& used) const = 0;
  [[nodiscard]] virtual Compiling compiling() const { return {}; }
  /// What stands before the program's name to run it, with a blank behind it.
  [[nodiscard]] virtual std::string run_with() const { return {}; }
};

/// The name of the function that performs an operation of the allocator's own: "own_reserve".
[[nodiscard]] std::string own_name(const OwnOperation& operation);

/// Whether a program can call the allocator of a subject: those of this project, those that a user added, and
/// libraries.
[[nodiscard]] bool can_be_called(std::string_view subject);

/// The allocator of a subject as a program calls it; null where none can. Throws InputError where a subject
/// "lib:PATH" is no library.
[[nodiscard]] std::unique_ptr<Callee> callee_named(const std::string& subject);

/// The kinds of it: null where the subject is none.
[[nodiscard]] std::unique_ptr<Callee> adapted_callee(std::string_view subject);
[[nodiscard]] std::unique_ptr<Callee> home_callee(std::string_view subject);
[[nodiscard]] std::unique_ptr<Callee> system_callee(std::string_view subject);

}  // namespace poolhammer::c
