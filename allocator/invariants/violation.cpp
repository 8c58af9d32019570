#include "allocator/invariants/violation.hpp"

#include <array>
#include <cinttypes>
#include <cstdio>

namespace pymalloc {

std::string hex(std::uintptr_t address) {
  std::array<char, 24> text{};
  (void)std::snprintf(text.data(), text.size(), "0x%" PRIxPTR, address);
  return text.data();
}

std::string to_string(const Location& where) {
  std::string text;
  const auto add = [&text](const std::string& part) { text += (text.empty() ? "" : ", ") + part; };
  if (where.arena) add("arena " + std::to_string(*where.arena));
  if (where.pool) add("pool " + std::to_string(*where.pool));
  if (where.size_class) add("class " + std::to_string(*where.size_class));
  if (where.block) add("block " + std::to_string(*where.block));
  if (where.address != 0) add("at " + hex(where.address));
  return text;
}

std::string to_string(const Violation& violation) {
  const std::string where = to_string(violation.where);
  return std::string(violation.invariant) + ": " + where + (where.empty() ? "" : ": ") + "expected " +
         violation.expected + ", found " + violation.found;
}

}  // namespace pymalloc
