#include <fmt/format.h>

#include <cerrno>

#include "harness/contract/clause.hpp"
#include "harness/trace/text.hpp"

namespace poolhammer::contract {
namespace {

[[nodiscard]] std::vector<Function> frees_of_c() {
  return {Function::free, Function::free_sized, Function::free_aligned_sized};
}
[[nodiscard]] std::vector<Function> deletes() {
  std::vector<Function> all;
  for (const Function function : all_functions()) {
    if (frees(function) && facts(function).family != Family::c) all.push_back(function);
  }
  return all;
}

/// The function whose blocks `function` may free.
[[nodiscard]] Function maker_for(Function function) {
  if (function == Function::free_aligned_sized) return Function::aligned_alloc;
  if (facts(function).family == Family::c) return Function::malloc;
  if (facts(function).family == Family::object)
    return takes_alignment(function) ? Function::op_new_aligned : Function::op_new;
  return takes_alignment(function) ? Function::op_new_array_aligned : Function::op_new_array;
}

[[nodiscard]] std::vector<Probe> null_probes(const Knowledge&, Function function) {
  const Function maker = maker_for(function);
  Probe probe;
  std::uint16_t slot = 0;
  for (const std::uint64_t size : {16U, 64U, 512U, 4096U, 200'000U}) {
    probe.insert(probe.end(), {allocation(slot, maker, size), fill(slot)});
    ++slot;
  }
  probe.push_back(release(0, plain_free(maker)));
  for (int times = 0; times < 3; ++times) probe.push_back(release(no_slot, function));
  for (std::uint16_t other = slot; other < slot + 4; ++other)
    probe.insert(probe.end(), {allocation(other, maker, 64), expect(Expect::disjoint, other), fill(other)});
  probe.push_back(expect(Expect::all_kept));
  return {probe};
}

/// Sizes up to some that go back to the system at once, where free calls it; blocks of the aligned functions,
/// too; and many at once, so that whole runs of them go back.
[[nodiscard]] std::vector<Probe> errno_probes(const Knowledge& knowledge, Function function) {
  const auto keeps_errno = [](Probe& probe, std::uint16_t slot, Function by) {
    probe.insert(probe.end(),
                 {plain(Verb::set_errno, EDOM), release(slot, by), expect(Expect::error, no_slot, EDOM)});
  };
  std::vector<Probe> probes(1);
  keeps_errno(probes.front(), no_slot, function);
  for (const std::uint64_t size : telling_sizes(knowledge, 1U << 20U)) {
    Probe probe = {allocation(0, maker_for(function), size), fill(0)};
    keeps_errno(probe, 0, function);
    probes.push_back(probe);
  }
  for (const Function maker : c_allocators()) {
    if (!knowledge.has(maker) || function != Function::free) continue;
    for (const std::uint64_t size : {64U, 4096U, 1U << 20U, 1U << 25U}) {
      Probe probe = {allocation(0, maker, size, 64)};
      keeps_errno(probe, 0, function);
      probes.push_back(probe);
    }
  }
  for (const std::uint64_t size : {100U, 3000U, 40'000U, 150'000U}) {
    Probe probe;
    for (std::uint16_t slot = 0; slot < 200; ++slot)
      probe.insert(probe.end(), {allocation(slot, maker_for(function), size), fill(slot)});
    for (std::uint16_t slot = 0; slot < 200; ++slot) keeps_errno(probe, slot, function);
    probes.push_back(probe);
  }
  return probes;
}

/// A form of free or delete is told the size and alignment that the block was asked with.
[[nodiscard]] std::vector<Probe> told_probes(const Knowledge& knowledge, Function function) {
  const Function maker = maker_for(function);
  std::vector<Probe> probes;
  for (const std::uint64_t size : telling_sizes(knowledge, 300'000)) {
    for (const std::uint64_t alignment : {16U, 64U, 4096U}) {
      if (alignment != 16 && !takes_alignment(maker)) continue;
      const std::uint64_t asked =
          maker == Function::aligned_alloc ? (size + alignment - 1) / alignment * alignment : size;
      Probe probe;
      for (std::uint16_t slot = 0; slot < 4; ++slot)
        probe.insert(probe.end(), {allocation(slot, maker, asked, alignment), fill(slot)});
      for (std::uint16_t slot = 0; slot < 4; slot += 2) probe.push_back(release(slot, function));
      for (std::uint16_t slot = 4; slot < 8; ++slot)
        probe.insert(probe.end(),
                     {allocation(slot, maker, asked, alignment), expect(Expect::disjoint, slot), fill(slot)});
      probe.push_back(expect(Expect::all_kept));
      probes.push_back(probe);
    }
  }
  return probes;
}

[[nodiscard]] std::optional<Complaint> errno_kept(const ObservedCall& seen) {
  if (seen.answer.error == seen.call.error) return std::nullopt;
  const auto words = [](int error) {
    return fmt::format("errno is {}", errno_text(static_cast<std::uint64_t>(error)));
  };
  return Complaint{"", "", words(seen.call.error) + ", as before the call", words(seen.answer.error)};
}

const ClauseRegistration null({
    .id = "free.null",
    .tier = Tier::must,
    .promise = "Freeing a null pointer does nothing.",
    .source = "ISO C17 7.22.3.3p2",
    .functions = frees_of_c(),
    .generate = null_probes,
});

const ClauseRegistration delete_null({
    .id = "delete.null",
    .tier = Tier::must,
    .promise = "Deleting a null pointer does nothing.",
    .source = "ISO C++20 [new.delete.single]p12, [new.delete.array]p11",
    .functions = deletes(),
    .generate = null_probes,
});

const ClauseRegistration keeps_errno({
    .id = "free.errno",
    .tier = Tier::must,
    .promise = "free leaves errno as it was.",
    .source = "POSIX.1-2024 free, DESCRIPTION",
    .functions = {Function::free},
    .standard_only = true,
    .judge = errno_kept,
    .generate = errno_probes,
});

const ClauseRegistration sized({
    .id = "free.sized",
    .tier = Tier::must,
    .promise = "free_sized and free_aligned_sized free a block of that size and alignment, and nothing else.",
    .source = "ISO C23 7.24.3.4, 7.24.3.5",
    .functions = {Function::free_sized, Function::free_aligned_sized},
    .generate = told_probes,
});

const ClauseRegistration delete_forms({
    .id = "delete.forms",
    .tier = Tier::must,
    .promise = "Each form of operator delete frees a block of its operator new, and nothing else.",
    .source = "ISO C++20 [new.delete.single]p9-12, [new.delete.array]p8-11",
    .functions = deletes(),
    .generate = told_probes,
});

}  // namespace
}  // namespace poolhammer::contract
