#include "harness/subjects/source.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <utility>

namespace poolhammer {
namespace {

// Filled before main by the registrations, read-only after.
std::map<std::string_view, SubjectSource>& sources() {
  static std::map<std::string_view, SubjectSource> all;
  return all;
}

}  // namespace

void register_source(std::string_view subject, SubjectSource source) {
  // A type in a function, or one that a lambda is a part of, has no name outside.
  for (const std::string_view part : {")::", "lambda"}) {
    if (source.type.find(part) != std::string::npos) return;
  }
  sources().emplace(subject, std::move(source));
}

const SubjectSource* source_of(std::string_view subject) {
  const auto found = sources().find(subject);
  return found == sources().end() ? nullptr : &found->second;
}

std::string detail::type_in(std::string_view pretty_function) {
  constexpr std::string_view before = "T = ";
  const std::size_t begin = pretty_function.find(before) + before.size();
  // gcc tells what other names stand for behind a semicolon.
  const std::size_t end = std::min(pretty_function.find(';', begin), pretty_function.rfind(']'));
  std::string type(pretty_function.substr(begin, end - begin));
  constexpr std::array<std::string_view, 2> unnamed = {"{anonymous}::", "(anonymous namespace)::"};
  for (const std::string_view words : unnamed) {
    for (std::size_t at = type.find(words); at != std::string::npos; at = type.find(words))
      type.erase(at, words.size());
  }
  return type;
}

}  // namespace poolhammer
