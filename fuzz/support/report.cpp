#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>

#include "fuzz/support/crash_report.hpp"
#include "fuzz/support/limits.hpp"
#include "fuzz/support/target.hpp"
#include "fuzz/support/which_engine.hpp"

namespace poolhammer::fuzz {

void report(const Finding& finding) {
  static_cast<void>(std::fflush(nullptr));
  const std::string text = to_string(finding);
  report_crash({.finding = text});
  switch (engine()) {
    case Engine::libfuzzer:
      _exit(number(Status::libfuzzer_finding));
    case Engine::plain:
      _exit(number(Status::plain_finding));
    case Engine::other:
      break;
  }
  std::abort();
}

}  // namespace poolhammer::fuzz
