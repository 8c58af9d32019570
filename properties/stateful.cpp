#include <fmt/format.h>
#include <gtest/gtest.h>
#include <rapidcheck/state.h>

#include <map>
#include <memory>
#include <ostream>
#include <stdexcept>
#include <vector>

#include "harness/trace/text.hpp"
#include "properties/support/programs.hpp"
#include "properties/support/property.hpp"
#include "properties/support/stepper.hpp"

namespace poolhammer {
namespace {

/// What a client knows of its blocks without looking at one: which slots it asked blocks for, and how large.
struct Client {
  LayoutId layout = LayoutId::tiny;
  std::map<std::uint32_t, std::uint64_t> asked;
  bool refusals = false;  ///< the raw allocator was ever told to refuse: a slot may hold nothing
};

/// A step that does not do what it should. RapidCheck's own assertions are left alone: they would end a
/// child's case in the middle of RapidCheck's bookkeeping.
class Wrong : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

void demand(const Outcome& outcome) {
  if (outcome) throw Wrong(*outcome);
}

/// One operation as a command: performed under all oracles, and the invariants checked behind it.
class Step : public rc::state::Command<Client, Stepper> {
 public:
  using CommandType = Step;

  explicit Step(const Operation& operation) : operation_(operation) {}

  [[nodiscard]] const Operation& operation() const { return operation_; }

  void run(const Client& before, Stepper& stepper) const override {
    const std::uint64_t live = stepper.live_blocks();
    demand(stepper.perform(operation_));
    demand(stepper.check());
    demand(expected(before, stepper, live));
  }
  void show(std::ostream& out) const override { out << to_text(operation_); }

 private:
  /// What the client expects beyond what the oracles know. `live`: blocks before the step.
  [[nodiscard]] virtual Outcome expected(const Client& /*before*/, Stepper& stepper,
                                         std::uint64_t live) const {
    if (stepper.live_blocks() == live) return std::nullopt;
    return fmt::format("{}: {} live blocks became {}", to_text(operation_), live, stepper.live_blocks());
  }

  Operation operation_;
};

constexpr std::uint32_t slots = 24;

[[nodiscard]] std::uint32_t any_slot(bool holding, const Client& client) {
  std::vector<std::uint32_t> fitting;
  for (std::uint32_t slot = 0; slot < slots; ++slot) {
    if (client.asked.contains(slot) == holding) fitting.push_back(slot);
  }
  RC_PRE(!fitting.empty());
  return *rc::gen::elementOf(fitting);
}

/// Mostly what pools serve; now and then none, more, or more than anybody has.
[[nodiscard]] std::uint64_t any_size(const Client& client) {
  const std::uint64_t largest = largest_small_size(client.layout);
  return *rc::gen::weightedOneOf<std::uint64_t>({{20, rc::gen::inRange<std::uint64_t>(1, largest + 1)},
                                                 {3, rc::gen::inRange<std::uint64_t>(largest, 3 * largest)},
                                                 {1, rc::gen::just<std::uint64_t>(0)},
                                                 {1, rc::gen::just(~std::uint64_t{0} >> 1U)}});
}

/// The block that the client now has in a slot, if it can be told beforehand whether there is one.
[[nodiscard]] Outcome granted(const Client& before, Stepper& stepper, const Operation& operation) {
  const bool grantable = operation.size <= 3 * largest_small_size(before.layout);
  const ShadowBlock& block = stepper.block(operation.slot);
  if (grantable && !before.refusals && block.address == nullptr) return to_text(operation) + ": refused";
  return std::nullopt;
}

class Malloc : public Step {
 public:
  explicit Malloc(const Client& client)
      : Step({OperationKind::malloc, any_slot(false, client), 0, any_size(client)}) {}

  void checkPreconditions(const Client& client) const override {
    RC_PRE(!client.asked.contains(operation().slot));
  }
  void apply(Client& client) const override { client.asked[operation().slot] = operation().size; }

 private:
  [[nodiscard]] Outcome expected(const Client& before, Stepper& stepper,
                                 std::uint64_t /*live*/) const override {
    return granted(before, stepper, operation());
  }
};

class Calloc : public Step {
 public:
  explicit Calloc(const Client& client)
      : Step({OperationKind::calloc, any_slot(false, client), *rc::gen::inRange<std::uint32_t>(0, 5),
              any_size(client) / 3}) {}

