#include "harness/c_program/check.hpp"

#include <algorithm>
#include <array>
#include <cerrno>

namespace poolhammer::c {
namespace {

struct Row {
  std::string_view oracle;
  Check check;
  std::uint64_t argument = 0;
};

constexpr std::array<Row, 52> table = {{
    {"crash", Check::survival},
    {"drain.arenas", Check::left_behind},
    {"drain.bytes", Check::left_behind},
    {"drain.pools", Check::left_behind},
    {"drain.raw-blocks", Check::left_behind},
    {"hang", Check::survival},
    {"invariant.debug.no-false-alarm", Check::survival},
    {"invariant.own-operation", Check::own_complaint},
    {"memory", Check::memory},
    {"shadow.alignment", Check::aligned},
    {"shadow.contents", Check::contents},
    {"shadow.disjoint", Check::disjoint},
    {"shadow.handed-over", Check::contents},
    {"shadow.kept", Check::kept},
    {"shadow.owned-memory", Check::disjoint},
    {"shadow.refusal", Check::refusal},
    {"shadow.unchanged-by-failure", Check::unchanged},
    {"shadow.usable-size", Check::usable_size},
    {"shadow.zeroed", Check::zeroed},
    {"teardown", Check::ended},
    {"contract.aligned_alloc.einval", Check::error_if_none, EINVAL},
    {"contract.aligned_alloc.invalid", Check::no_block},
    {"contract.capacity.kept", Check::capacity},
    {"contract.capacity.largest", Check::capacity},
    {"contract.exhaustion.errno", Check::error_if_none, ENOMEM},
    {"contract.exhaustion.recovers", Check::block},
    {"contract.failure.errno", Check::error_if_none, ENOMEM},
    {"contract.failure.errno-gnu", Check::error_if_none, ENOMEM},
    {"contract.failure.status", Check::status_if_none, ENOMEM},
    {"contract.fork.amid-threads", Check::crowd},
    {"contract.fork.child", Check::block},
    {"contract.fork.threads", Check::block},
    {"contract.free.available", Check::block},
    {"contract.free.errno", Check::error_kept},
    {"contract.new.fails", Check::thrown},
    {"contract.new.handler", Check::handled},
    {"contract.new.handler-throws", Check::let_through},
    {"contract.new.zero", Check::block},
    {"contract.overflow.errno", Check::error_if_none, ENOMEM},
    {"contract.posix_memalign.einval", Check::status, EINVAL},
    {"contract.posix_memalign.result-kept", Check::result_kept},
    {"contract.pvalloc.rounds", Check::whole_pages},
    {"contract.realloc.null", Check::block},
    {"contract.signals.handler", Check::block},
    {"contract.threads.concurrent", Check::crowd},
    {"contract.threads.destructors", Check::block},
    {"contract.threads.leave-nothing", Check::no_loss},
    {"contract.threads.returned-by-others", Check::no_loss},
    {"contract.usable.null", Check::usable_null},
    {"contract.usable.realloc-keeps", Check::kept},
    {"contract.usable.stable", Check::usable_stable},
    {"contract.usable.writable", Check::contents},
}};

}  // namespace

bool CheckPlan::writes() const {
  // What the owners write may be what an invariant is broken by.
  if (by_source) return true;
  switch (check) {
    case Check::everything:
    case Check::survival:
    case Check::memory:
    case Check::contents:
    case Check::disjoint:
    case Check::zeroed:
    case Check::kept:
    case Check::unchanged:
    case Check::crowd:
    case Check::usable_stable:
      return true;
    default:
      return false;
  }
}

CheckPlan plan_of(const Finding* finding, bool by_source) {
  if (finding == nullptr) return {};
  CheckPlan plan{
      .step = finding->operation_index,
      .at_drain = finding->operation == finding_at_drain || finding->operation == finding_at_teardown,
      .by_source = by_source};
  const auto* const row = std::ranges::find(table, finding->oracle, &Row::oracle);
  if (row == table.end()) {
    if (by_source && finding->oracle.starts_with("invariant.")) plan.check = Check::complaint;
    return plan;
  }
  if (row->check > Check::capacity && !by_source) return plan;
  plan.check = row->check;
  plan.argument = row->argument;
  // A crowd looks at its blocks itself.
  if (plan.check == Check::zeroed && finding->operation.starts_with("crowd")) plan.check = Check::crowd;
  return plan;
}

}  // namespace poolhammer::c
