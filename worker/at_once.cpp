#include "worker/at_once.hpp"

#include <pthread.h>

#include <memory>
#include <vector>

#include "worker/client.hpp"

namespace poolhammer::worker {
namespace {

/// One of the threads, with its part of the program.
struct Part {
  std::span<const Operation> operations;
  library::Request request;
  std::unique_ptr<Client> client;
  pthread_t thread = 0;
  pthread_barrier_t* start = nullptr;
};

void* live(void* argument) {
  Part& part = *static_cast<Part*>(argument);
  pthread_barrier_wait(part.start);
  part.client->perform(part.operations);
  return nullptr;
}

[[nodiscard]] std::vector<Part> parts_of(std::span<std::byte> memory, library::Head& head,
                                         const FunctionTable& table, HandOver& hand_over) {
  const std::size_t threads = head.request.threads;
  const std::size_t all = head.request.operations;
  const std::span<Operation> operations = library::operations_in(memory, all);
  const std::span<library::StepRecord> records = library::records_in(memory, all);
  std::vector<Part> parts(threads);
  for (std::size_t number = 0; number < threads; ++number) {
    Part& part = parts[number];
    const std::size_t begin = library::part_begin(all, threads, number);
    const std::size_t length = library::part_begin(all, threads, number + 1) - begin;
    part.operations = operations.subspan(begin, length);
    part.request = head.request;
    part.request.memory_limit /= threads;
    const Company company{.hand_over = &hand_over, .seed = head.request.schedule + number};
    part.client =
        std::make_unique<Client>(table, part.request, head.places[number], records.subspan(begin, length),
                                 records[all + number], company, library::first_block_of_part(number));
  }
  return parts;
}

}  // namespace

void perform_at_once(std::span<std::byte> memory, library::Head& head, const FunctionTable& table) {
  HandOver hand_over;
  std::vector<Part> parts = parts_of(memory, head, table, hand_over);
  pthread_barrier_t start;
  pthread_barrier_init(&start, nullptr, head.request.threads);
  for (Part& part : parts) {
    part.start = &start;
    // A barrier waits for all: without a thread, the process ends, which is reported.
    if (pthread_create(&part.thread, nullptr, live, &part) != 0) __builtin_trap();
  }
  for (const Part& part : parts) pthread_join(part.thread, nullptr);
  pthread_barrier_destroy(&start);
  parts.front().client->empty_shelf();
}

}  // namespace poolhammer::worker
