#include <algorithm>
#include <utility>

#include "allocator/invariants/violation.hpp"
#include "harness/subjects/subject.hpp"

namespace poolhammer {
namespace {

// Filled before main by the registrations, read-only after.
std::vector<SubjectKind>& kinds() {
  static std::vector<SubjectKind> all;
  return all;
}

}  // namespace

std::string Subject::locate(const void* address) const {
  return "at " + pymalloc::hex(reinterpret_cast<std::uintptr_t>(address));
}

SubjectRegistration::SubjectRegistration(std::string_view name, std::string_view meaning,
                                         SubjectFactory factory, SubjectOrigin origin,
                                         std::span<const OwnOperation> (*own)()) {
  kinds().push_back({name, meaning, std::move(factory), origin, own});
}

std::vector<SubjectKind> subject_kinds() {
  std::vector<SubjectKind> sorted = kinds();
  std::sort(sorted.begin(), sorted.end(),
            [](const SubjectKind& a, const SubjectKind& b) { return a.name < b.name; });
  return sorted;
}

std::vector<std::string> adapted_subjects() {
  std::vector<std::string> names;
  for (const SubjectKind& kind : subject_kinds()) {
    if (kind.origin == SubjectOrigin::adapted) names.emplace_back(kind.name);
  }
  return names;
}

std::span<const OwnOperation> own_operations_of(std::string_view name) {
  for (const SubjectKind& kind : kinds()) {
    if (kind.name == name && kind.own != nullptr) return kind.own();
  }
  return {};
}

std::unique_ptr<Subject> make_subject(std::string_view name, unsigned instance) {
  for (const SubjectKind& kind : kinds()) {
    if (kind.name == name) return kind.factory(instance);
  }
  return nullptr;
}

}  // namespace poolhammer
