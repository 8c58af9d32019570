#pragma once

#include <rapidcheck.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "harness/trace/text.hpp"
#include "harness/trace/trace.hpp"
#include "properties/support/parameters.hpp"

namespace poolhammer {

/// What a property says of one value: nothing where it holds, else why it does not.
using Outcome = std::optional<std::string>;

/// A value as a trace file: what is left of a counterexample beside its text.
struct Program {
  Trace trace;
  std::string subject;  ///< as the user spells it
};

struct PropertyOptions {
  int cases = 200;  ///< values to try where RC_PARAMS does not say
};

/// One value of a property, behind one face for all types. Making one runs nothing: only `act` touches an
/// allocator.
struct Case {
  std::function<Outcome()> act;
  std::function<std::string()> show;
  std::function<std::optional<Program>()> program;
};

/// Checks a property inside the running GoogleTest, which it fails with the smallest counterexample found.
///
/// RapidCheck runs in a forked child, where values act in its memory: fast. When that child dies (a signal, a
/// sanitizer, too long a case), RapidCheck runs again with the same seed, in this process, and each value
/// acts in a child of its own: a death is then a failure like any other, and shrinks. The counterexample's
/// program is written as a trace file, and failure_report() says how to run both again.
void check_property(const rc::Gen<Case>& cases, const PropertyOptions& options = {});

/// To be called once, before the tests.
void use_parameters(Parameters parameters);

/// How each failure of this process is shown again; the last line is a command. Empty where all held.
[[nodiscard]] std::string failure_report();

[[nodiscard]] inline Program program_of(const Trace& trace) {
  return {trace, "pymalloc:" + std::string(word(trace.layout))};
}

[[nodiscard]] inline Program program_of(Program program) {
  return program;
}

/// A value's program: for a trace itself, and for types with a member `program() const`, a Trace or a
/// Program.
template <class T>
[[nodiscard]] std::optional<Program> program_in(const T& value) {
  if constexpr (std::is_same_v<T, Trace>) {
    return program_of(value);
  } else if constexpr (requires { value.program(); }) {
    return program_of(value.program());
  } else {
    return std::nullopt;
  }
}

/// Checks that `act` finds nothing wrong with any of `values`. `act` takes a const T& and returns an Outcome;
/// it must depend on nothing else, and leave nothing behind that changes a later call.
template <class T, class Act>
void holds(const rc::Gen<T>& values, Act act, const PropertyOptions& options = {}) {
  check_property(rc::gen::map(values,
                              [act](T&& made) {
                                const auto value = std::make_shared<const T>(std::move(made));
                                return Case{[=] { return act(*value); }, [=] { return rc::toString(*value); },
                                            [=] { return program_in(*value); }};
                              }),
                 options);
}

}  // namespace poolhammer
