#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "harness/contract/c_expect.hpp"
#include "harness/contract/c_outline.hpp"
#include "harness/contract/c_steps.hpp"
#include "harness/contract/walk.hpp"

namespace poolhammer::contract {

/// Writes the steps of one probe as statements.
class StepsWriter {
 public:
  StepsWriter(const Probe& probe, bool watch_memory)
      : probe_(probe), outline_(outline_of(probe)), watch_memory_(watch_memory) {}

  [[nodiscard]] StepsText write();

 private:
  void line(const std::string& words);

  [[nodiscard]] static std::string block(std::uint16_t slot) { return "b" + std::to_string(slot); }
  [[nodiscard]] bool dynamic(std::uint16_t slot) const { return outline_.dynamic.contains(slot); }
  [[nodiscard]] std::string size_of(std::uint16_t slot) const;
  [[nodiscard]] std::string call(Function function, const std::string& arguments);
  void variable(const std::string& type, const std::string& name, const std::string& value);

  [[nodiscard]] NamedBlock named(std::uint16_t slot) const;

  /// Steps of another thread than the first become a function, which main has it perform.
  void change_thread(const Step& step);

  void write(const Step& step);

  void write_surroundings(const Step& step);

  void write_crowd(const Step& step);

  void write_fork();

  void write_child_ends();

  void before_call();
  void keep_error();

  void write_call(const Step& step);

  void write_usable(const Step& step);

  void write_free(const Step& step);

  [[nodiscard]] bool used_later(std::uint16_t slot) const;

  [[nodiscard]] static std::string numbers(const Step& step);

  /// An operator new that throws gives no block then.
  void assign(const std::string& target, const Step& step, const std::string& expression);

  void write_allocation(const Step& step);

  void introduce(std::uint16_t slot);

  void note_new_block(const Step& step, const std::string& known);

  void keep_last(std::uint16_t slot);

  void write_resize(const Step& step);

  void write_fill(const Step& step);

  void write_expect(const Step& step);

  void write_exhaust(const Step& step);

  void write_release();

  void look_at_memory();

  /// Threads share the variables; otherwise they are main's.
  void finish();

  Probe probe_;
  Outline outline_;
  bool watch_memory_;
  StepsText text_;
  Walk walk_;
  Walk walk_of_parent_;
  std::size_t index_ = 0;
  std::size_t depth_ = 0;
  std::size_t depth_of_part_ = 0;  ///< where the part of a thread begins
  std::uint16_t thread_ = 0;
  unsigned parts_ = 0;
  std::uint64_t next_error_ = 0;
  std::string answer_ = "NULL";
  Function answer_by_ = Function::malloc;
  std::set<std::uint16_t> names_;
  std::map<std::string, std::pair<std::string, std::string>> variables_;  ///< their type and first value
  Function exhausted_by_ = Function::free;
  bool exhausted_aligned_ = false;
};

}  // namespace poolhammer::contract
