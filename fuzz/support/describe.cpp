#include "fuzz/support/describe.hpp"

#include <unistd.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string_view>

#include "fuzz/support/limits.hpp"
#include "fuzz/support/which_engine.hpp"
#include "harness/base/text_sink.hpp"

namespace poolhammer::fuzz {
namespace {

using Json = nlohmann::ordered_json;

[[nodiscard]] Json json_of(const Limits& limits) {
  // The names of libFuzzer's flags.
  return {{"max_len", limits.max_bytes}, {"timeout", limits.seconds}, {"rss_limit_mb", limits.memory_mib}};
}

[[nodiscard]] Json statuses() {
  const Status finding = engine() == Engine::libfuzzer ? Status::libfuzzer_finding : Status::plain_finding;
  return {{"finding", number(finding)},
          {"sanitizer", number(Status::plain_finding)},
          {"bad_usage", number(Status::bad_usage)},
          {"machine_lacks", number(Status::machine_lacks)},
          {"hang", number(Status::libfuzzer_hang)},
          {"memory", number(Status::libfuzzer_memory)},
          {"interrupted", number(Status::libfuzzer_interrupted)}};
}

[[nodiscard]] Json settings(const Facts& facts) {
  Json all = {
      {"POOLHAMMER_FUZZ_STATS", "the file that its figures go to; %p becomes the number of the process"}};
  if (target.inputs == Inputs::trace) {
    all["POOLHAMMER_KNOWN"] =
        "the file of causes that are known, as poolhammer run --write-known writes it: they are passed by";
    all["POOLHAMMER_KEEP_GOING"] = "1: each cause is reported once, and the fuzzing goes on";
  }
  for (const Setting& setting : facts.environment) all[std::string(setting.name)] = setting.meaning;
  return all;
}

[[nodiscard]] Json replay(const Target& of) {
  if (of.inputs == Inputs::bytes)
    return {{"command", "fuzz_" + std::string(of.name)}, {"options", Json::array()}};
  return {{"command", "poolhammer replay"}, {"options", replay_options_of(of)}};
}

}  // namespace

std::vector<std::string> replay_options_of(const Target& of) {
  return of.facts.replay_options == nullptr ? std::vector<std::string>() : of.facts.replay_options();
}

std::string description_of(const Target& of) {
  const Facts& facts = of.facts;
  Json json = {{"name", of.name}, {"about", facts.about}};
  json["inputs"] = of.inputs == Inputs::trace ? "trace" : "bytes";
  if (of.inputs == Inputs::trace) json["layouts"] = layout_words;
  json["replay"] = replay(of);
  json["options"] = {{"--describe", "print this"},
                     {"-artifact_prefix=PREFIX", "where the file of a finding goes"},
                     {"-exact_artifact_path=PATH", "the same, with its name"}};
  json["environment"] = settings(facts);
  json["needs"] = facts.needs;
  json["steered_by"] = facts.steered_by;
  json["dictionary"] = facts.dictionary.empty() ? Json() : Json(facts.dictionary);
  json["weight"] = facts.weight;
  json["limits"] = json_of(limits);
  json["cluster_limits"] = json_of(cluster_limits);
  json["statuses"] = statuses();
  return json.dump(1) + "\n";
}

void describe_if_asked(std::span<char* const> arguments) {
  if (std::ranges::count(arguments, std::string_view("--describe")) == 0) return;
  // Nothing else is written at the end of such a process: no profile, no report of leaks.
  _exit(write_all(STDOUT_FILENO, description_of(target)) ? 0 : number(Status::bad_usage));
}

}  // namespace poolhammer::fuzz
