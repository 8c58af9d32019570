#include "harness/contract/report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "harness/base/counted.hpp"
#include "harness/process/child_process.hpp"
#include "harness/trace/text.hpp"

namespace poolhammer::contract {
namespace {

[[nodiscard]] std::string_view word_of(ClauseVerdict verdict) {
  return verdict_words[static_cast<std::size_t>(verdict)];
}
[[nodiscard]] std::string_view word_of(Tier tier) {
  return tier_words[static_cast<std::size_t>(tier)];
}

/// "libc6" of "libc6:amd64: /lib/x86_64-linux-gnu/libc.so.6"; empty where no package owns the path.
[[nodiscard]] std::string owner(const std::string& path) {
  const ProcessEnd ran = run_program({"dpkg-query", "-S", path});
  if (!ran.well()) return "";
  return ran.output.substr(0, ran.output.find(": "));
}

[[nodiscard]] std::string names(const std::vector<Function>& functions) {
  std::string text;
  for (const Function function : functions)
    text += fmt::format("{}{}", text.empty() ? "" : ", ", facts(function).name);
  return text;
}

[[nodiscard]] std::string ids_of(const CheckReport& report, ClauseVerdict verdict) {
  constexpr std::size_t width = 110;
  std::string text;
  std::size_t column = 0;
  for (const ClauseResult& clause : report.result.clauses) {
    if (clause.verdict != verdict) continue;
    if (text.empty() || column + clause.clause.id.size() + 2 > width) {
      text += text.empty() ? "  " : ",\n  ";
      column = 2;
    } else {
      text += ", ";
      column += 2;
    }
    text += clause.clause.id;
    column += clause.clause.id.size();
  }
  return text + "\n";
}

/// The untried clauses of which something went wrong that a broken one explains.
[[nodiscard]] std::string explained_text(const CheckReport& report) {
  std::string text;
  for (const ClauseResult& clause : report.result.clauses) {
    if (clause.verdict == ClauseVerdict::untried && !clause.explained_by.empty())
      text += fmt::format("    {}: what went wrong there is explained by {}\n", clause.clause.id,
                          fmt::join(clause.explained_by, ", "));
  }
  return text;
}

[[nodiscard]] std::string profile_text(const CheckReport& report) {
  std::string text;
  for (const ClauseResult& clause : report.result.clauses) {
    if (clause.verdict != ClauseVerdict::profile) continue;
    std::string_view label = clause.clause.id;
    if (label.starts_with("profile.")) label.remove_prefix(8);
    for (const std::string& line : profile_lines(clause)) {
      text += fmt::format("  {:<22} {}\n", label, line);
      label = "";
    }
  }
  return text;
}

}  // namespace

std::uint64_t CheckReport::news() const {
  return static_cast<std::uint64_t>(
      std::count_if(findings.begin(), findings.end(),
                    [](const ClauseFinding& finding) { return finding.accepted.empty(); }));
}

std::vector<const ClauseFinding*> CheckReport::of(std::string_view clause) const {
  std::vector<const ClauseFinding*> some;
  for (const ClauseFinding& finding : findings) {
    if (finding.clause == clause) some.push_back(&finding);
  }
  return some;
}

const ClauseResult* CheckReport::result_of(std::string_view clause) const {
  const auto found =
      std::ranges::find(result.clauses, clause, [](const ClauseResult& one) { return one.clause.id; });
  return found == result.clauses.end() ? nullptr : &*found;
}

std::uint64_t CheckReport::count(ClauseVerdict verdict) const {
  return static_cast<std::uint64_t>(
      std::count_if(result.clauses.begin(), result.clauses.end(),
                    [verdict](const ClauseResult& clause) { return clause.verdict == verdict; }));
}

std::string version_of(const std::string& file) {
  std::error_code ignored;
  const std::string whole = std::filesystem::canonical(file, ignored).string();
  // Packages may own a file by its name from before /lib became a link to /usr/lib.
  for (const std::string& path :
       {file, whole, whole.starts_with("/usr/") ? whole.substr(4) : "/usr" + file}) {
    if (path.empty()) continue;
    const std::string package = owner(path);
    if (package.empty()) continue;
    const ProcessEnd ran = run_program({"dpkg-query", "-W", "-f=${Package} ${Version}", package});
    if (ran.well()) return ran.output;
  }
  return std::filesystem::path(whole.empty() ? file : whole).filename().string();
}

std::vector<std::string> profile_lines(const ClauseResult& clause) {
  std::vector<std::pair<std::vector<Function>, std::string>> groups;
  for (const auto& [function, words] : clause.description) {
    const auto same = std::find_if(groups.begin(), groups.end(),
                                   [&said = words](const auto& group) { return group.second == said; });
    if (same == groups.end())
      groups.push_back({{function}, words});
    else
      same->first.push_back(function);
  }
  std::vector<std::string> lines;
  for (const auto& [functions_of_it, words] : groups)
    lines.push_back(fmt::format("{}: {}", names(functions_of_it), words));
  return lines;
}

std::string to_line(const ClauseFinding& finding) {
  // Of threads that all call it at once there is no one call to show.
  const std::string arguments = finding.arguments.empty() ? "" : fmt::format("({})", finding.arguments);
  const std::string block = finding.block.empty() ? "" : fmt::format(" of {}", finding.block);
  return fmt::format("{}{}{}: promised {}, happened: {}", facts(finding.functions.front()).name, arguments,
                     block, finding.promised, finding.happened);
}

std::string standing(const ClauseFinding& finding) {
  const Verification& verification = finding.verification;
  std::string text(reproduction_words[static_cast<std::size_t>(verification.reproduction)]);
  if (verification.reproduction == Reproduction::does_not_compile) text += " (" + verification.said + ")";
  if (verification.reproduction == Reproduction::not_reproduced) text += " by its program";
  if (verification.plain == 1) text += "; the C library breaks it, too";
  const Reduction& reduction = finding.reduction;
  if (!reduction.alone && verification.reproduction != Reproduction::reproduced)
    text += "; it does not show in a fresh process";
  else if (reduction.alone && !reduction.repeatable())
    text += fmt::format("; not repeatable: it shows in {} of {} runs", reduction.shown, reduction.runs);
  return text;
}

std::string broken_text(const Clause& clause, std::span<const ClauseFinding* const> findings,
                        const std::string& folder) {
  std::string text = fmt::format("{} ({}): {}\n", clause.id, word_of(clause.tier), clause.promise);
  text += fmt::format("  source: {}\n", clause.source);
  for (const ClauseFinding* const finding : findings) {
    text += fmt::format("  {}{}\n", finding->accepted.empty() ? "" : "known: ", to_line(*finding));
    if (!finding->accepted.empty()) text += fmt::format("    accepted: {}\n", finding->accepted);
    if (finding->functions.size() > 1)
      text += fmt::format("    the same of {}\n",
                          names({finding->functions.begin() + 1, finding->functions.end()}));
    if (finding->others > 0) text += fmt::format("    and of {} other inputs\n", finding->others);
    text += fmt::format("    {}{}{}\n", standing(*finding), folder.empty() ? "" : ": ",
                        folder.empty() ? "" : folder + finding->name);
    const std::string command = finding->minimize_command(folder);
    if (!folder.empty() && !command.empty())
      text += fmt::format("    of {}, as the time was over; fewer: {}\n",
                          counted(finding->reduction.trace.operations.size(), "operation"), command);
    if (finding->verification.reproduction == Reproduction::reproduced) continue;
    for (const Operation& step : finding->reduction.trace.operations)
      text += fmt::format("      {}\n", to_text(step));
  }
  return text + '\n';
}

std::string summary_text(const CheckReport& report) {
  const Knowledge& knowledge = report.result.knowledge;
  const std::uint64_t untried = report.count(ClauseVerdict::untried);
  std::string text =
      fmt::format("{} ({}): {} kept, {} broken, {} profile, {} absent{} (seed {}{})\n", report.subject(),
                  report.version, report.count(ClauseVerdict::kept), report.count(ClauseVerdict::broken),
                  report.count(ClauseVerdict::profile), report.count(ClauseVerdict::absent),
                  untried == 0 ? "" : fmt::format(", {} untried", untried), knowledge.seed,
                  knowledge.effort == 1 ? "" : fmt::format(", effort {}", knowledge.effort));
  if (!report.cut.empty())
    text += fmt::format("{} before all was tried: what is not named as kept was not seen to be kept\n",
                        report.cut);
  if (report.result.random_left > 0)
    text += fmt::format("{} random programs were not performed\n", report.result.random_left);
  if (report.result.dropped > 0)
    text += fmt::format(
        "findings that processes forked from a loaded one showed, and those that loaded it themselves did "
        "not: {} (dropped; --no-fork-server forks none)\n",
        report.result.dropped);
  for (const std::string& clause : report.healed)
    text += fmt::format("\nno longer broken: {} (take it out of the baseline)\n", clause);
  if (report.count(ClauseVerdict::kept) > 0) text += "\nkept\n" + ids_of(report, ClauseVerdict::kept);
  if (report.count(ClauseVerdict::absent) > 0)
    text +=
        "\nabsent: it has not the functions, or nothing shows it\n" + ids_of(report, ClauseVerdict::absent);
  if (untried > 0)
    text +=
        "\nuntried: some or all of it was given up, as the library hangs or dies, or as the time was over\n" +
        ids_of(report, ClauseVerdict::untried) + explained_text(report);
  if (report.count(ClauseVerdict::profile) > 0)
    text += "\nprofile: permitted choices, never a fault\n" + profile_text(report);
  return text;
}

std::string to_text(const CheckReport& report, const std::string& folder) {
  std::string text;
  for (const ClauseResult& clause : report.result.clauses) {
    const auto findings = report.of(clause.clause.id);
    if (!findings.empty()) text += broken_text(clause.clause, findings, folder);
  }
  return text + summary_text(report);
}

nlohmann::ordered_json to_json(const CheckReport& report) {
  nlohmann::ordered_json json = {{"subject", report.subject()}, {"version", report.version}};
  json["file"] = report.result.file;
  json["seed"] = report.result.knowledge.seed;
  json["effort"] = report.result.knowledge.effort;
  json["clauses"] = nlohmann::ordered_json::array();
  for (const ClauseResult& clause : report.result.clauses) {
    nlohmann::ordered_json entry = {{"id", clause.clause.id},
                                    {"tier", word_of(clause.clause.tier)},
                                    {"promise", clause.clause.promise},
                                    {"source", clause.clause.source},
                                    {"verdict", word_of(clause.verdict)}};
    entry["findings"] = nlohmann::ordered_json::array();
    for (const ClauseFinding* const finding : report.of(clause.clause.id)) {
      std::vector<std::string_view> functions_of_it;
      for (const Function function : finding->functions) functions_of_it.push_back(facts(function).name);
      const auto reproduction = static_cast<std::size_t>(finding->verification.reproduction);
      entry["findings"].push_back(
          {{"function", functions_of_it.front()},
           {"arguments", finding->arguments},
           {"block",
            finding->block.empty() ? nlohmann::ordered_json() : nlohmann::ordered_json(finding->block)},
           {"promised", finding->promised},
           {"happened", finding->happened},
           {"program_c", finding->program.text},
           {"trace", finding->trace()},
           {"language", finding->program.cplusplus ? "C++" : "C"},
           {"program_file", finding->name},
           {"trace_file", finding->trace_name.empty() ? nlohmann::ordered_json()
                                                      : nlohmann::ordered_json(finding->trace_name)},
           {"reproduction", reproduction_words[reproduction]},
           {"functions", functions_of_it},
           {"other_inputs", finding->others},
           {"alone", finding->reduction.alone},
           {"runs", finding->reduction.runs},
           {"shown", finding->reduction.shown},
           {"accepted", finding->accepted.empty() ? nlohmann::ordered_json()
                                                  : nlohmann::ordered_json(finding->accepted)}});
    }
    if (!clause.explained_by.empty()) entry["explained_by"] = clause.explained_by;
    if (!clause.description.empty()) entry["profile"] = profile_lines(clause);
    json["clauses"].push_back(std::move(entry));
  }
  json["no_longer_broken"] = report.healed;
  json["dropped"] = report.result.dropped;
  json["random_left"] = report.result.random_left;
  json["cut"] = report.cut.empty() ? nlohmann::ordered_json() : nlohmann::ordered_json(report.cut);
  return json;
}

}  // namespace poolhammer::contract
