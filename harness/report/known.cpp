#include "harness/report/known.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "harness/base/format_error.hpp"
#include "harness/base/write_file.hpp"

namespace poolhammer {
namespace {

using nlohmann::ordered_json;

/// The same however the library is reached.
[[nodiscard]] std::string key_of(const std::string& library) {
  const std::string file = library.substr(library.rfind('/') + 1);
  return file.starts_with("lib:") ? file.substr(4) : file;
}

[[noreturn]] void refuse(const std::filesystem::path& file, std::string_view why) {
  throw InputError(fmt::format("{}: {}", file.string(), why));
}

/// A device may never end, and no baseline is that large.
void demand_a_file(const std::filesystem::path& file) {
  constexpr std::uintmax_t most_bytes = std::uintmax_t{64} << 20U;
  std::error_code error;
  const auto status = std::filesystem::status(file, error);
  if (error) refuse(file, error.message());
  if (std::filesystem::is_directory(status)) refuse(file, "is a directory, expected a file with a baseline");
  if (std::filesystem::is_character_file(status) || std::filesystem::is_block_file(status))
    refuse(file, "is a device, expected a file with a baseline");
  if (std::filesystem::is_regular_file(status) && std::filesystem::file_size(file, error) > most_bytes)
    refuse(file, fmt::format("expected a baseline of at most {} bytes", most_bytes));
}

}  // namespace

Known Known::read(const std::filesystem::path& file) {
  demand_a_file(file);
  std::ifstream in(file, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  if (!in.is_open() || in.bad()) refuse(file, std::strerror(errno));
  const ordered_json json = ordered_json::parse(text, nullptr, false);
  if (json.is_discarded()) refuse(file, "no baseline: it is not JSON");
  if (!json.is_object() || !json.contains("libraries") || !json["libraries"].is_object())
    refuse(file, "no baseline: expected an object \"libraries\"");
  Known known;
  for (const auto& [library, clauses] : json["libraries"].items()) {
    if (!clauses.is_object())
      refuse(file, fmt::format("no baseline: expected clauses and reasons for {}", library));
    for (const auto& [clause, reason] : clauses.items()) {
      if (!reason.is_string() || reason.get<std::string>().empty())
        refuse(file, fmt::format("no baseline: expected a reason for {} of {}", clause, library));
      known.libraries_[library][clause] = reason.get<std::string>();
    }
  }
  return known;
}

std::string Known::reason(const std::string& library, const std::string& what) const {
  const auto entries = libraries_.find(key_of(library));
  if (entries == libraries_.end()) return "";
  const auto entry = entries->second.find(what);
  return entry == entries->second.end() ? "" : entry->second;
}

void Known::accept(const std::string& library, const std::string& what, const std::string& reason) {
  libraries_[key_of(library)].emplace(what, reason);
}

void Known::forget(const std::string& library, const std::string& what) {
  const auto entries = libraries_.find(key_of(library));
  if (entries == libraries_.end()) return;
  entries->second.erase(what);
  if (entries->second.empty()) libraries_.erase(entries);
}

void Known::write(const std::filesystem::path& file) const {
  ordered_json json;
  json["libraries"] = libraries_;
  write_file(file, json.dump(2, ' ', false, ordered_json::error_handler_t::replace) + '\n');
}

}  // namespace poolhammer
