#include "harness/picture/place_words.hpp"

#include <gtest/gtest.h>

namespace poolhammer {
namespace {

using pymalloc::Location;

TEST(PlaceWords, ReadBackEveryPlaceThatAViolationNames) {
  for (unsigned parts = 0; parts < 32; ++parts) {
    Location place;
    if ((parts & 1U) != 0) place.arena = 7;
    if ((parts & 2U) != 0) place.pool = 63;
    if ((parts & 4U) != 0) place.block = 505;
    if ((parts & 8U) != 0) place.size_class = 31;
    if ((parts & 16U) != 0) place.address = 0x2000'0000'3040;
    EXPECT_EQ(location_in(to_string(place)), place) << to_string(place);
  }
}

TEST(PlaceWords, AreNowhereWhereNoPlaceIsNamed) {
  EXPECT_EQ(location_in(""), Location{});
  EXPECT_EQ(location_in("none, a pointer out of the table of arenas, format 12"), Location{});
}

}  // namespace
}  // namespace poolhammer
