#include "harness/trace/binary.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>

#include "harness/trace/format_error.hpp"
#include "harness/trace/limits.hpp"
#include "harness/trace/scan.hpp"

namespace poolhammer {
namespace {

// Offsets inside the header and inside a record.
constexpr std::size_t version_at = 4;
constexpr std::size_t layout_at = 5;
constexpr std::size_t reserved_at = 6;
constexpr std::size_t operations_at = 8;
constexpr std::size_t slot_at = 1;
constexpr std::size_t count_at = 4;
constexpr std::size_t size_at = 8;

// What total decoding makes of a kind byte, taken modulo the table's length. The canonical bytes mean
// themselves; the others share out the kinds so that random bytes give a program that mostly allocates and
// frees.
using enum OperationKind;
constexpr std::array<OperationKind, 32> kind_of_byte = {
    malloc,  calloc,  realloc, free,   check,  fail_arenas, fail_raw, place,   //
    domain,  hook,    malloc,  malloc, malloc, malloc,      malloc,   malloc,  //
    free,    free,    free,    free,   free,   free,        free,     free,    //
    realloc, realloc, realloc, calloc, calloc, calloc,      calloc,   malloc,  //
};

template <std::size_t Width>
std::uint64_t load(std::span<const std::byte> bytes, std::size_t at) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < Width; ++i) value |= std::to_integer<std::uint64_t>(bytes[at + i]) << (8 * i);
  return value;
}

template <std::size_t Width>
void store(std::span<std::byte> bytes, std::size_t at, std::uint64_t value) {
  for (std::size_t i = 0; i < Width; ++i) bytes[at + i] = static_cast<std::byte>((value >> (8 * i)) & 0xffU);
}

// The members as they stand, used by the kind or not.
Operation load_members(OperationKind kind, std::span<const std::byte> record) {
  return {kind, static_cast<std::uint32_t>(load<3>(record, slot_at)),
          static_cast<std::uint32_t>(load<4>(record, count_at)), load<8>(record, size_at)};
}

[[noreturn]] void fail_at_offset(std::size_t offset, std::string_view expected, std::string_view found) {
  throw FormatError(fmt::format("offset {}: expected {}, found {}", offset, expected, found));
}

void check_header(std::span<const std::byte> bytes) {
  if (bytes.size() < record_bytes) {
    fail_at_offset(0, "a header of 16 bytes", fmt::format("{} bytes", bytes.size()));
  }
  std::string magic;
  for (std::size_t i = 0; i < binary_magic.size(); ++i) magic += std::to_integer<char>(bytes[i]);
  if (!std::equal(binary_magic.begin(), binary_magic.end(), magic.begin())) {
    fail_at_offset(0, "the magic bytes 'PHTR'", in_quotes(magic));
  }
  const auto version = std::to_integer<unsigned>(bytes[version_at]);
  if (version == 0 || version > binary_version) {
    fail_at_offset(version_at, fmt::format("version {}", binary_version), fmt::format("version {}", version));
  }
  const auto layout = std::to_integer<unsigned>(bytes[layout_at]);
  if (layout >= layouts) {
    fail_at_offset(layout_at, fmt::format("a layout below {}", layouts), fmt::format("{}", layout));
  }
  if (const std::uint64_t reserved = load<2>(bytes, reserved_at); reserved != 0) {
    fail_at_offset(reserved_at, "two bytes of zero", fmt::format("{:#06x}", reserved));
  }
}

// The number of records, from the header or the length, which have to agree.
std::size_t checked_count(std::span<const std::byte> bytes) {
  const std::size_t body = bytes.size() - record_bytes;
  const std::size_t records = body / record_bytes;
  const std::uint64_t count = load<8>(bytes, operations_at);
  if (records > max_operations) {
    fail_at_offset(record_bytes, fmt::format("at most {} operations", max_operations),
                   fmt::format("{}", records));
  }
  if (count == unknown_count) return records;
  if (count != records) {
    fail_at_offset(operations_at,
                   fmt::format("{} operations, as many as the file has whole records", records),
                   fmt::format("{}", count));
  }
  if (body % record_bytes != 0) {
    fail_at_offset(record_bytes + records * record_bytes, "the end of the file",
                   fmt::format("{} more bytes", body % record_bytes));
  }
  return records;
}

