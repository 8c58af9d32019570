#include "harness/trace/binary.hpp"

#include <gtest/gtest.h>

#include <map>
#include <string>

#include "allocator/placement.hpp"
#include "harness/base/format_error.hpp"
#include "harness/base/random.hpp"

namespace poolhammer {
namespace {

using Bytes = std::vector<std::byte>;

// One operation of every kind, with the largest numbers that each takes.
Trace every_kind() {
  Trace trace{LayoutId::tiny, {}};
  for (std::uint8_t kind = 0; kind < operation_kinds; ++kind) {
    Operation operation{static_cast<OperationKind>(kind),
                        slot_limit - 1,
                        ~std::uint64_t{0},
                        ~std::uint64_t{0} - kind,
                        std::uint64_t{1} << 63U,
                        thread_limit - 1,
                        OperationKind::op_new_aligned,
                        255,
                        Context::alternate_stack};
    if (const Choices choices = choices_of(operation.kind); !choices.words.empty())
      operation.size = choices.words.size() - 1;
    trace.operations.push_back(canonical(operation));
  }
  return trace;
}

/// The offset of a byte of the record of every_kind()'s operation of that kind.
std::size_t record_of(OperationKind kind, std::size_t offset) {
  return encoded_bytes(static_cast<std::size_t>(kind)) + offset;
}

Bytes random_bytes(std::size_t size, Random& random) {
  Bytes bytes(size);
  for (std::byte& byte : bytes) byte = static_cast<std::byte>(random.below(256));
  return bytes;
}

std::string error_of(const Bytes& bytes) {
  try {
    static_cast<void>(parse_binary(bytes));
  } catch (const FormatError& error) {
    return error.what();
  }
  return "no error";
}

Bytes with(Bytes bytes, std::size_t offset, unsigned value) {
  bytes.at(offset) = static_cast<std::byte>(value);
  return bytes;
}

TEST(BinaryForm, HasTheBytesThatTheFormatSays) {
  const Trace trace{LayoutId::modern,
                    {{OperationKind::calloc, 0x030201, 0x0b0a090807060504, 0x131211100f0e0d0c, 0, 20},
                     {OperationKind::aligned_alloc, 1, 0, 2, 0x1b1a191817161514}}};
  const std::vector<int> expected = {'P', 'H', 'T', 'R', 2,  2,  0,  0,  2,  0,  0,  0,  0,  0,  0,  0,
                                     1,   20,  0,   0,   1,  2,  3,  0,  4,  5,  6,  7,  8,  9,  10, 11,
                                     12,  13,  14,  15,  16, 17, 18, 19, 0,  0,  0,  0,  0,  0,  0,  0,
                                     4,   0,   0,   0,   1,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,
                                     2,   0,   0,   0,   0,  0,  0,  0,  20, 21, 22, 23, 24, 25, 26, 27};
  std::vector<int> found;
  for (const std::byte byte : encode(trace)) found.push_back(std::to_integer<int>(byte));
  EXPECT_EQ(found, expected);
}

TEST(BinaryForm, BothReadersReadWhatIsWritten) {
  for (const Trace& trace : {Trace{}, every_kind()}) {
    EXPECT_EQ(decode(encode(trace)), trace);
    EXPECT_EQ(parse_binary(encode(trace)), trace);
  }
}

TEST(BinaryForm, UnusedMembersAreWrittenAsZero) {
  const Trace untidy{LayoutId::classic, {{OperationKind::check, 1, 2, 3}}};
  const Trace tidy{LayoutId::classic, {{OperationKind::check, 0, 0, 0}}};
  EXPECT_EQ(encode(untidy), encode(tidy));
}

TEST(BinaryForm, AnyBytesDecodeToACanonicalTrace) {
  Random random(11);
  for (int i = 0; i < 2000; ++i) {
    const Bytes bytes = random_bytes(static_cast<std::size_t>(random.below(200)), random);
    const Trace trace = decode(bytes);
    ASSERT_EQ(trace.operations.size(), operations_in(bytes.size()));
    const Bytes canonical = encode(trace);
    ASSERT_EQ(decode(canonical), trace) << "input " << i;
    ASSERT_EQ(parse_binary(canonical), trace) << "input " << i;
    ASSERT_EQ(encode(decode(canonical)), canonical) << "input " << i;
  }
}

TEST(BinaryForm, DecodeIgnoresWhatIsWrongWithTheHeader) {
  const Trace trace = every_kind();
  Bytes bytes = encode(trace);
  for (const std::size_t offset : {0U, 3U, 4U, 6U, 7U, 8U, 15U}) bytes[offset] ^= std::byte{0x55};
  EXPECT_EQ(decode(bytes), trace);
}

TEST(BinaryForm, DecodeReadsTheLayoutModuloTheirNumberAsSoonAsItIsThere) {
  EXPECT_EQ(decode(Bytes(5, std::byte{0xff})), Trace{});
  EXPECT_EQ(decode(Bytes(6, std::byte{0xff})), (Trace{LayoutId::tiny, {}}));
  EXPECT_EQ(decode(Bytes(header_bytes, std::byte{0x02})), (Trace{LayoutId::modern, {}}));
}

TEST(BinaryForm, DecodeDropsALastIncompleteRecord) {
  const Trace trace = every_kind();
  Bytes bytes = encode(trace);
  bytes.resize(bytes.size() + record_bytes - 1, std::byte{1});
  EXPECT_EQ(decode(bytes), trace);
}

TEST(BinaryForm, DecodeMakesMostlyAllocationsAndFreesOfRandomKinds) {
  std::map<OperationKind, int> kinds;
  for (unsigned byte = 0; byte < 256; ++byte) {
    Bytes bytes(encoded_bytes(1));
    bytes[header_bytes] = static_cast<std::byte>(byte);
    const OperationKind kind = decode(bytes).operations.at(0).kind;
    if (byte < operation_kinds) {
      EXPECT_EQ(static_cast<unsigned>(kind), byte);
    }
    ++kinds[kind];
  }
  EXPECT_EQ(kinds.size(), operation_kinds);
  const int memory = kinds[OperationKind::malloc] + kinds[OperationKind::calloc] +
                     kinds[OperationKind::realloc] + kinds[OperationKind::free];
  EXPECT_GE(memory, 256 * 3 / 4);
  EXPECT_GE(kinds[OperationKind::malloc], 256 / 4);
  EXPECT_GE(kinds[OperationKind::free], 256 / 4);
}

TEST(BinaryForm, AChangedByteChangesOneOperationAtMost) {
  const Trace trace = every_kind();
  const Bytes bytes = encode(trace);
  for (std::size_t offset = header_bytes; offset < bytes.size(); ++offset) {
    const Trace changed = decode(with(bytes, offset, 0xa5));
    for (std::size_t i = 0; i < trace.operations.size(); ++i) {
      if (i != (offset - header_bytes) / record_bytes) {
        ASSERT_EQ(changed.operations[i], trace.operations[i]) << offset;
      }
    }
  }
}

TEST(BinaryForm, NamesOffsetAndExpectationInTheHeader) {
  const Bytes good = encode(every_kind());
  EXPECT_EQ(error_of({}), "offset 0: expected a header of 16 bytes, found 0 bytes");
  EXPECT_EQ(error_of(Bytes(good.begin(), good.begin() + 15)),
            "offset 0: expected a header of 16 bytes, found 15 bytes");
  EXPECT_EQ(error_of(with(good, 3, 0)), "offset 0: expected the magic bytes 'PHTR', found 'PHT\\x00'");
  EXPECT_EQ(error_of(with(good, 4, 3)), "offset 4: expected version 2, found version 3");
  EXPECT_EQ(error_of(with(good, 5, 4)), "offset 5: expected a layout below 4, found 4");
  EXPECT_EQ(error_of(with(good, 7, 1)), "offset 6: expected two bytes of zero, found 0x0100");
  EXPECT_EQ(error_of(with(good, 8, 9)),
            "offset 8: expected 61 operations, as many as the file has whole records, found 9");
  EXPECT_EQ(
      error_of(with(good, 15, 0x80)),
      "offset 8: expected 61 operations, as many as the file has whole records, found 9223372036854775869");
}

TEST(BinaryForm, NamesOffsetAndExpectationInARecord) {
  const Bytes good = encode(every_kind());
  using enum OperationKind;
  EXPECT_EQ(error_of(with(good, record_of(malloc, 0), operation_kinds)),
            "offset 16: expected an operation kind below 61, found 61");
  EXPECT_EQ(error_of(with(good, record_of(malloc, 8), 1)),
            "offset 24: expected count 0, as malloc has none, found 1");
  EXPECT_EQ(error_of(with(good, record_of(malloc, 24), 1)),
            "offset 40: expected alignment 0, as malloc has none, found 1");
  EXPECT_EQ(error_of(with(good, record_of(malloc, 7), 1)),
            "offset 20: expected a slot below 16777216, found 33554431");
  EXPECT_EQ(error_of(with(good, record_of(malloc, 1), 64)),
            "offset 17: expected a thread below 64, found 64");
  EXPECT_EQ(error_of(with(good, record_of(malloc, 2), 5)),
            "offset 18: expected function 0, as malloc has none, found 5");
  EXPECT_EQ(error_of(with(good, record_of(malloc, 3), 5)), "offset 19: expected a context below 4, found 5");
  EXPECT_EQ(error_of(with(good, record_of(op_new, 3), 1)),
            "offset 307: expected context 0, as operator new has none, found 1");
  EXPECT_EQ(error_of(with(good, record_of(exhaust, 2), static_cast<unsigned>(realloc))),
            "offset 1490: expected a function that exhaust may call, found 2");
  EXPECT_EQ(error_of(with(good, record_of(misuse, 2), functions)),
            "offset 1682: expected a function that misuse may call, found 33");
  EXPECT_EQ(error_of(with(good, record_of(recycle, 2), static_cast<unsigned>(malloc))),
            "offset 1576: expected alignment 0, as recycle has none, found 9223372036854775808");
  EXPECT_EQ(error_of(with(good, record_of(own, 4), 1)),
            "offset 1780: expected slot 0, as own has none, found 1");
  EXPECT_EQ(error_of(with(good, record_of(free, 16), 1)),
            "offset 576: expected size 0, as free has none, found 1");
  EXPECT_EQ(error_of(with(good, record_of(check, 5), 1)),
            "offset 1172: expected slot 0, as check has none, found 256");
  EXPECT_EQ(error_of(with(good, record_of(check, 1), 1)),
            "offset 1169: expected thread 0, as check has none, found 1");
  EXPECT_EQ(error_of(with(good, record_of(place, 16), 9)),
            "offset 1280: expected a placement below 9, found 9");
  EXPECT_EQ(error_of(with(good, record_of(domain, 16), 3)),
            "offset 1312: expected a domain below 3, found 3");
  EXPECT_EQ(error_of(with(good, record_of(hook, 16), 2)), "offset 1344: expected on or off below 2, found 2");
}

TEST(BinaryForm, DecodeTakesAThreadAndAContextThatThereAreNotForTheFirst) {
  const Bytes good = encode({LayoutId::classic, {{OperationKind::malloc, 1, 0, 8}}});
  const auto decoded = [&good](std::size_t offset, unsigned value) {
    return decode(with(good, encoded_bytes(0) + offset, value)).operations.at(0);
  };
  EXPECT_EQ(decoded(1, 63).thread, 63);
  EXPECT_EQ(decoded(1, 64).thread, 0);
  EXPECT_EQ(decoded(3, 2).context, Context::alternate_stack);
  EXPECT_EQ(decoded(3, contexts).context, Context::program);
  EXPECT_EQ(decoded(3, 255).context, Context::program);
}

TEST(BinaryForm, EveryTruncationIsAnErrorThatNamesAnOffset) {
  const Bytes good = encode(every_kind());
  for (std::size_t size = 0; size < good.size(); ++size) {
    const std::string error = error_of(Bytes(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(size)));
    EXPECT_EQ(error.rfind("offset ", 0), 0U) << size << ": " << error;
  }
}

TEST(BinaryForm, BytesBehindTheLastRecordAreAnError) {
  Bytes bytes = encode(every_kind());
  bytes.push_back(std::byte{0});
  EXPECT_EQ(error_of(bytes), "offset 1968: expected the end of the file, found 1 more bytes");
}

TEST(BinaryForm, ARecordingThatWasNotClosedIsReadAsFarAsItGoes) {
  const Trace trace = every_kind();
  Bytes bytes = encode(trace);
  encode_header(trace.layout, unknown_count, std::span(bytes).first<header_bytes>());
  EXPECT_EQ(parse_binary(bytes), trace);
  bytes.resize(bytes.size() + 7);
  EXPECT_EQ(parse_binary(bytes), trace);
}

TEST(BinaryForm, StrictParsingAcceptsNothingButWhatEncodeWrites) {
  const Bytes good = encode(every_kind());
  Random random(12);
  for (int i = 0; i < 5000; ++i) {
    Bytes bytes = good;
    for (std::uint64_t n = random.below(4) + 1; n > 0; --n) {
      bytes[static_cast<std::size_t>(random.below(bytes.size()))] = static_cast<std::byte>(random.below(256));
    }
    try {
      ASSERT_EQ(encode(parse_binary(bytes)), bytes) << "input " << i;
    } catch (const FormatError& error) {
      ASSERT_EQ(std::string(error.what()).find('\n'), std::string::npos) << error.what();
    }
  }
}

}  // namespace
}  // namespace poolhammer
