#include "harness/subjects/system.hpp"

#include <memory>

#include "harness/subjects/system_subject.hpp"

namespace poolhammer {
namespace {

using namespace pymalloc;

/// Regions that no home subject of a usual instance has, nor the other kinds that have one each.
constexpr unsigned first_region = Region::limit - 5;

template <bool pools, bool debug, unsigned number>
std::unique_ptr<Subject> make(unsigned /*instance*/) {
  return std::make_unique<SystemSubject>(pools ? systems_on_pools[debug ? 1 : 0] : systems_on_raw[0],
                                         Choice{pools, debug}, first_region + number);
}

/// Those of system_subjects().
struct Registrations {
  Registrations() {
    const auto add = [](std::string_view name, std::string_view meaning, const SubjectFactory& factory) {
      SubjectRegistration(name, meaning, factory, SubjectOrigin::built_in,
                          &detail::own_operations<SystemSubject>);
    };
    if constexpr (with_pools) {
      add(systems_on_pools[0], "three domains, Mem and Object from pools (modern)", &make<true, false, 0>);
      add(systems_on_pools[1], "the same, each domain under the debug layer", &make<true, true, 1>);
    }
    add(systems_on_raw[0], "three domains of the raw allocator, under the debug layer",
        &make<false, true, 2>);
  }
};
const Registrations registrations;

}  // namespace
}  // namespace poolhammer
