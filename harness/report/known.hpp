#pragma once

#include <filesystem>
#include <map>
#include <string>

namespace poolhammer {

/// What is known to be broken and accepted: by library or subject (its file's name without the folder), the
/// id of a clause, or the cause of a run's finding, and the reason. As a file: {"libraries": {"libfoo.so":
/// {"calloc.zero": "reported upstream"}}}.
class Known {
 public:
  /// Throws InputError, which says what is wrong in one line, for a file that cannot be read or is of another
  /// form.
  [[nodiscard]] static Known read(const std::filesystem::path& file);

  /// Why it is accepted that the clause is broken, or the cause found; empty where it is not.
  [[nodiscard]] std::string reason(const std::string& library, const std::string& what) const;
  /// Accepts it; a reason that is there stays.
  void accept(const std::string& library, const std::string& what, const std::string& reason);
  /// Accepts it no more.
  void forget(const std::string& library, const std::string& what);
  /// Throws InputError where the file cannot be written.
  void write(const std::filesystem::path& file) const;

 private:
  std::map<std::string, std::map<std::string, std::string>> libraries_;
};

}  // namespace poolhammer
