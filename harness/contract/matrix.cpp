#include <fmt/format.h>

#include <algorithm>

#include "harness/contract/report.hpp"

namespace poolhammer::contract {
namespace {

/// Every clause that any of the libraries was asked, in the order of the first.
[[nodiscard]] std::vector<const ClauseResult*> rows(std::span<const CheckReport> reports) {
  std::vector<const ClauseResult*> all;
  for (const CheckReport& report : reports) {
    for (const ClauseResult& clause : report.result.clauses) {
      const bool known = std::any_of(all.begin(), all.end(), [&clause](const ClauseResult* other) {
        return other->clause.id == clause.clause.id;
      });
      if (!known) all.push_back(&clause);
    }
  }
  return all;
}

[[nodiscard]] bool all_known(const CheckReport& report, std::string_view id) {
  const auto findings = report.of(id);
  return !findings.empty() && std::all_of(findings.begin(), findings.end(), [](const ClauseFinding* finding) {
    return !finding->accepted.empty();
  });
}

[[nodiscard]] std::string verdict_text(const CheckReport& report, std::string_view id) {
  const ClauseResult* const result = report.result_of(id);
  if (result == nullptr || result->verdict == ClauseVerdict::absent) return "-";
  if (result->verdict == ClauseVerdict::broken) return all_known(report, id) ? "known" : "BROKEN";
  return std::string(verdict_words[static_cast<std::size_t>(result->verdict)]);
}

[[nodiscard]] std::string joined(const std::vector<std::string>& lines, std::string_view between) {
  std::string text;
  for (const std::string& line : lines) text += (text.empty() ? "" : std::string(between)) + line;
  return text;
}

/// A column's head: the name as short as tells them apart.
[[nodiscard]] std::string label(const CheckReport& report) {
  return library_word(report.result.target);
}

[[nodiscard]] std::string text_matrix(std::span<const CheckReport> reports) {
  const auto all = rows(reports);
  std::size_t first = 6;
  for (const ClauseResult* const row : all) first = std::max(first, row->clause.id.size());
  std::string text = fmt::format("{:<{}}  {:<8}", "clause", first, "tier");
  for (const CheckReport& report : reports) text += fmt::format("  {:<8}", label(report));
  text += "\n";
  for (const ClauseResult* const row : all) {
    if (row->clause.tier == Tier::profile) continue;
    text += fmt::format("{:<{}}  {:<8}", row->clause.id, first,
                        tier_words[static_cast<std::size_t>(row->clause.tier)]);
    for (const CheckReport& report : reports)
      text += fmt::format("  {:<{}}", verdict_text(report, row->clause.id),
                          std::max<std::size_t>(8, label(report).size()));
    text.erase(text.find_last_not_of(' ') + 1);
    text += "\n";
  }
  for (const CheckReport& report : reports) {
    text += fmt::format("\n{} ({})\n", report.subject(), report.version);
    for (const ClauseFinding& finding : report.findings)
      text += fmt::format("  {}{}: {}\n", finding.accepted.empty() ? "" : "known: ", finding.clause,
                          to_line(finding));
  }
  for (const ClauseResult* const row : all) {
    if (row->clause.tier != Tier::profile) continue;
    text += fmt::format("\n{}: {}\n", row->clause.id, row->clause.promise);
    for (const CheckReport& report : reports) {
      const ClauseResult* const result = report.result_of(row->clause.id);
      if (result == nullptr || result->description.empty()) continue;
      text += fmt::format("  {:<20} {}\n", label(report), joined(profile_lines(*result), "; "));
    }
  }
  return text;
}

/// A cell of a table must not end it.
[[nodiscard]] std::string in_cell(std::string text) {
  for (std::size_t place = 0; (place = text.find('|', place)) != std::string::npos; place += 2)
    text.insert(place, "\\");
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text;
}

[[nodiscard]] std::string markdown_matrix(std::span<const CheckReport> reports) {
  std::string text = "| clause | tier |";
  std::string line = "|---|---|";
  for (const CheckReport& report : reports) {
    text += fmt::format(" {} |", in_cell(label(report)));
    line += "---|";
  }
  text += "\n" + line + "\n";
  for (const ClauseResult* const row : rows(reports)) {
    text +=
        fmt::format("| {} | {} |", row->clause.id, tier_words[static_cast<std::size_t>(row->clause.tier)]);
    for (const CheckReport& report : reports) {
      const ClauseResult* const result = report.result_of(row->clause.id);
      const bool describes = result != nullptr && !result->description.empty();
      const std::string words =
          describes ? joined(profile_lines(*result), "; ") : verdict_text(report, row->clause.id);
      text += fmt::format(" {} |", words == "BROKEN" ? "**broken**" : in_cell(words));
    }
    text += "\n";
  }
  text += "\n";
  for (const CheckReport& report : reports)
    text += fmt::format("- {}: {}\n", in_cell(label(report)), report.version);
  return text;
}

[[nodiscard]] std::string json_matrix(std::span<const CheckReport> reports) {
  nlohmann::ordered_json json = nlohmann::ordered_json::array();
  for (const CheckReport& report : reports) json.push_back(to_json(report));
  return json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace

std::string matrix(std::span<const CheckReport> reports, MatrixFormat format) {
  switch (format) {
    case MatrixFormat::text:
      return text_matrix(reports);
    case MatrixFormat::markdown:
      return markdown_matrix(reports);
    case MatrixFormat::json:
      return json_matrix(reports);
    case MatrixFormat::html:
      return matrix_page(reports);
  }
  return {};
}

}  // namespace poolhammer::contract
