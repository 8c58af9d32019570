#include "harness/report/wording.hpp"

#include <algorithm>

#include "harness/trace/text.hpp"

namespace poolhammer {
void write_heading(TextSink& out, std::string_view oracle) {
  out << "FINDING: " << oracle << "\n";
}

void write_step(TextSink& out, std::uint64_t index, std::string_view operation) {
  out << "  at operation " << index << ": " << operation << "\n";
}

void write_step(TextSink& out, std::uint64_t index, const Operation& operation,
                std::span<const OwnOperation> own) {
  out << "  at operation " << index << ": ";
  write_statement(out, operation, own);
  out << "\n";
}

void write_step_after_all(TextSink& out, std::uint64_t operations, std::string_view stage) {
  if (operations == 1) {
    out << "  after the only operation";
  } else {
    out << "  after all " << operations << " operations";
  }
  if (!stage.empty()) out << " (" << stage << ")";
  out << "\n";
}

void write_title(TextSink& out, std::string_view title) {
  constexpr std::string_view blanks = "          ";
  out << "  " << title << blanks.substr(std::min(title.size(), blanks.size()));
}

void write_entry(TextSink& out, std::string_view title, std::string_view text) {
  write_title(out, title);
  out << text << "\n";
}

std::string report_entry(std::string_view title, std::string_view text) {
  StringText out;
  write_entry(out, title, text);
  return out.text();
}

}  // namespace poolhammer
