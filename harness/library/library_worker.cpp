#include "harness/library/library_worker.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "harness/base/format_error.hpp"

namespace poolhammer::library {
namespace {

/// The same for all but huge programs, so that a worker's addresses do not depend on what it ran.
constexpr std::size_t usual_operations = std::size_t{1} << 20U;

void put_text(std::span<char> room, std::string_view text) {
  std::copy(text.begin(), text.end(), room.begin());
}

}  // namespace

LibraryWorker::LibraryWorker(const WorkerSetup& setup, std::size_t operations, bool forks)
    : memory_(bytes_for(std::max(operations, usual_operations))) {
  if (setup.library.path.size() >= head().module.size())
    throw InputError(fmt::format("{}: the path is too long", setup.library.name));
  put_text(head().module, setup.module.empty() ? setup.library.path : setup.module);
  if (setup.symbols.empty()) {
    for (const Function function : all_functions())
      put_text(head().symbols[static_cast<std::size_t>(function)], facts(function).symbol);
  }
  for (const auto& [function, symbol] : setup.symbols)
    put_text(head().symbols[static_cast<std::size_t>(function)], symbol);
  process_.emplace(worker_program(setup.library, memory_), forks, setup.patience);
}

bool LibraryWorker::is_usual(std::size_t operations) {
  return operations <= usual_operations;
}

void LibraryWorker::fork() {
  process_->end_child();
  const std::span<std::byte> head_bytes = memory_.bytes().first(sizeof(Head));
  if (ready_.empty()) ready_.assign(head_bytes.begin(), head_bytes.end());
  // A program may have written everywhere.
  memory_.clear();
  std::ranges::copy(ready_, head_bytes.begin());
  head().answered = 0;
  turns_ = 0;
  lives_ = forked_ = true;
  process_->fork();
}

std::optional<ProcessEnd> LibraryWorker::look(const ProcessLimits& limits) {
  auto end = process_->look(limits);
  if (end) this->end();
  return end;
}

void LibraryWorker::end() {
  lives_ = false;
  if (forked_ && process_) process_->end_child();
  if (!forks()) process_.reset();
}

}  // namespace poolhammer::library
