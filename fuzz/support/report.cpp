#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>

#include "fuzz/support/crash_report.hpp"
#include "fuzz/support/target.hpp"
#include "fuzz/support/which_engine.hpp"

namespace poolhammer::fuzz {
namespace {

constexpr int libfuzzer_crash_status = 77;
constexpr int finding_status = 1;

}  // namespace

void report(const Finding& finding) {
  static_cast<void>(std::fflush(nullptr));
  const std::string text = to_string(finding);
  report_crash({.finding = text});
  switch (engine()) {
    case Engine::libfuzzer:
      _exit(libfuzzer_crash_status);
    case Engine::plain:
      _exit(finding_status);
    case Engine::other:
      break;
  }
  std::abort();
}

}  // namespace poolhammer::fuzz
