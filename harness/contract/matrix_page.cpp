#include <fmt/format.h>

#include <algorithm>

#include "harness/contract/report.hpp"

namespace poolhammer::contract {
namespace {

constexpr std::string_view page_head = R"(<!DOCTYPE html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Allocators against their contracts</title>
<style>
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 90rem; padding: 0 1rem; color: #1c2128; background: #fff; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin-top: 2.2rem; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; }
th, td { border-bottom: 1px solid #d8dee4; padding: .3rem .7rem; text-align: left; vertical-align: top; }
thead th { position: sticky; top: 0; background: #f6f8fa; }
tbody th { font-weight: 500; white-space: nowrap; }
small { color: #57606a; font-weight: 400; }
.kept { color: #1a7f37; } .absent { color: #8c959f; }
.broken a { color: #cf222e; font-weight: 600; } .known a { color: #9a6700; }
article { border-left: 3px solid #cf222e; padding-left: 1rem; margin: 1.5rem 0; }
article.known { border-color: #d4a72c; }
article h3 { margin: 0; font-size: 1rem; }
pre { background: #f6f8fa; padding: .8rem; overflow-x: auto; font-size: 13px; }
summary { cursor: pointer; }
@media (prefers-color-scheme: dark) {
  body { background: #0d1117; color: #e6edf3; } thead th, pre { background: #161b22; }
  th, td { border-color: #30363d; } small { color: #8d96a0; }
  .kept { color: #3fb950; } .broken a { color: #ff7b72; } .known a { color: #d29922; } a { color: #58a6ff; }
}
</style>
)";

[[nodiscard]] std::string escaped(std::string_view text) {
  std::string out;
  for (const char letter : text) {
    switch (letter) {
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '&':
        out += "&amp;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += letter;
    }
  }
  return out;
}

/// The anchor of a library's findings of a clause.
[[nodiscard]] std::string anchor(const CheckReport& report, std::string_view clause) {
  return fmt::format("{}-{}", library_word(report.result.target), clause);
}

[[nodiscard]] std::string cell_text(const CheckReport& report, std::string_view id) {
  const ClauseResult* const result = report.result_of(id);
  if (result == nullptr || result->verdict == ClauseVerdict::absent) return "<td class=\"absent\">–</td>";
  if (result->verdict == ClauseVerdict::untried) return "<td class=\"absent\">untried</td>";
  if (result->verdict == ClauseVerdict::kept) return "<td class=\"kept\">kept</td>";
  if (result->verdict == ClauseVerdict::profile) {
    std::string text = "<td>";
    for (const std::string& line : profile_lines(*result)) text += escaped(line) + "<br>";
    return text + "</td>";
  }
  const auto findings = report.of(id);
  const bool known = std::all_of(findings.begin(), findings.end(),
                                 [](const ClauseFinding* finding) { return !finding->accepted.empty(); });
  return fmt::format("<td class=\"{0}\"><a href=\"#{1}\">{0}</a></td>", known ? "known" : "broken",
                     escaped(anchor(report, id)));
}

[[nodiscard]] std::string table(std::span<const CheckReport> reports, bool profile) {
  std::string text = "<div class=\"scroll\"><table>\n<thead><tr><th>clause</th>";
  for (const CheckReport& report : reports)
    text += fmt::format("<th>{}<br><small>{}</small></th>", escaped(library_word(report.result.target)),
                        escaped(report.version));
  text += "</tr></thead>\n<tbody>\n";
  std::vector<std::string_view> done;
  for (const CheckReport& owner : reports) {
    for (const ClauseResult& row : owner.result.clauses) {
      const bool seen = std::find(done.begin(), done.end(), row.clause.id) != done.end();
      if (seen || (row.clause.tier == Tier::profile) != profile) continue;
      done.push_back(row.clause.id);
      text += fmt::format("<tr><th title=\"{} ({})\">{} <small>{}</small></th>", escaped(row.clause.promise),
                          escaped(row.clause.source), row.clause.id,
                          profile ? "" : tier_words[static_cast<std::size_t>(row.clause.tier)]);
      for (const CheckReport& report : reports) text += cell_text(report, row.clause.id);
      text += "</tr>\n";
    }
  }
  return text + "</tbody>\n</table></div>\n";
}

[[nodiscard]] std::string finding_text(const CheckReport& report, const ClauseFinding& finding, bool first) {
  const ClauseResult* const clause = report.result_of(finding.clause);
  std::string text =
      fmt::format("<article{}{}>\n", finding.accepted.empty() ? "" : " class=\"known\"",
                  first ? fmt::format(" id=\"{}\"", escaped(anchor(report, finding.clause))) : "");
  text +=
      fmt::format("<h3>{} <small>{}</small></h3>\n<p>{} <small>{}</small></p>\n", finding.clause,
                  escaped(report.subject()), escaped(clause->clause.promise), escaped(clause->clause.source));
  text +=
      fmt::format("<p><strong>{}</strong></p>\n<p>{}", escaped(to_line(finding)), escaped(standing(finding)));
  for (std::size_t index = 1; index < finding.functions.size(); ++index)
    text += fmt::format("{}{}", index == 1 ? "; the same of " : ", ",
                        escaped(facts(finding.functions[index]).name));
  if (finding.others > 0) text += fmt::format("; and of {} other inputs", finding.others);
  if (!finding.accepted.empty()) text += "; accepted: " + escaped(finding.accepted);
  text += fmt::format("</p>\n<details><summary>{}</summary>\n<pre>{}</pre></details>\n</article>\n",
                      escaped(finding.name), escaped(finding.program.text));
  return text;
}

}  // namespace

std::string matrix_page(std::span<const CheckReport> reports) {
  std::string text(page_head);
  text += "<h1>Allocators against their contracts</h1>\n" + table(reports, false);
  text += "<h2>Findings</h2>\n";
  for (const CheckReport& report : reports) {
    std::string_view last;
    for (const ClauseFinding& finding : report.findings) {
      text += finding_text(report, finding, finding.clause != last);
      last = finding.clause;
    }
  }
  text += "<h2>Profile: permitted choices, never a fault</h2>\n" + table(reports, true);
  return text + "</html>\n";
}

}  // namespace poolhammer::contract
