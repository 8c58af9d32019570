#include <fmt/format.h>

#include <vector>

#include "harness/base/counted.hpp"
#include "harness/base/format_error.hpp"
#include "harness/base/scan.hpp"
#include "harness/trace/importer.hpp"
#include "harness/trace/limits.hpp"

namespace poolhammer {
namespace {

// The four numbers that a trace file begins with, one a line.
struct Header {
  std::uint64_t ids = 0;
  std::uint64_t operations = 0;
};

class RepReader {
 public:
  explicit RepReader(std::string_view text) : lines_(text) {}

  [[nodiscard]] Imported read() {
    read_header();
    while (next_line()) read_request();
    if (requests_ != header_.operations) {
      throw FormatError(fmt::format("line {}: expected {}, as the header says, found {}", lines_.number() + 1,
                                    counted(header_.operations, "operation"), requests_));
    }
    return std::move(result_);
  }

 private:
  // The next line that is not blank, in rest_.
  [[nodiscard]] bool next_line() {
    while (lines_.next()) {
      rest_ = trimmed(lines_.line());
      if (!rest_.empty()) return true;
    }
    return false;
  }

  [[nodiscard]] std::uint64_t number(std::string_view meaning, std::uint64_t most) {
    const std::string_view field = take_field(rest_);
    const auto value = parse_decimal(field);
    if (!value) fail(meaning, field);
    if (*value > most) fail(fmt::format("{} of at most {}", meaning, most), field);
    return *value;
  }

  void end_line() {
    if (const std::string_view field = take_field(rest_); !field.empty()) fail("the end of the line", field);
  }

  [[nodiscard]] std::uint64_t header_line(std::string_view meaning, std::uint64_t most) {
    if (!next_line()) {
      throw FormatError(
          fmt::format("line {}: expected {}, found the end of the file", lines_.number() + 1, meaning));
    }
    const std::uint64_t value = number(meaning, most);
    end_line();
    return value;
  }

  void read_header() {
    constexpr std::uint64_t any = ~std::uint64_t{0};
    static_cast<void>(header_line("the suggested heap size", any));
    header_.ids = header_line("the number of ids", slot_limit);
    header_.operations = header_line("the number of operations", max_operations);
    static_cast<void>(header_line("the weight", any));
    live_.resize(static_cast<std::size_t>(header_.ids));
  }

  [[nodiscard]] std::uint32_t id() {
    const std::string_view field = take_field(rest_);
    const auto value = parse_decimal(field);
    if (!value || *value >= header_.ids) fail(fmt::format("an id below {}", header_.ids), field);
    return static_cast<std::uint32_t>(*value);
  }

  void read_request() {
    if (++requests_ > header_.operations) {
      fail(fmt::format("the end of the file after {}", counted(header_.operations, "operation")), rest_);
    }
    const std::string_view request = take_field(rest_);
    if (request == "a") {
      read_allocation(OperationKind::malloc);
    } else if (request == "r") {
      read_allocation(OperationKind::realloc);
    } else if (request == "f") {
      read_free();
    } else {
      fail("a request (a, r, f)", request);
    }
    end_line();
  }

  void read_allocation(OperationKind kind) {
    const std::string_view before = rest_;
    const std::uint32_t slot = id();
    if (kind == OperationKind::malloc && live_[slot]) fail("an id that is free", trimmed(before));
    live_[slot] = true;
    result_.trace.operations.push_back({kind, slot, 0, number("a size", ~std::uint64_t{0})});
  }

  void read_free() {
    if (trimmed(rest_) == "-1") {  // a null pointer
      rest_ = {};
      return;
    }
    const std::uint32_t slot = id();
    if (!live_[slot]) {
      ++result_.report.skipped_frees;
      return;
    }
    live_[slot] = false;
    result_.trace.operations.push_back({OperationKind::free, slot, 0, 0});
  }

  [[noreturn]] void fail(std::string_view expected, std::string_view found) const {
    fail_at_line(lines_.number(), expected, found);
  }

  Lines lines_;
  std::string_view rest_;
  Header header_;
  std::vector<bool> live_;
  std::uint64_t requests_ = 0;
  Imported result_;
};

// Four lines of one number each, then a request.
bool begins_like_rep(std::string_view head) {
  Lines lines(head);
  for (int numbers = 0; lines.next();) {
    std::string_view rest = lines.line();
    const std::string_view field = take_field(rest);
    if (field.empty()) continue;
    if (numbers == 4) return field == "a" || field == "r" || field == "f";
    if (!parse_decimal(field) || !trimmed(rest).empty()) return false;
    ++numbers;
  }
  return false;
}

/// CS:APP malloc lab trace files (`.rep`). An id becomes the slot of that number.
const ImporterRegistration registration({
    .word = "rep",
    .meaning = "CS:APP malloc lab (.rep)",
    .recognises = &begins_like_rep,
    .parse = [](std::string_view text) { return RepReader(text).read(); },

});

}  // namespace

}  // namespace poolhammer
