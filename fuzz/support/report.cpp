#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "fuzz/support/crash_report.hpp"
#include "fuzz/support/limits.hpp"
#include "fuzz/support/tally.hpp"
#include "fuzz/support/target.hpp"
#include "fuzz/support/which_engine.hpp"
#include "harness/base/format_error.hpp"
#include "harness/report/known.hpp"
#include "harness/run/cause.hpp"

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

int final_status(int status) noexcept {
  const bool in_order = status == 0 || status == number(Status::libfuzzer_interrupted);
  if (!in_order || tally().findings == 0) return status;
  return number(engine() == Engine::libfuzzer ? Status::libfuzzer_finding : Status::plain_finding);
}

namespace {

/// What the environment says is to be passed by, and with POOLHAMMER_KEEP_GOING what was reported since.
class PassedBy {
 public:
  PassedBy() {
    const char* const wanted = std::getenv("POOLHAMMER_KEEP_GOING");
    keep_going_ = wanted != nullptr && std::string_view(wanted) == "1";
    // A run that ends in order with findings does not end with 0.
    if (keep_going_) {
      static_cast<void>(std::atexit([] {
        write_tally();
        if (tally().findings != 0) _exit(final_status(0));
      }));
    }
    if (const char* const file = std::getenv("POOLHAMMER_KNOWN"); file != nullptr && *file != '\0')
      known_ = Known::read(file);
  }

  [[nodiscard]] bool has(const std::string& subject, const std::string& cause) const {
    return !known_.reason(subject, cause).empty();
  }
  [[nodiscard]] bool keep_going() const { return keep_going_; }
  void add(const std::string& subject, const std::string& cause) {
    known_.accept(subject, cause, "reported");
  }

 private:
  Known known_;
  bool keep_going_ = false;
};

[[nodiscard]] PassedBy& passed_by() {
  try {
    static PassedBy only;
    return only;
  } catch (const InputError& error) {
    fmt::print(stderr, "poolhammer: POOLHAMMER_KNOWN: {}\n", error.what());
    _exit(number(Status::bad_usage));
  }
}

}  // namespace

void report_of(std::string_view subject, const Trace& trace, const Finding& finding) {
  const std::string name(subject);
  const std::string cause = cause_word(trace, finding);
  if (!passed_by().has(name, cause)) {
    if (!passed_by().keep_going()) report(finding);
    passed_by().add(name, cause);
    report_finding(to_string(finding));
  }
  ++tally().known;
}

}  // namespace poolhammer::fuzz