  void checkPreconditions(const Client& client) const override {
    RC_PRE(!client.asked.contains(operation().slot));
  }
  void apply(Client& client) const override {
    client.asked[operation().slot] = operation().count * operation().size;
  }

 private:
  [[nodiscard]] Outcome expected(const Client& before, Stepper& stepper,
                                 std::uint64_t /*live*/) const override {
    return granted(before, stepper, operation());
  }
};

class Realloc : public Step {
 public:
  explicit Realloc(const Client& client)
      : Step({OperationKind::realloc, any_slot(true, client), 0, any_size(client)}) {}

  void checkPreconditions(const Client& client) const override {
    RC_PRE(client.asked.contains(operation().slot));
  }
  void apply(Client& client) const override { client.asked[operation().slot] = operation().size; }

 private:
  [[nodiscard]] Outcome expected(const Client& before, Stepper& stepper, std::uint64_t live) const override {
    if (stepper.live_blocks() < live) return to_text(operation()) + ": a block is gone";
    return granted(before, stepper, operation());
  }
};

class Free : public Step {
 public:
  explicit Free(const Client& client) : Step({OperationKind::free, any_slot(true, client), 0, 0}) {}

  void checkPreconditions(const Client& client) const override {
    RC_PRE(client.asked.contains(operation().slot));
  }
  void apply(Client& client) const override { client.asked.erase(operation().slot); }

 private:
  [[nodiscard]] Outcome expected(const Client& /*before*/, Stepper& stepper,
                                 std::uint64_t /*live*/) const override {
    if (stepper.block(operation().slot).address == nullptr) return std::nullopt;
    return to_text(operation()) + ": the slot still holds a block";
  }
};

class Check : public Step {
 public:
  explicit Check(const Client& /*client*/) : Step({OperationKind::check, 0, 0, 0}) {}
};

class FailArenas : public Step {
 public:
  explicit FailArenas(const Client& /*client*/)
      : Step({OperationKind::fail_arenas, 0, 0, *rc::gen::inRange<std::uint64_t>(0, 4)}) {}
};

class FailRaw : public Step {
 public:
  explicit FailRaw(const Client& /*client*/)
      : Step({OperationKind::fail_raw, 0, 0, *rc::gen::inRange<std::uint64_t>(0, 4)}) {}

  void apply(Client& client) const override { client.refusals = client.refusals || operation().size != 0; }
};

class Place : public Step {
 public:
  explicit Place(const Client& /*client*/)
      : Step({OperationKind::place, 0, 0, *rc::gen::inRange<std::uint64_t>(0, pymalloc::placements)}) {}
};

struct Steps {
  LayoutId layout = LayoutId::tiny;
  rc::state::Commands<Step> commands{};

  [[nodiscard]] Trace program() const {
    Trace trace{layout, {}};
    for (const auto& command : commands) trace.operations.push_back(command->operation());
    return trace;
  }
};

void showValue(const Steps& steps, std::ostream& out) {
  showValue(steps.program(), out);
}

[[nodiscard]] rc::Gen<Steps> steps(LayoutId layout) {
  // Each kind as often as it is named.
  const auto next =
      rc::state::gen::execOneOfWithArgs<Malloc, Malloc, Malloc, Malloc, Malloc, Calloc, Realloc, Realloc,
                                        Free, Free, Free, Check, FailArenas, FailRaw, Place>();
  return rc::gen::map(rc::state::gen::commands(Client{layout, {}, false}, next),
                      [layout](rc::state::Commands<Step>&& commands) {
                        return Steps{layout, std::move(commands)};
                      });
}

class Stateful : public testing::TestWithParam<LayoutId> {};

TEST_P(Stateful, EveryCommandLeavesAHeapThatAllOraclesAcceptAndThatDrains) {
  holds(steps(GetParam()), [](const Steps& value) -> Outcome {
    Stepper stepper(home_subject(value.layout));
    try {
      rc::state::runAll(value.commands, Client{value.layout, {}, false}, stepper);
      return stepper.drain();
    } catch (const Wrong& wrong) {
      return wrong.what();
    }
  });
}

INSTANTIATE_TEST_SUITE_P(Layouts, Stateful, testing::ValuesIn(all_layouts),
                         [](const auto& test) { return std::string(word(test.param)); });

}  // namespace
}  // namespace poolhammer
