#include "harness/record/convert.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "harness/base/format_error.hpp"
#include "harness/base/temporary_folder.hpp"
#include "harness/record/log_file.hpp"
#include "harness/trace/text.hpp"

namespace poolhammer {
namespace {

using log::Event;
using log::EventKind;
using ::testing::HasSubstr;

constexpr std::uint64_t A = 0x1000;
constexpr std::uint64_t B = 0x2000;
constexpr std::uint64_t C = 0x3000;

Event allocated(std::uint64_t address, std::uint64_t size, std::uint32_t thread = 1) {
  return {EventKind::malloc, {}, thread, address, size, 0};
}
Event freed(std::uint64_t address, std::uint32_t thread = 1) {
  return {EventKind::free, {}, thread, address, 0, 0};
}
Event begin(std::uint64_t address, std::uint64_t size, std::uint32_t thread = 1) {
  return {EventKind::realloc_begin, {}, thread, address, size, 0};
}
Event end(std::uint64_t address, std::uint64_t size, std::uint64_t old, std::uint32_t thread = 1) {
  return {EventKind::realloc_end, {}, thread, address, size, old};
}

log::Header header(std::uint64_t events) {
  log::Header result;
  result.magic = log::magic;
  result.version = log::version;
  result.pid = 12;
  result.parent_pid = 11;
  result.started_ns = 99;
  result.events = events;
  std::strcpy(result.program, "/bin/program");
  return result;
}

std::string bytes_of(const log::Header& head, std::span<const Event> events) {
  std::string bytes(reinterpret_cast<const char*>(&head), sizeof head);
  bytes.append(reinterpret_cast<const char*>(events.data()), events.size_bytes());
  return bytes;
}

ConvertedLog converted(const std::vector<Event>& events) {
  const TemporaryFolder folder;
  return to_trace(folder.file("log", bytes_of(header(events.size()), events)));
}

/// The operations of the text form, without its head.
std::string steps(const Trace& trace) {
  std::string text;
  for (const Operation& operation : trace.operations) text += to_text(operation) + "\n";
  return text;
}

std::string error_of(std::string_view bytes) {
  const TemporaryFolder folder;
  const auto path = folder.file("log", bytes);
  try {
    (void)to_trace(path);
  } catch (const InputError& error) {
    EXPECT_THAT(error.what(), HasSubstr(path.string() + ": "));
    return error.what();
  }
  return "no error";
}

TEST(RecordingLog, BecomesTheSameCallsInTheSameOrder) {
  const ConvertedLog log = converted({
      allocated(A, 10),
      {EventKind::calloc, {}, 1, B, 20, 3},
      {EventKind::aligned, {}, 1, C, 30, 64},
      freed(A),
      end(A, 40, 0),
      begin(B, 50),
      end(B, 50, B),
      begin(C, 0),
      end(0, 0, C),
  });
  EXPECT_EQ(steps(log.trace),
            "b0 = malloc(10)\nb1 = calloc(3, 20)\nposix_memalign(&b2, 64, 30)\nfree(b0)\nb0 = realloc(b0, "
            "40)\nb1 = realloc(b1, 50)\nfree(b2)\n");
  EXPECT_EQ(log.report.import, ImportReport{});
  EXPECT_EQ(log.report.operations, 7U);
  EXPECT_EQ(log.report.peak_blocks, 3U);
  EXPECT_EQ(log.report.live_blocks, 2U);
  EXPECT_EQ(log.report.threads, 1U);
}

TEST(RecordingLog, TellsWhoseItIs) {
  const LogReport report = converted({}).report;
  EXPECT_EQ(report.program, "/bin/program");
  EXPECT_EQ(report.pid, 12U);
  EXPECT_EQ(report.parent_pid, 11U);
  EXPECT_EQ(report.started_ns, 99U);
  EXPECT_EQ(report.operations, 0U);
}

TEST(RecordingLog, CarriesTheLayoutAskedFor) {
  const TemporaryFolder folder;
  EXPECT_EQ(to_trace(folder.file("log", bytes_of(header(0), {})), LayoutId::tiny).trace.layout,
            LayoutId::tiny);
}

TEST(RecordingLog, LetsAnotherThreadHaveTheAddressThatAReallocLeaves) {
  const ConvertedLog log = converted({
      allocated(A, 10, 1),
      begin(A, 1000, 1),
      allocated(A, 20, 2),
      begin(A, 2000, 2),
      allocated(A, 30, 3),
      end(B, 1000, A, 1),
      end(C, 2000, A, 2),
      freed(A, 3),
      freed(B, 3),
      freed(C, 3),
  });
  EXPECT_EQ(steps(log.trace),
            "b0 = malloc(10)\nthread 1: b1 = malloc(20)\nthread 2: b2 = malloc(30)\nb0 = realloc(b0, 1000)\n"
            "thread 1: b1 = realloc(b1, 2000)\nthread 2: free(b2)\nthread 2: free(b0)\nthread 2: free(b1)\n");
  EXPECT_EQ(to_string(log.report.import), "");
  EXPECT_EQ(log.report.threads, 3U);
}

TEST(RecordingLog, LeavesABlockWhereARefusedReallocFoundIt) {
  const ConvertedLog log = converted({allocated(A, 10), begin(A, 1000), end(0, 1000, A), freed(A)});
  EXPECT_EQ(steps(log.trace), "b0 = malloc(10)\nb0 = realloc(b0, 1000)\nfree(b0)\n");
  EXPECT_EQ(log.report.import, (ImportReport{.refused = 1}));
}

TEST(RecordingLog, EmptiesTheSlotOfARefusedRequest) {
  const ConvertedLog log = converted({allocated(0, 1U << 30U), allocated(A, 10)});
  EXPECT_EQ(steps(log.trace), "b0 = malloc(1073741824)\nfree(b0)\nb0 = malloc(10)\n");
  EXPECT_EQ(log.report.import, (ImportReport{.refused = 1}));
}

TEST(RecordingLog, SkipsTheBlocksOfAParent) {
  const ConvertedLog log =
      converted({freed(A), begin(B, 10), end(C, 10, B), begin(A, 0), end(0, 0, A), freed(C)});
  EXPECT_EQ(steps(log.trace), "b0 = malloc(10)\nfree(b0)\n");
  EXPECT_EQ(log.report.import, (ImportReport{.skipped_frees = 3}));
}

TEST(RecordingLog, KeepsABlockWhoseReallocWasCutOff) {
  const ConvertedLog log = converted({allocated(A, 10), allocated(B, 10), begin(A, 20)});
  EXPECT_EQ(steps(log.trace), "b0 = malloc(10)\nb1 = malloc(10)\n");
  EXPECT_EQ(log.report.import, (ImportReport{.incomplete = 1}));
  EXPECT_EQ(log.report.live_blocks, 2U);
}

TEST(RecordingLog, SurvivesEventsThatWereLostInASignalHandler) {
  const ConvertedLog log = converted({
      allocated(A, 10),
      begin(A, 20),
      begin(A, 30),
      end(B, 30, A),     // an end is missing
      end(C, 40, B),     // a beginning is missing
      allocated(C, 50),  // a free is missing
      freed(C),
  });
  EXPECT_EQ(
      steps(log.trace),
      "b0 = malloc(10)\nb0 = realloc(b0, 30)\nb0 = realloc(b0, 40)\nfree(b0)\nb1 = malloc(50)\nfree(b1)\n");
  EXPECT_EQ(log.report.import, (ImportReport{.implied_frees = 1, .incomplete = 1}));
}

TEST(RecordingLog, EndsWithTheLastWholeEventWhateverTheKillLeftBehind) {
  const TemporaryFolder folder;
  const std::vector<Event> events = {allocated(A, 10), freed(A), allocated(B, 20)};
  std::string bytes = bytes_of(header(2), events);
  bytes.resize(log::window_bytes);
  EXPECT_EQ(steps(to_trace(folder.file("log", bytes)).trace), "b0 = malloc(10)\nfree(b0)\n");
}

TEST(RecordingLog, OfAProcessKilledBeforeItsHeaderIsNone) {
  const TemporaryFolder folder;
  EXPECT_FALSE(LogFile::open(folder.file("empty", "")));
  EXPECT_FALSE(LogFile::open(folder.file("zeros", std::string(log::window_bytes, '\0'))));
  log::Header unfinished = header(0);
  unfinished.magic = 0;
  EXPECT_FALSE(LogFile::open(folder.file("unfinished", bytes_of(unfinished, {}))));
}

TEST(RecordingLog, SaysWhyARecordingStopped) {
  log::Header head = header(0);
  head.stopped = ENOSPC;
  head.lost = 3;
  const TemporaryFolder folder;
  const std::string text = to_string(to_trace(folder.file("log", bytes_of(head, {}))).report);
  EXPECT_THAT(text, HasSubstr("/bin/program (process 12): 0 operations"));
  EXPECT_THAT(text, HasSubstr("the recording stopped early: No space left on device"));
  EXPECT_THAT(text, HasSubstr("3 calls inside signal handlers not seen"));
}

TEST(DamagedLog, IsRefusedWithThePlace) {
  const std::vector<Event> events = {allocated(A, 10), freed(A)};
  const std::string whole = bytes_of(header(2), events);
  EXPECT_THAT(error_of(whole.substr(0, 100)), HasSubstr("offset 100: expected a header of 320 bytes"));
  EXPECT_THAT(error_of(whole.substr(0, 370)),
              HasSubstr("offset 370: the log is cut short: expected 2 events, found 1"));
  EXPECT_THAT(error_of("poolhammer trace 2\n" + std::string(400, '#')),
              HasSubstr("offset 0: expected the log of a recorded process"));

  log::Header newer = header(2);
  newer.version = 2;
  EXPECT_THAT(error_of(bytes_of(newer, events)), HasSubstr("offset 8: expected version 1, found 2"));

  log::Header endless = header(2);
  std::memset(endless.program, 'x', sizeof endless.program);
  EXPECT_THAT(error_of(bytes_of(endless, events)),
              HasSubstr("offset 64: expected a path that ends in a zero"));

  log::Header huge = header(~std::uint64_t{0});
  EXPECT_THAT(error_of(bytes_of(huge, events)), HasSubstr("the log is cut short"));
}

TEST(DamagedLog, IsRefusedAtTheFirstImplausibleEvent) {
  Event no_kind = freed(A);
  no_kind.kind = EventKind{};
  Event unknown_kind = freed(A);
  unknown_kind.kind = static_cast<EventKind>(7);
  Event not_zero = freed(A);
  not_zero.zero[1] = 1;
  Event no_thread = freed(A, 0);
  for (const Event& bad : {no_kind, unknown_kind, not_zero, no_thread}) {
    const std::vector<Event> events = {allocated(A, 10), bad};
    EXPECT_THAT(error_of(bytes_of(header(2), events)),
                HasSubstr("offset 352: the log is damaged: expected an event"));
  }
}

TEST(DamagedLog, IsAMissingFileToo) {
  EXPECT_THROW((void)to_trace(std::filesystem::path("/nonexistent/log")), InputError);
}

}  // namespace
}  // namespace poolhammer
