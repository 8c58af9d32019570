#include "harness/contract/clause.hpp"
#include "harness/oracles/thread_loss.hpp"

namespace poolhammer::contract {
namespace {

constexpr std::uint64_t threads_most = 100'000;
constexpr std::uint32_t some = 8;

[[nodiscard]] Operation on(std::uint32_t thread, const Operation& operation) {
  return on_thread(static_cast<std::uint8_t>(thread), operation);
}

/// Blocks that are freed where they were not taken come again, to whichever thread, and none twice.
[[nodiscard]] std::vector<Program> elsewhere_programs(const Knowledge& knowledge, Function function) {
  const Function free = plain_free(function);
  std::vector<Program> programs;
  for (const std::uint64_t size : telling_sizes(knowledge, threads_most)) {
    const std::uint64_t asked = askable(function, size);
    Program program;
    for (std::uint32_t slot = 0; slot < some; ++slot)
      program.push_back(on(1, allocation(slot, function, asked)));
    for (std::uint32_t slot = 0; slot < some; slot += 2)
      program.push_back(on(slot % 4 == 0 ? 2 : 0, freeing(slot, free)));
    for (std::uint32_t slot = some; slot < 2 * some; ++slot)
      program.push_back(on(slot % 3, allocation(slot, function, asked)));
    program.push_back(act(OperationKind::check));
    programs.push_back(program);
  }
  for (const std::uint64_t size : large_sizes()) {
    const std::uint64_t asked = askable(function, size);
    programs.push_back({on(1, allocation(0, function, asked)), on(0, allocation(1, function, asked)),
                        on(2, freeing(0, free)), on(1, freeing(1, free)),
                        on(2, allocation(2, function, asked)), on(1, allocation(3, function, asked)),
                        act(OperationKind::check)});
  }
  return programs;
}

/// A thread's blocks outlive it: others read, resize and free them, also one that is born later.
[[nodiscard]] std::vector<Program> death_programs(const Knowledge& knowledge, Function function) {
  const Function free = plain_free(function);
  std::vector<Program> programs;
  for (const std::uint64_t size : telling_sizes(knowledge, threads_most)) {
    const std::uint64_t asked = askable(function, size);
    Program program;
    for (std::uint32_t slot = 0; slot < some; ++slot)
      program.push_back(on(1, allocation(slot, function, asked)));
    program.push_back(on(1, freeing(1, free)));
    program.push_back(on(1, act(OperationKind::end_thread)));
    program.push_back(act(OperationKind::check));
    if (facts(function).family == Family::c) program.push_back(allocation(2, Function::realloc, 2 * asked));
    program.push_back(on(2, freeing(0, free)));
    program.push_back(freeing(3, free));
    for (std::uint32_t slot = some; slot < 2 * some; ++slot)
      program.push_back(on(slot % 2 == 0 ? 2 : 0, allocation(slot, function, asked)));
    program.push_back(act(OperationKind::check));
    programs.push_back(program);
  }
  for (const std::uint64_t size : large_sizes()) {
    const std::uint64_t asked = askable(function, size);
    Program program = {on(1, allocation(0, function, asked)), on(1, allocation(1, function, asked)),
                       on(1, act(OperationKind::end_thread)), act(OperationKind::check)};
    if (facts(function).family == Family::c)
      program.push_back(on(2, allocation(0, Function::realloc, asked + asked / 2)));
    program.insert(program.end(), {on(2, freeing(1, free)), on(2, allocation(2, function, asked)),
                                   freeing(0, free), act(OperationKind::check)});
    programs.push_back(program);
  }
  return programs;
}

[[nodiscard]] std::vector<Program> concurrent_programs(const Knowledge&, Function) {
  std::vector<Program> programs;
  for (const std::uint64_t threads : {2U, 3U, 4U, 8U, 16U})
    programs.push_back({{.kind = OperationKind::crowd, .count = threads, .size = 20'000 / threads}});
  for (const std::uint64_t threads : {2U, 4U, 8U, 16U})
    programs.push_back(
        {{.kind = OperationKind::crowd_with_heirs, .count = threads, .size = 40'000 / threads}});
  // More at once than an allocator may have heaps for: then some share one.
  programs.push_back({{.kind = OperationKind::crowd, .count = 160, .size = 400}});
  return programs;
}

[[nodiscard]] std::vector<Program> child_programs(const Knowledge& knowledge, Function function) {
  std::vector<Program> programs;
  for (const std::uint64_t size : telling_sizes(knowledge, 10'000)) {
    // One in eight: a fork costs more than all else.
    if (size % 8 != 0) continue;
    programs.push_back(
        {on(1, allocation(0, function, size)), allocation(1, function, size), act(OperationKind::fork),
         allocation(2, function, size), freeing(0), allocation(3, function, size), act(OperationKind::check),
         act(OperationKind::child_ends), allocation(2, function, size), act(OperationKind::check)});
  }
  return programs;
}

[[nodiscard]] std::vector<Program> crowd_programs(const Knowledge&, Function) {
  return {{{.kind = OperationKind::crowd_forks, .count = 1, .size = 40}},
          {{.kind = OperationKind::crowd_forks, .count = 4, .size = 100}}};
}

/// Small blocks, of every size class; those of a few pages; and those that caches may still keep.
[[nodiscard]] std::vector<Program> generation_programs(const Knowledge& knowledge, Function) {
  // What is lost of memory that is there from the start cannot be seen by its growth.
  if (knowledge.bounded) return {};
  std::vector<Program> programs;
  for (const std::uint64_t size : {256U, 2048U, 16'384U, 65'536U})
    programs.push_back({{.kind = OperationKind::generations, .count = 2 * least_generations, .size = size}});
  return programs;
}

[[nodiscard]] std::vector<Program> hand_over_programs(const Knowledge& knowledge, Function) {
  if (knowledge.bounded) return {};
  std::vector<Program> programs;
  for (const std::uint64_t size : {256U, 2048U, 16'384U})
    programs.push_back(
        {{.kind = OperationKind::generations_hand_over, .count = 2 * least_generations, .size = size}});
  return programs;
}

/// By the child's own threads, beside the one that forked. The process has one thread when it forks: none was
/// born, or all have ended. So the child may call everything.
[[nodiscard]] std::vector<Program> child_thread_programs(const Knowledge& knowledge, Function function) {
  const Function free = plain_free(function);
  std::vector<Program> programs;
  for (const std::uint64_t size : telling_sizes(knowledge, 10'000)) {
    // One in thirty-two: a fork and threads cost more than all else.
    if (size % 32 != 0) continue;
    const std::uint64_t asked = askable(function, size);
    const auto block = [=](std::uint32_t slot) { return allocation(slot, function, asked); };
    programs.push_back({block(0), block(1), act(OperationKind::fork), on(1, freeing(0, free)),
                        on(1, block(2)), on(2, block(3)), on(2, freeing(2, free)), on(2, block(4)),
                        on(1, act(OperationKind::end_thread)), freeing(3, free), on(1, block(5)),
                        act(OperationKind::check), act(OperationKind::child_ends), block(2),
                        act(OperationKind::check)});
    programs.push_back({on(1, block(0)), block(1), on(1, act(OperationKind::end_thread)),
                        act(OperationKind::fork), on(2, freeing(0, free)), on(1, block(2)), on(1, block(3)),
                        on(2, block(4)), act(OperationKind::check), act(OperationKind::child_ends),
                        on(1, block(2)), act(OperationKind::check)});
  }
  return programs;
}

[[nodiscard]] Operation dying(std::uint8_t thread, Operation operation) {
  return on_thread(thread, in_context(Context::destructor, operation));
}

/// What a thread took before, what others took, and what it takes when the allocator may have put its things
/// away; and a thread whose first call that is.
[[nodiscard]] std::vector<Program> destructor_programs(const Knowledge& knowledge, Function function) {
  const Function free = plain_free(function);
  std::vector<Program> programs;
  for (const std::uint64_t size : telling_sizes(knowledge, 10'000)) {
    // One in eight: threads cost more than all else.
    if (size % 8 != 0) continue;
    const std::uint64_t asked = askable(function, size);
    const auto block = [=](std::uint32_t slot) { return allocation(slot, function, asked); };
    programs.push_back({on(1, block(0)),
                        block(1),
                        on(1, block(2)),
                        dying(1, freeing(0, free)),
                        dying(1, freeing(1, free)),
                        dying(1, block(3)),
                        dying(1, block(4)),
                        dying(1, allocation(4, Function::realloc, 2 * asked)),
                        dying(1, block(5)),
                        dying(1, freeing(5, free)),
                        dying(2, block(6)),
                        dying(2, block(7)),
                        dying(2, freeing(7, free)),
                        on(1, block(8)),
                        freeing(2, free),
                        freeing(3, free),
                        dying(1, freeing(8, free)),
                        dying(1, freeing(6, free)),
                        block(9),
                        act(OperationKind::check)});
  }
  return programs;
}

/// An alignment may be refused for itself.
[[nodiscard]] std::optional<Complaint> met_in_destructor(const ObservedCall& seen) {
  const bool asked = seen.around.in_destructor && !asks_alignment(seen.call.function);
  return demand_block(seen, asked, "a block, as before the thread's end");
}

constexpr const char* block_of_child = "a block, as in the process that forked";

/// An alignment may be refused for itself.
[[nodiscard]] std::optional<Complaint> met_in_thread_of_child(const ObservedCall& seen) {
  const bool asked = seen.around.born_in_child && !asks_alignment(seen.call.function);
  return demand_block(seen, asked, block_of_child);
}

[[nodiscard]] std::optional<Complaint> met_in_child(const ObservedCall& seen) {
  const bool asked = seen.around.in_child && !seen.around.born_in_child;
  return demand_block(seen, asked, block_of_child);
}

const ClauseRegistration threads_elsewhere({
    .id = "threads.free-elsewhere",
    .tier = Tier::must,
    .promise = "A block may be freed by another thread than the one that allocated it.",
    .source = "ISO C17 7.22.3p2",
    .functions = {Function::malloc, Function::calloc, Function::posix_memalign, Function::op_new,
                  Function::op_new_array},
    .oracles = {contents_kept, disjoint_blocks},
    .programs = elsewhere_programs,
});

const ClauseRegistration after_death({
    .id = "threads.outlives",
    .tier = Tier::must,
    .promise = "A block outlives the thread that allocated it, and may then be resized and freed by others.",
    .source = "ISO C17 6.2.4p2 and 7.22.3p1: it lives until it is deallocated",
    .functions = {Function::malloc, Function::calloc, Function::posix_memalign, Function::op_new,
                  Function::op_new_array},
    .oracles = {contents_kept, disjoint_blocks, "shadow.kept"},
    .programs = death_programs,
});

const ClauseRegistration concurrent({
    .id = "threads.concurrent",
    .tier = Tier::must,
    .promise = "Threads may allocate, and free each other's blocks, at the same time.",
    .source = "ISO C17 7.22.3p2: no data races",
    .functions = {Function::malloc},
    .standard_only = true,
    .judged_by_id = true,
    .programs = concurrent_programs,
});

const ClauseRegistration destructors({
    .id = "threads.destructors",
    .tier = Tier::must,
    .promise =
        "A destructor of a thread's own data may allocate and free, also when the other destructors were "
        "called.",
    .source =
        "POSIX.1-2024 pthread_key_create: destructors free the storage of the data, in an order that nobody "
        "promises, and again while data is set; ISO C17 7.26.6.1",
    .functions = {Function::malloc, Function::calloc, Function::realloc, Function::posix_memalign},
    .standard_only = true,
    .judge = met_in_destructor,
    .oracles = {contents_kept, disjoint_blocks, "shadow.kept"},
    .programs = destructor_programs,
});

const ClauseRegistration leave_nothing({
    .id = "threads.leave-nothing",
    .tier = Tier::expected,
    .promise =
        "Threads that freed all their blocks leave no memory behind: the process does not grow with each "
        "one that ends.",
    .source = "ISO C17 7.22.3.3p2: freed memory is made available for further allocation",
    .functions = {Function::malloc},
    .standard_only = true,
    .judged_by_id = true,
    .programs = generation_programs,
    .alone = true,
});

const ClauseRegistration freed_by_others({
    .id = "threads.returned-by-others",
    .tier = Tier::expected,
    .promise = "What one thread takes and another frees, before or after the end of either, leaves no memory "
               "behind: the process does not grow with each thread.",
    .source = "ISO C17 7.22.3.3p2: freed memory is made available for further allocation",
    .functions = {Function::malloc},
    .standard_only = true,
    .judged_by_id = true,
    .programs = hand_over_programs,
    .alone = true,
});

const ClauseRegistration child({
    .id = "fork.child",
    .tier = Tier::expected,
    .promise = "A child of a process with threads may allocate, and free what its parent allocated.",
    .source = "What programs rely on: POSIX.1-2024 fork allows a child of threads async-signal-safe "
              "functions alone",
    .functions = {Function::malloc},
    .standard_only = true,
    .judge = met_in_child,
    .oracles = {contents_kept, disjoint_blocks},
    .programs = child_programs,
});

const ClauseRegistration threads_of_child({
    .id = "fork.threads",
    .tier = Tier::must,
    .promise = "Threads of a child may allocate, and free what its parent allocated.",
    .source = "POSIX.1-2024 fork: a child of a process with one thread may call every function; ISO C17 "
              "7.22.3p2",
    .functions = {Function::malloc, Function::calloc, Function::posix_memalign},
    .standard_only = true,
    .judge = met_in_thread_of_child,
    .oracles = {contents_kept, disjoint_blocks},
    .programs = child_thread_programs,
});

const ClauseRegistration crowd({
    .id = "fork.amid-threads",
    .tier = Tier::expected,
    .promise = "A child that is forked while threads allocate may allocate.",
    .source = "What programs rely on: POSIX.1-2024 fork allows a child of threads async-signal-safe "
              "functions alone",
    .functions = {Function::malloc},
    .standard_only = true,
    .judged_by_id = true,
    .programs = crowd_programs,
});

}  // namespace
}  // namespace poolhammer::contract
