#pragma once

#include <filesystem>
#include <map>
#include <span>
#include <string>

#include "harness/contract/report.hpp"

namespace poolhammer::contract {

/// What is known to be broken and accepted: by library or subject (its file's name without the folder), the
/// id of a clause, or the cause of a run's finding, and the reason. As a file: {"libraries": {"libfoo.so":
/// {"calloc.zero": "reported upstream"}}}.
class Baseline {
 public:
  /// Throws InputError, which says what is wrong in one line, for a file that cannot be read or is no
  /// baseline.
  [[nodiscard]] static Baseline read(const std::filesystem::path& file);

  /// Why it is accepted that the clause is broken, or the cause found; empty where it is not.
  [[nodiscard]] std::string reason(const std::string& library, const std::string& what) const;
  /// Accepts it; a reason that is there stays.
  void accept(const std::string& library, const std::string& what, const std::string& reason);
  /// Marks the findings that are accepted, and says which entries nothing breaks any more. Entries of clauses
  /// that were not tried to the end are not spoken of.
  void apply(CheckReport& report) const;
  /// Accepts all that is broken in the reports; reasons that are there stay. Entries of these libraries that
  /// nothing breaks go.
  void accept(std::span<const CheckReport> reports);
  /// Throws InputError where the file cannot be written.
  void write(const std::filesystem::path& file) const;

 private:
  std::map<std::string, std::map<std::string, std::string>> libraries_;
};

}  // namespace poolhammer::contract
