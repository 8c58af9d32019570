#include "harness/c_program/built.hpp"

#include <algorithm>
#include <filesystem>
#include <map>

#include "harness/base/scan.hpp"
#include "harness/base/temporary_folder.hpp"

namespace poolhammer::c {
namespace {

[[nodiscard]] std::string file_name(std::string_view path) {
  return std::filesystem::path(path).filename().string();
}

[[nodiscard]] bool in_c(std::string_view source) {
  return source.ends_with(".c");
}

/// The words of a list that has each in a field of its own.
[[nodiscard]] std::vector<std::string> words_of(std::string_view fields) {
  std::vector<std::string> words;
  while (!fields.empty()) {
    const std::string_view word = take_field(fields);
    if (!word.empty()) words.emplace_back(word);
  }
  return words;
}

}  // namespace

Compiling Built::compiling(std::string_view included) const {
  Compiling result{compiler, {"-std=c++20"}};
  std::vector<std::string>& words = result.words;
  words.insert(words.end(), flags.begin(), flags.end());
  for (const std::string& folder : includes) words.push_back("-I" + folder);
  for (const std::string& definition : definitions) words.push_back("-D" + definition);
  const bool alone = std::ranges::count(sources, included) == static_cast<std::ptrdiff_t>(sources.size());
  if (!alone) words.emplace_back("-DPOOLHAMMER_STANDS_ALONE=1");
  for (const std::string& source : sources) {
    if (source == included) continue;
    if (in_c(source)) words.insert(words.end(), {"-x", "c"});
    words.push_back(source);
    if (in_c(source)) words.insert(words.end(), {"-x", "none"});
  }
  words.insert(words.end(), libraries.begin(), libraries.end());
  return result;
}

std::string Built::source_called(std::string_view file) const {
  // A compiler's cache may have made the path a relative one.
  const auto found = std::ranges::find_if(
      sources, [&](const std::string& each) { return file_name(each) == file_name(file); });
  return found == sources.end() ? std::string(file) : *found;
}

Built built_here() {
  return {.compiler = POOLHAMMER_COMPILER,
          .flags = words_of(POOLHAMMER_PYMALLOC_FLAGS),
          .includes = {POOLHAMMER_ROOT},
          .definitions = {},
          .sources = {},
          .libraries = {POOLHAMMER_PYMALLOC}};
}

Built built_as(std::string_view file) {
  Built built = built_here();
  built.libraries.clear();
  const std::string text = file.empty() ? "" : contents_of(std::string(file));
  if (text.empty()) return built;
  built = {.compiler = {}, .flags = {}, .includes = {}, .definitions = {}, .sources = {}, .libraries = {}};
  const std::map<std::string_view, std::vector<std::string>*> lists = {{"flag", &built.flags},
                                                                       {"include", &built.includes},
                                                                       {"definition", &built.definitions},
                                                                       {"source", &built.sources},
                                                                       {"library", &built.libraries}};
  Lines lines(text);
  while (lines.next()) {
    std::string_view value = lines.line();
    const std::string_view what = take_field(value);
    value = trimmed(value);
    // A list that is empty leaves its word alone.
    if (value.empty() || value == "/usr/include") continue;
    if (what == "compiler") built.compiler = value;
    if (const auto list = lists.find(what); list != lists.end()) list->second->emplace_back(value);
  }
  return built;
}

std::string file_here(std::string_view path) {
  return (std::filesystem::path(POOLHAMMER_ROOT) / path).string();
}

}  // namespace poolhammer::c
