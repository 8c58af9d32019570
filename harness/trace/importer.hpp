#pragma once

#include <string_view>
#include <vector>

#include "harness/trace/import.hpp"

namespace poolhammer {

/// A form of logs of other tools. The texts must outlive the program, as literals do.
struct Importer {
  std::string_view word;     ///< of the command line
  std::string_view meaning;  ///< whose logs these are, in a few words
  /// Whether a file that begins so is such a log.
  bool (*recognises)(std::string_view head) = nullptr;
  /// Throws FormatError with the line, what was expected there and what was found.
  Imported (*parse)(std::string_view text) = nullptr;
  /// Other lines may stand before the first of the log: the importer is asked after all others.
  bool passes_over_lines = false;
};

/// Registers an importer at program start: one static object in the importer's own file.
class ImporterRegistration {
 public:
  explicit ImporterRegistration(const Importer& importer);
};

/// Every registered importer, sorted by its word.
[[nodiscard]] const std::vector<Importer>& importers();

/// The importer of that word; null where there is none.
[[nodiscard]] const Importer* importer_named(std::string_view word);

}  // namespace poolhammer
