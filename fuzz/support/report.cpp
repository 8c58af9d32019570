#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include "fuzz/support/last_words.hpp"
#include "fuzz/support/limits.hpp"
#include "fuzz/support/safe_text.hpp"
#include "fuzz/support/target.hpp"

namespace poolhammer::fuzz {

void report(const Finding& finding) {
  static_cast<void>(std::fflush(nullptr));
  write_all(STDERR_FILENO, to_string(finding));
  dump_unit_of_libfuzzer();
  speak_last_words();
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
