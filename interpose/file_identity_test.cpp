#include "interpose/file_identity.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

namespace poolhammer::interpose {
namespace {

TEST(FileIdentity, IsThatOfTheFileAndNotOfTheNumber) {
  const int one = open("/dev/null", O_RDONLY | O_CLOEXEC);
  const FileIdentity before = FileIdentity::of(one);
  EXPECT_TRUE(before.is_still(one));
  const int other = dup(one);
  EXPECT_TRUE(before.is_still(other));
  close(one);
  EXPECT_FALSE(before.is_still(one));
  EXPECT_EQ(open("/", O_RDONLY | O_CLOEXEC), one) << "the lowest number that is free";
  EXPECT_FALSE(before.is_still(one));
  close(one);
  close(other);
}

TEST(FileIdentity, OfNoFileIsNone) {
  EXPECT_FALSE(FileIdentity::of(-1).is_still(-1));
  EXPECT_FALSE(FileIdentity().is_still(-1));
}

}  // namespace
}  // namespace poolhammer::interpose
