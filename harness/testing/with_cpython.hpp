#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <stdexcept>
#include <string>

#include "harness/subjects/subject.hpp"

namespace poolhammer {

/// Why the last make_cpython() gave nothing.
[[nodiscard]] inline std::string& no_cpython() {
  static std::string reason;
  return reason;
}

/// CPython's allocator, or null with the reason in no_cpython() where this machine has none.
[[nodiscard]] inline std::unique_ptr<Subject> make_cpython() {
  try {
    return make_subject("cpython");
  } catch (const std::runtime_error& error) {
    no_cpython() = error.what();
    return nullptr;
  }
}

/// A test with CPython's allocator, as new. Skipped, with the reason, where this machine has none.
class WithCPython : public testing::Test {
 protected:
  void SetUp() override {
    subject_ = make_cpython();
    if (subject_ == nullptr) GTEST_SKIP() << no_cpython();
  }
  [[nodiscard]] Subject& subject() { return *subject_; }

 private:
  std::unique_ptr<Subject> subject_;
};

}  // namespace poolhammer
