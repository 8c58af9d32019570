#include "harness/trace/importer.hpp"

#include <algorithm>

namespace poolhammer {
namespace {

// Filled before main by the registrations, read-only after.
std::vector<Importer>& registered_importers() {
  static std::vector<Importer> registered;
  return registered;
}

}  // namespace

ImporterRegistration::ImporterRegistration(const Importer& importer) {
  const auto place = std::ranges::upper_bound(registered_importers(), importer.word, {}, &Importer::word);
  registered_importers().insert(place, importer);
}

const std::vector<Importer>& importers() {
  return registered_importers();
}

const Importer* importer_named(std::string_view word) {
  const auto found = std::ranges::find(registered_importers(), word, &Importer::word);
  return found == registered_importers().end() ? nullptr : &*found;
}

}  // namespace poolhammer
