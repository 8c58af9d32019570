#include "worker/job.hpp"

#include <algorithm>

#include "harness/library/board.hpp"
#include "worker/at_once.hpp"
#include "worker/client.hpp"
#include "worker/coverage.hpp"
#include "worker/find_functions.hpp"
#include "worker/fork_server.hpp"
#include "worker/measure.hpp"

namespace poolhammer::worker {
namespace {

using library::Head;

void perform_in_turn(std::span<std::byte> memory, Head& head, const FunctionTable& table) {
  const std::size_t operations = head.request.operations;
  const auto records = library::records_in(memory, operations);
  Threads threads;
  Client client(table, head.request, head.places[0], records.first(operations), records[operations],
                {.threads = &threads}, library::first_block_of_part(0));
  client.perform(library::operations_in(memory, operations));
}

void take_turn(std::span<std::byte> memory, Head& head, const FunctionTable& table) {
  clear_coverage();
  if (head.request.task == library::Task::measure)
    measure(library::operations_in(memory, head.request.operations), table, head.request.memory_limit,
            head.figures);
  else if (head.request.at_once)
    perform_at_once(memory, head, table);
  else
    perform_in_turn(memory, head, table);
  head.coverage = static_cast<std::uint32_t>(copy_coverage(head.coverage_counters));
  head.constants = static_cast<std::uint32_t>(copy_constants(head.constant_values));
}

}  // namespace

int serve(std::span<std::byte> memory) {
  Head& head = *reinterpret_cast<Head*>(memory.data());
  const Found found = find_functions(head.module.data(), head.symbols, head.reason);
  head.loaded = found.loaded;
  head.present = found.present;
  serve_forks(head.answered);
  for (std::uint32_t turn = 0;; ++turn) {
    library::set_and_wake(head.answered, turn + 1);
    while (head.asked.load(std::memory_order_acquire) == turn) library::sleep_while(head.asked, turn, 0);
    take_turn(memory, head, found.table);
  }
}

}  // namespace poolhammer::worker
