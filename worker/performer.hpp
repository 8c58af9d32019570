#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>

#include "harness/contract/board.hpp"
#include "worker/churn.hpp"
#include "worker/function_table.hpp"
#include "worker/threads.hpp"

namespace poolhammer::contract {

using worker::churn;
using worker::fork_crowd;
using worker::FunctionTable;
using worker::Threads;

/// Performs probes one after the other and writes their outcomes to the board.
class Performer {
 public:
  Performer(Board board, FunctionTable& table);
  Performer(const Performer&) = delete;
  Performer& operator=(const Performer&) = delete;

  void perform_all();

 private:
  struct Slot {
    unsigned char* block = nullptr;
    unsigned char* last = nullptr;  ///< where its block lay last, live or not
    std::uint64_t size = 0;         ///< bytes asked for
    std::uint64_t known = 0;        ///< bytes from its start that hold the pattern of `pattern_of`
    std::uint64_t alignment = 0;    ///< asked for; 0: none was
    std::uint64_t usable = 0;       ///< as last asked; 0: never
    std::uint16_t pattern_of = 0;
    Function origin = Function::malloc;
  };
  void perform(std::uint32_t probe);
  void perform_steps(std::span<const Step> steps);
  void perform_on_its_thread(const Step& step);
  void perform_step(const Step& step);
  void drain();

  void call(const Step& step);
  void allocate(const Step& step);
  void resize(const Step& step);
  void free(Slot& slot, Function function);
  void misuse(const Step& step);
  void fill(Slot& slot, std::uint16_t number, std::uint64_t bytes);
  void exhaust(const Step& step);
  void release();
  void limit_memory(std::uint64_t more);
  void unlimit();
  void note(const Step& step);
  void fork_child();

  void expect(const Step& step);
  [[nodiscard]] bool holds(const Step& step);
  [[nodiscard]] bool zero(const Slot& slot, std::uint64_t from, std::uint64_t to);
  [[nodiscard]] bool kept(const Slot& slot);
  [[nodiscard]] bool disjoint(const Slot& slot);
  [[nodiscard]] std::uint64_t usable(Slot& slot);

  Board board_;
  FunctionTable& table_;
  std::unique_ptr<std::array<Slot, slot_count>> slots_;
  Threads threads_;
  std::uint16_t highest_slot_ = 0;  ///< above it all slots are as new
  BoardProbe* probe_ = nullptr;
  Answer answer_;
  int next_error_ = 0;
  bool ended_ = false;  ///< an expectation was not met
  bool in_child_ = false;
  bool churn_damage_ = false;
  void* exhausted_ = nullptr;  ///< the last block of a chain through their first words
  Function exhausted_by_ = Function::malloc;
  std::uint64_t exhausted_alignment_ = 0;
  bool limited_ = false;
};

}  // namespace poolhammer::contract