Operation parse_record(std::span<const std::byte> record, std::size_t offset) {
  const auto kind = std::to_integer<std::uint8_t>(record[0]);
  if (kind >= operation_kinds) {
    fail_at_offset(offset, fmt::format("an operation kind below {}", operation_kinds),
                   fmt::format("{}", kind));
  }
  const Operation operation = load_members(static_cast<OperationKind>(kind), record);
  const std::string_view name = word(operation.kind);
  if (!operation.has_slot() && operation.slot != 0) {
    fail_at_offset(offset + slot_at, fmt::format("slot 0, as {} has none", name),
                   fmt::format("{}", operation.slot));
  }
  if (!operation.has_count() && operation.count != 0) {
    fail_at_offset(offset + count_at, fmt::format("count 0, as {} has none", name),
                   fmt::format("{}", operation.count));
  }
  if (!operation.has_size() && operation.size != 0) {
    fail_at_offset(offset + size_at, fmt::format("size 0, as {} has none", name),
                   fmt::format("{}", operation.size));
  }
  const Choices choices = choices_of(operation.kind);
  if (!choices.words.empty() && operation.size >= choices.words.size()) {
    fail_at_offset(offset + size_at, fmt::format("{} below {}", choices.meaning, choices.words.size()),
                   fmt::format("{}", operation.size));
  }
  return operation;
}

// Of each version of the form, oldest first: files outlive the program that wrote them. A record keeps its
// width.
using RecordReader = Operation (*)(std::span<const std::byte> record, std::size_t offset);
constexpr std::array<RecordReader, binary_version> record_readers = {&parse_record};
static_assert(record_readers.back() != nullptr, "a new version needs a reader");

Operation decode_record(std::span<const std::byte> record) {
  const auto kind = kind_of_byte[std::to_integer<std::size_t>(record[0]) % kind_of_byte.size()];
  Operation operation = load_members(kind, record);
  if (!operation.has_slot()) operation.slot = 0;
  if (!operation.has_count()) operation.count = 0;
  if (!operation.has_size()) operation.size = 0;
  if (const Choices choices = choices_of(kind); !choices.words.empty())
    operation.size %= choices.words.size();
  return operation;
}

}  // namespace

void encode_header(LayoutId layout, std::uint64_t operations, std::span<std::byte, record_bytes> out) {
  std::fill(out.begin(), out.end(), std::byte{0});
  std::transform(binary_magic.begin(), binary_magic.end(), out.begin(),
                 [](char c) { return static_cast<std::byte>(c); });
  store<1>(out, version_at, binary_version);
  store<1>(out, layout_at, static_cast<std::uint64_t>(layout));
  store<8>(out, operations_at, operations);
}

void encode_record(const Operation& operation, std::span<std::byte, record_bytes> out) {
  store<1>(out, 0, static_cast<std::uint64_t>(operation.kind));
  store<3>(out, slot_at, operation.has_slot() ? operation.slot : 0);
  store<4>(out, count_at, operation.has_count() ? operation.count : 0);
  store<8>(out, size_at, operation.has_size() ? operation.size : 0);
}

std::vector<std::byte> encode(const Trace& trace) {
  std::vector<std::byte> bytes((trace.operations.size() + 1) * record_bytes);
  const std::span<std::byte> all(bytes);
  encode_header(trace.layout, trace.operations.size(), all.first<record_bytes>());
  std::size_t at = record_bytes;
  for (const Operation& operation : trace.operations) {
    encode_record(operation, all.subspan(at).first<record_bytes>());
    at += record_bytes;
  }
  return bytes;
}

Trace decode(std::span<const std::byte> bytes) {
  Trace trace;
  if (bytes.size() > layout_at) {
    trace.layout = static_cast<LayoutId>(std::to_integer<std::uint8_t>(bytes[layout_at]) % layouts);
  }
  if (bytes.size() < record_bytes) return trace;
  const std::size_t records = bytes.size() / record_bytes - 1;
  trace.operations.reserve(records);
  for (std::size_t i = 1; i <= records; ++i) {
    trace.operations.push_back(decode_record(bytes.subspan(i * record_bytes, record_bytes)));
  }
  return trace;
}

Trace parse_binary(std::span<const std::byte> bytes) {
  check_header(bytes);
  const std::size_t records = checked_count(bytes);
  Trace trace;
  trace.layout = static_cast<LayoutId>(bytes[layout_at]);
  trace.operations.reserve(records);
  const RecordReader read_record = record_readers[std::to_integer<std::size_t>(bytes[version_at]) - 1];
  for (std::size_t i = 1; i <= records; ++i) {
    const std::size_t offset = i * record_bytes;
    trace.operations.push_back(read_record(bytes.subspan(offset, record_bytes), offset));
  }
  return trace;
}

}  // namespace poolhammer
