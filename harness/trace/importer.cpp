#include "harness/trace/importer.hpp"

#include <algorithm>

namespace poolhammer {
namespace {

// Filled before main by the registrations, read-only after.
std::vector<Importer>& all() {
  static std::vector<Importer> registered;
  return registered;
}

}  // namespace

ImporterRegistration::ImporterRegistration(const Importer& importer) {
  const auto place = std::ranges::upper_bound(all(), importer.word, {}, &Importer::word);
  all().insert(place, importer);
}

const std::vector<Importer>& importers() {
  return all();
}

const Importer* importer_named(std::string_view word) {
  const auto found = std::ranges::find(all(), word, &Importer::word);
  return found == all().end() ? nullptr : &*found;
}

}  // namespace poolhammer
