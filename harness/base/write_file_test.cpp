#include "harness/base/write_file.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <string>

#include "harness/base/format_error.hpp"
#include "harness/base/temporary_folder.hpp"

namespace poolhammer {
namespace {

std::string error_of(const std::filesystem::path& path, std::string_view bytes) {
  try {
    write_file(path, bytes);
  } catch (const InputError& error) {
    return error.what();
  }
  return "no error";
}

// While it lives, a file may not grow beyond `bytes`: what a full disk does, without one.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) {
    static_cast<void>(::getrlimit(RLIMIT_FSIZE, &before_));
    rlimit limit = before_;
    limit.rlim_cur = bytes;
    static_cast<void>(::setrlimit(RLIMIT_FSIZE, &limit));
    handler_ = std::signal(SIGXFSZ, SIG_IGN);
  }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;
  ~FileSizeLimit() {
    static_cast<void>(::setrlimit(RLIMIT_FSIZE, &before_));
    static_cast<void>(std::signal(SIGXFSZ, handler_));
  }

 private:
  rlimit before_ = {};
  void (*handler_)(int) = nullptr;
};

TEST(WriteFile, MakesAndReplacesAFileAndLeavesNothingBeside) {
  const TemporaryFolder folder;
  const auto path = folder / "trace";
  write_file(path, "one");
  EXPECT_EQ(contents_of(path), "one");
  write_file(path, "other");
  EXPECT_EQ(contents_of(path), "other");
  EXPECT_EQ(folder.files(), 1U);
}

TEST(WriteFile, AFailureLeavesAnExistingFileAsItWas) {
  const TemporaryFolder folder;
  const auto path = folder.file("trace", "before");
  std::string error;
  {
    const FileSizeLimit limit(1000);
    error = error_of(path, std::string(100'000, 'x'));
  }
  EXPECT_EQ(error, path.string() + ": cannot be written: File too large");
  EXPECT_EQ(contents_of(path), "before");
  EXPECT_EQ(folder.files(), 1U);
}

TEST(WriteFile, AFullDeviceIsAnError) {
  EXPECT_EQ(error_of("/dev/full", "x"), "/dev/full: cannot be written: No space left on device");
}

TEST(WriteFile, ADeviceIsWrittenToAndNotReplaced) {
  write_file("/dev/null", "x");
  EXPECT_TRUE(std::filesystem::is_character_file("/dev/null"));
}

TEST(WriteFile, ALinkStaysALink) {
  const TemporaryFolder folder;
  const auto target = folder.file("target", "before");
  const auto link = folder / "link";
  std::filesystem::create_symlink("target", link);
  write_file(link, "after");
  EXPECT_TRUE(std::filesystem::is_symlink(link));
  EXPECT_EQ(contents_of(target), "after");
}

TEST(WriteFile, AFileLeftOverByAKilledProcessIsNotInTheWay) {
  const TemporaryFolder folder;
  const auto left_over = folder.file("trace." + std::to_string(::getpid()) + "-0.part", "left over");
  write_file(folder / "trace", "new");
  EXPECT_EQ(contents_of(folder / "trace"), "new");
  EXPECT_EQ(contents_of(left_over), "left over");
}

TEST(WriteFile, NamesTheFileThatCannotBeWritten) {
  const TemporaryFolder folder;
  EXPECT_EQ(error_of(folder.path(), "x"),
            folder.path().string() + ": is a directory, expected a file to write");
  const auto nowhere = folder / "none/trace";
  EXPECT_EQ(error_of(nowhere, "x"), nowhere.string() + ": cannot be written: No such file or directory");
  EXPECT_THAT(error_of("", "x"), testing::StartsWith("'': cannot be written: "));
}

}  // namespace
}  // namespace poolhammer
