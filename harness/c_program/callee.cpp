#include "harness/c_program/callee.hpp"

#include <algorithm>
#include <bit>
#include <cctype>

#include "harness/c_program/names.hpp"
#include "harness/c_program/pointers.hpp"
#include "harness/library/library.hpp"
#include "harness/subjects/source.hpp"
#include "harness/subjects/system.hpp"

namespace poolhammer::c {

namespace {

[[nodiscard]] std::uint64_t owed_by_standards(const PlannedCall& plan) {
  constexpr std::size_t fundamental = 16;
  if (plan.total == 0) return 1;
  const std::size_t by_size = std::min(std::bit_floor(plan.total), fundamental);
  return std::max(owed_by_size(plan.call, plan.total, by_size), promised_alignment(plan.call));
}

}  // namespace

std::string_view name_of(Says what) {
  switch (what) {
    case Says::complaint:
      return "complaint";
    case Says::left_behind:
      return "left_behind";
    case Says::ended:
      return "ended";
  }
  return {};
}

std::uint64_t Callee::owed_alignment(const PlannedCall& plan) const {
  return owed_by_standards(plan);
}

std::uint64_t Callee::own_alignment(std::uint64_t size, std::optional<std::uint64_t> asked) const {
  PlannedCall plan;
  plan.total = static_cast<std::size_t>(size);
  return std::max(owed_by_standards(plan), asked.value_or(1));
}

std::string Callee::own_given(const std::string& call, const std::string& /*old*/, std::uint64_t /*size*/,
                              std::optional<std::uint64_t> /*asked*/) const {
  return call;
}

std::string Callee::own_freed(const std::string& /*block*/) const {
  return {};
}

std::string Callee::own_number(std::uint8_t /*number*/, std::uint64_t value) const {
  return c_number(value);
}

std::string own_name(const OwnOperation& operation) {
  std::string name = "own_" + std::string(operation.name);
  std::ranges::replace_if(
      name, [](char letter) { return std::isalnum(static_cast<unsigned char>(letter)) == 0; }, '_');
  return name;
}

bool can_be_called(std::string_view subject) {
  const auto systems = system_subjects();
  return library::names_library(subject) || subject == "libc" || subject.starts_with("pymalloc:") ||
         source_of(subject) != nullptr || std::ranges::find(systems, subject) != systems.end();
}

std::unique_ptr<Callee> callee_named(const std::string& subject) {
  if (library::names_library(subject) || subject == "libc")
    return std::make_unique<LibraryCallee>(library::target_named(subject));
  for (const auto make : {&adapted_callee, &home_callee, &system_callee}) {
    if (auto callee = make(subject)) return callee;
  }
  return nullptr;
}

}  // namespace poolhammer::c
