#include "harness/contract/c_expect.hpp"

#include <fmt/format.h>

#include <cstring>

namespace poolhammer::contract {
namespace {

constexpr const char* usable_of = "do_malloc_usable_size";

[[nodiscard]] Check address_check(const std::string& condition, const std::string& address) {
  return {.before = {}, .condition = condition, .happened = "a block at %p", .arguments = ", " + address};
}

[[nodiscard]] Check kept_check(const NamedBlock& block, std::set<Helper>& helpers) {
  helpers.insert(Helper::first_wrong);
  const std::string place = "wrong" + std::to_string(block.slot);
  return {.before = fmt::format("size_t {} = {} == NULL ? {} : first_wrong({}, {}, {});", place, block.name,
                                block.known, block.name, block.known, block.seed),
          .condition = fmt::format("{} < {}", place, block.known),
          .happened = fmt::format("byte %zu of {} is 0x%02x", block.name),
          .arguments = fmt::format(", {0}, ((unsigned char *){1})[{0}]", place, block.name)};
}

[[nodiscard]] std::vector<Check> kept_checks(const Scene& scene, std::set<Helper>& helpers) {
  std::vector<Check> checks;
  for (const NamedBlock& block : scene.others) {
    if (block.known != "0") checks.push_back(kept_check(block, helpers));
  }
  if (helpers.contains(Helper::churn) || helpers.contains(Helper::fork_crowd))
    checks.push_back({.before = {},
                      .condition = "damaged",
                      .happened = helpers.contains(Helper::fork_crowd)
                                      ? "a child did not end well, or a block changed"
                                      : "a block changed under the threads",
                      .arguments = {}});
  return checks;
}

[[nodiscard]] std::vector<Check> disjoint_checks(const Scene& scene, std::set<Helper>& helpers) {
  std::vector<Check> checks;
  for (const NamedBlock& other : scene.others) {
    if (other.slot == scene.block.slot) continue;
    helpers.insert(Helper::overlap);
    checks.push_back({.before = {},
                      .condition = fmt::format("overlap({}, {}, {}, {})", scene.block.name, scene.block.size,
                                               other.name, other.size),
                      .happened = fmt::format("it shares bytes with {}", other.name),
                      .arguments = {}});
  }
  return checks;
}

[[nodiscard]] Check usable_check(const Scene& scene, const std::string& condition) {
  const std::string value = "usable_size" + std::to_string(scene.block.slot);
  return {.before = fmt::format("size_t {} = {} == NULL ? 0 : {}({});", value, scene.block.name, usable_of,
                                scene.block.name),
          .condition =
              fmt::format("{} != NULL && {}", scene.block.name, fmt::format(fmt::runtime(condition), value)),
          .happened = "%zu",
          .arguments = ", " + value};
}

[[nodiscard]] Check zero_check(const Step& step, const Scene& scene, std::set<Helper>& helpers) {
  helpers.insert(Helper::first_nonzero);
  const std::string& name = scene.block.name;
  const std::string place = "dirty" + std::to_string(scene.block.slot);
  return {.before = fmt::format("size_t {} = {} == NULL ? {} : first_nonzero({}, {}, {});", place, name,
                                c_number(step.b), name, c_number(step.a), c_number(step.b)),
          .condition = fmt::format("{} < {}", place, c_number(step.b)),
          .happened = fmt::format("byte %zu of {} is 0x%02x", name),
          .arguments = fmt::format(", {0}, ((unsigned char *){1})[{0}]", place, name)};
}

}  // namespace

std::string c_number(std::uint64_t value) {
  constexpr std::uint64_t near = 1U << 20U;
  constexpr std::uint64_t half = std::uint64_t{1} << 63U;
  if (value > ~near) return value == ~std::uint64_t{0} ? "SIZE_MAX" : fmt::format("SIZE_MAX - {}", ~value);
  if (value >= half) return fmt::format("(size_t)PTRDIFF_MAX + {}", value - half + 1);
  if (half - value < near)
    return value == half - 1 ? "PTRDIFF_MAX" : fmt::format("PTRDIFF_MAX - {}", half - 1 - value);
  return std::to_string(value);
}

std::string c_error(std::uint64_t value) {
  const char* const name = value == 0 ? nullptr : strerrorname_np(static_cast<int>(value));
  return name == nullptr ? std::to_string(value) : name;
}

std::vector<Check> checks_of(const Step& step, const Scene& scene, std::set<Helper>& helpers) {
  const std::string& name = scene.block.name;
  const std::string error_of = fmt::format(", {0}, strerror({0})", scene.error);
  switch (step.expect) {
    case Expect::null:
      return {address_check(scene.result + " != NULL", scene.result)};
    case Expect::not_null:
      return {{{}, scene.result + " == NULL", "no block", {}}};
    case Expect::error:
      return {{{}, fmt::format("error != {}", c_error(step.a)), "errno is %d (%s)", error_of}};
    case Expect::failed_with:
      return {{{},
               fmt::format("{} == NULL && {} != {}", scene.result, scene.error, c_error(step.a)),
               "errno is %d (%s)",
               error_of}};
    case Expect::status:
      return {{{},
               fmt::format("status != {}", c_error(step.a)),
               "the result %d (%s)",
               ", status, strerror(status)"}};
    case Expect::result_kept:
      return {{{},
               "status != 0 && result != (void *)&result && result != NULL",
               "another pointer, %p",
               ", result"}};
    case Expect::aligned:
      return {address_check(
          fmt::format("{} != NULL && (uintptr_t){} % {} != 0", name, name, c_number(step.a)), name)};
    case Expect::disjoint:
      return disjoint_checks(scene, helpers);
    case Expect::zero:
      return {zero_check(step, scene, helpers)};
    case Expect::kept:
      if (scene.block.known == "0") return {};
      return {kept_check(scene.block, helpers)};
    case Expect::all_kept:
      return kept_checks(scene, helpers);
    case Expect::usable:
      return {usable_check(scene, "{} < " + c_number(step.a))};
    case Expect::usable_stable:
      if (scene.usable.empty()) return {};
      return {usable_check(scene, "{} != " + scene.usable)};
    case Expect::usable_multiple:
      return {usable_check(scene, "{} % " + c_number(step.a) + " != 0")};
    case Expect::same_place:
      return {address_check(fmt::format("{} != NULL && {} != {}", name, name, scene.last_of_other), name)};
    case Expect::usable_none:
      return {{{}, fmt::format("{}(NULL) != 0", usable_of), "%zu", fmt::format(", {}(NULL)", usable_of)}};
    case Expect::handled:
      return {{{}, "!handler_called", "it is not", {}}};
  }
  return {};
}

}  // namespace poolhammer::contract
