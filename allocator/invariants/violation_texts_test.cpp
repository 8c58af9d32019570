// What is said of each way to break an invariant, word by word: by the walk over the whole heap, and from the
// blocks beside the damage.
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <regex>
#include <sstream>
#include <string>

#include "allocator/testing/all_corruptions.hpp"
#include "allocator/testing/vantage_points.hpp"

namespace pymalloc {
namespace {

/// The text with a letter for each address that is none of the lowest, in the order that they come in.
[[nodiscard]] std::string without_addresses(const std::string& text) {
  static const std::regex address("0x[0-9a-f]{5,}");
  std::map<std::string, std::string> names;
  std::string result;
  auto end = text.begin();
  for (std::sregex_iterator found(text.begin(), text.end(), address), none; found != none; ++found) {
    const std::string name = std::string("<") + static_cast<char>('a' + names.size()) + ">";
    result.append(end, text.begin() + found->position());
    result += names.emplace(found->str(), name).first->second;
    end = text.begin() + found->position() + found->length();
  }
  return result.append(end, text.end());
}

[[nodiscard]] std::string words_for(const Check& violation) {
  return violation ? without_addresses(to_string(*violation)) : "nothing";
}

[[nodiscard]] std::string present_texts() {
  std::string texts;
  for (const Corruption<Tiny>& corruption : all_corruptions<Tiny>()) {
    Victim<Tiny> victim;
    const std::vector<const void*> blocks = vantage_points(victim);
    Damage damage;
    (void)corruption.damage(victim, damage);
    texts += std::string(corruption.invariant) + ", " + corruption.how +
             "\n  whole: " + words_for(check(victim.state())) +
             "\n  near:  " + words_for(look_around(victim, blocks)) + "\n";
    damage.repair();
  }
  return texts;
}

TEST(ViolationTexts, AreThoseOfTheList) {
  std::ostringstream due;
  due << std::ifstream(POOLHAMMER_VIOLATION_TEXTS).rdbuf();
  const std::string present = present_texts();
  EXPECT_EQ(present, due.str()) << "Where the new texts are right, put them into " POOLHAMMER_VIOLATION_TEXTS
                                   ":\n"
                                << present;
}

}  // namespace
}  // namespace pymalloc
