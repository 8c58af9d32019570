#include "harness/trace/file.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <string>
#include <thread>

#include "harness/base/temporary_folder.hpp"
#include "harness/base/write_file.hpp"
#include "harness/trace/limits.hpp"

namespace poolhammer {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;

const Trace sample{LayoutId::tiny, {{OperationKind::malloc, 0, 0, 24}, {OperationKind::free, 0, 0, 0}}};

std::string error_of(const std::filesystem::path& path, TraceFormat format = TraceFormat::automatic) {
  try {
    static_cast<void>(read_trace_file(path, format));
  } catch (const InputError& error) {
    return error.what();
  }
  return "no error";
}

TEST(TraceFiles, ReadWhatIsWrittenInBothForms) {
  const TemporaryFolder folder;
  for (const TraceFormat format : {TraceFormat::binary, TraceFormat::text}) {
    write_trace(folder / "trace", sample, format);
    const TraceFile file = read_trace_file(folder / "trace");
    EXPECT_EQ(file.trace, sample);
    EXPECT_EQ(file.format, format);
    EXPECT_EQ(file.report, ImportReport{});
    EXPECT_EQ(read_trace(folder / "trace", format), sample);
  }
}

TEST(TraceFiles, LogsOfOtherToolsAreRecognisedAndReportWhatWasChanged) {
  const TemporaryFolder folder;
  const auto read = [&folder](std::string_view text) { return read_trace_file(folder.file("log", text)); };
  EXPECT_EQ(read("1\n1\n2\n1\na 0 8\nf 0\n").format, trace_format_named("rep").value());
  EXPECT_EQ(read("1 1 malloc(8)=#1\n").format, trace_format_named("logalloc").value());
  EXPECT_EQ(read("==1== x\n--1-- malloc(8) = 0x10\n").format, trace_format_named("valgrind").value());
  const TraceFile file = read("= Start\n- 0x10\n+ 0x10 0x8\n= End\n");
  EXPECT_EQ(file.format, trace_format_named("mtrace").value());
  EXPECT_EQ(file.trace.operations, (std::vector<Operation>{{OperationKind::malloc, 0, 0, 8}}));
  EXPECT_EQ(file.report, (ImportReport{.skipped_frees = 1}));
}

TEST(TraceFiles, AnyBytesAreReadAsRaw) {
  const TemporaryFolder folder;
  EXPECT_EQ(read_trace(folder.file("empty", ""), TraceFormat::raw), Trace{});
  const Trace trace = read_trace(folder.file("bytes", std::string(60, 'x')), TraceFormat::raw);
  EXPECT_EQ(trace.operations.size(), 1U);
}

TEST(TraceFiles, AFileLongerThanItsHeadIsReadWhole) {
  const TemporaryFolder folder;
  Trace trace;
  for (std::uint32_t i = 0; i < 200'000; ++i) trace.operations.push_back({OperationKind::malloc, i, 0, i});
  write_trace(folder / "trace", trace);
  EXPECT_EQ(read_trace(folder / "trace"), trace);
}

TEST(TraceFiles, APipeIsRead) {
  const TemporaryFolder folder;
  const auto pipe = folder / "pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  std::thread writer([&pipe] { write_file(pipe, "poolhammer trace 1\nlayout tiny\nmalloc 0 24\nfree 0\n"); });
  EXPECT_EQ(read_trace(pipe), sample);
  writer.join();
}

TEST(TraceFiles, ErrorsBeginWithTheFileAndNameThePlace) {
  const TemporaryFolder folder;
  const auto path = folder / "trace";
  const auto error = [&folder](std::string_view bytes, TraceFormat format = TraceFormat::automatic) {
    return error_of(folder.file("trace", bytes), format);
  };
  const std::string name = path.string() + ": ";
  EXPECT_EQ(error("poolhammer trace 3\n"), name + "line 1: expected version 2, found '3'");
  EXPECT_EQ(error("= Start\nx\n").rfind(name + "line 2: expected a call ", 0), 0U);
  EXPECT_EQ(error("PHTR"),
            name +
                "offset 0: expected a header of 16 bytes, found 4 bytes; a fuzzing engine's raw input "
                "is read with --raw");
  EXPECT_EQ(error("PHTR", TraceFormat::binary),
            name + "offset 0: expected a header of 16 bytes, found 4 bytes");
}

TEST(TraceFiles, AFileOfNoKnownFormIsAnErrorThatTellsTheForms) {
  const TemporaryFolder folder;
  const std::string garbage = error_of(folder.file("garbage", std::string_view("\0\1garbage\n", 10)));
  EXPECT_THAT(garbage,
              HasSubstr("garbage: line 1: expected a trace, found '\\x00\\x01garbage'; a trace is in "));
  EXPECT_THAT(garbage, EndsWith("a fuzzing engine's raw input is read with --raw"));
  EXPECT_THAT(garbage, Not(HasSubstr("\n")));
  EXPECT_THAT(error_of(folder.file("empty", "")),
              HasSubstr("empty: expected a trace, found an empty file; "));
  EXPECT_THAT(error_of(folder.file("line", std::string(10'000'000, 'z'))),
              testing::SizeIs(testing::Lt(400U)));
}

TEST(TraceFiles, WhatIsNoReadableFileIsAnError) {
  const TemporaryFolder folder;
  EXPECT_EQ(error_of(folder.path()),
            folder.path().string() + ": is a directory, expected a file with a trace");
  EXPECT_EQ(error_of(folder / "none"),
            (folder / "none").string() + ": cannot be read: No such file or directory");
  EXPECT_EQ(error_of("/dev/zero", TraceFormat::raw), "/dev/zero: is a device, expected a file with a trace");
  EXPECT_EQ(error_of(folder / "a\nb"),
            "'" + folder.path().string() + "/a\\x0ab': cannot be read: No such file or directory");
}

TEST(TraceFiles, AFileOverTheLimitIsRefusedBeforeItIsRead) {
  const TemporaryFolder folder;
  const auto path = folder.file("trace", "poolhammer trace 1\n");
  std::filesystem::resize_file(path, max_file_bytes + 1);  // a hole: takes no room on the disk
  EXPECT_EQ(error_of(path),
            path.string() + ": expected a file of at most 8589934592 bytes, found 8589934593");
}

TEST(TraceFiles, AWriteThatFailsIsAnError) {
  const TemporaryFolder folder;
  EXPECT_THROW(write_trace(folder.path(), sample), InputError);
  EXPECT_THROW(write_trace("/dev/full", sample, TraceFormat::text), InputError);
}

}  // namespace
}  // namespace poolhammer
