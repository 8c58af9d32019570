#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "harness/run/runner.hpp"
#include "harness/subjects/adapt.hpp"
#include "harness/testing/trace_of.hpp"

// Allocators of tests, adapted.
namespace poolhammer {

template <class A>
[[nodiscard]] AdaptedSubject<typename detail::Tested<A>::type> subject_of() {
  using Tested = typename detail::Tested<A>::type;
  return {"adapted", [](void* place) { return new (place) Tested; }};
}

/// What a short program finds.
template <class A>
[[nodiscard]] std::optional<Finding> finding_of(std::string_view program) {
  auto subject = subject_of<A>();
  return run(trace_of(program), subject).finding;
}

/// The same as "oracle: what was found", or "nothing".
template <class A>
[[nodiscard]] std::string told(std::string_view program) {
  const auto finding = finding_of<A>(program);
  return finding ? finding->oracle + ": " + finding->found : "nothing";
}

/// The same as "oracle: step: what was found".
template <class A>
[[nodiscard]] std::string told_at_step(std::string_view program) {
  const auto finding = finding_of<A>(program);
  return finding ? finding->oracle + ": " + finding->operation + ": " + finding->found : "nothing";
}

}  // namespace poolhammer
