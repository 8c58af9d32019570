#include "harness/trace/binary.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "harness/base/counted.hpp"
#include "harness/base/format_error.hpp"
#include "harness/base/scan.hpp"
#include "harness/trace/function.hpp"
#include "harness/trace/limits.hpp"

namespace poolhammer {
namespace {

// Offsets inside the header and inside a record.
constexpr std::size_t version_at = 4;
constexpr std::size_t layout_at = 5;
constexpr std::size_t reserved_at = 6;
constexpr std::size_t operations_at = 8;
constexpr std::size_t thread_at = 1;
constexpr std::size_t by_at = 2;
constexpr std::size_t context_at = 3;
constexpr std::size_t slot_at = 4;
constexpr std::size_t count_at = 8;
constexpr std::size_t size_at = 16;
constexpr std::size_t alignment_at = 24;

// What total decoding makes of a kind byte. The canonical bytes mean
// themselves; the others share out the kinds so that random bytes give a program that mostly allocates and
// frees.
constexpr std::array<OperationKind, 256> kind_of_byte = [] {
  using enum OperationKind;
  std::array<OperationKind, 256> kinds{};
  for (std::size_t byte = 0; byte < operation_kinds; ++byte) kinds[byte] = static_cast<OperationKind>(byte);
  constexpr std::array<OperationKind, 8> shared_out = {malloc, free,   realloc, malloc,
                                                       free,   calloc, free,    malloc};
  for (std::size_t byte = operation_kinds; byte < kinds.size(); ++byte)
    kinds[byte] = shared_out[byte % shared_out.size()];
  return kinds;
}();

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

// The members as they stand, used by the kind or not. One byte is the number of the function that is called,
// or of the allocator's own operation.
Operation load_members(OperationKind kind, std::span<const std::byte> record) {
  Operation operation = {kind,
                         static_cast<std::uint32_t>(load<4>(record, slot_at)),
                         load<8>(record, count_at),
                         load<8>(record, size_at),
                         load<8>(record, alignment_at),
                         std::to_integer<std::uint8_t>(record[thread_at])};
  if (operation.has_own())
    operation.own = std::to_integer<std::uint8_t>(record[by_at]);
  else
    operation.by = static_cast<OperationKind>(record[by_at]);
  operation.context = static_cast<Context>(record[context_at]);
  return operation;
}

[[noreturn]] void fail_at_offset(std::size_t offset, std::string_view expected, std::string_view found) {
  throw FormatError(fmt::format("offset {}: expected {}, found {}", offset, expected, found));
}

void check_header(std::span<const std::byte> bytes) {
  if (bytes.size() < header_bytes) {
    fail_at_offset(0, "a header of 16 bytes", counted(bytes.size(), "byte"));
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
std::size_t checked_count(std::span<const std::byte> bytes, std::size_t width) {
  const std::size_t body = bytes.size() - header_bytes;
  const std::size_t records = body / width;
  const std::uint64_t count = load<8>(bytes, operations_at);
  if (records > max_operations) {
    fail_at_offset(header_bytes, fmt::format("at most {} operations", max_operations),
                   fmt::format("{}", records));
  }
  if (count == unknown_count) return records;
  if (count != records) {
    fail_at_offset(operations_at,
                   fmt::format("{}, as many as the file has whole records", counted(records, "operation")),
                   fmt::format("{}", count));
  }
  if (body % width != 0) {
    fail_at_offset(header_bytes + records * width, "the end of the file",
                   fmt::format("{} more bytes", body % width));
  }
  return records;
}

/// A member of a record: whether the kind has it, where it stands, and its value.
struct Member {
  std::string_view name;
  bool has;
  std::size_t at;
  std::uint64_t value;
};

void demand_only_own_members(const Operation& operation, std::span<const Member> members,
                             std::size_t offset) {
  for (const Member& member : members) {
    if (!member.has && member.value != 0)
      fail_at_offset(offset + member.at,
                     fmt::format("{} 0, as {} has none", member.name, word(operation.kind)),
                     fmt::format("{}", member.value));
  }
}

void demand_choice(const Operation& operation, std::size_t offset) {
  const Choices choices = choices_of(operation.kind);
  if (!choices.words.empty() && operation.size >= choices.words.size()) {
    fail_at_offset(offset, fmt::format("{} below {}", choices.meaning, choices.words.size()),
                   fmt::format("{}", operation.size));
  }
}

std::uint8_t kind_below(std::size_t kinds, std::span<const std::byte> record, std::size_t offset) {
  const auto kind = std::to_integer<std::uint8_t>(record[0]);
  if (kind >= kinds)
    fail_at_offset(offset, fmt::format("an operation kind below {}", kinds), fmt::format("{}", kind));
  return kind;
}

Operation parse_record(std::span<const std::byte> record, std::size_t offset) {
  const auto kind = static_cast<OperationKind>(kind_below(operation_kinds, record, offset));
  const Operation operation = load_members(kind, record);
  const std::array members = {
      Member{"thread", operation.has_thread(), thread_at, operation.thread},
      Member{"function", operation.has_by(), by_at, static_cast<std::uint64_t>(operation.by)},
      Member{"context", operation.has_context(), context_at, static_cast<std::uint64_t>(operation.context)},
      Member{"slot", operation.has_slot(), slot_at, operation.slot},
      Member{"count", operation.has_count(), count_at, operation.count},
      Member{"size", operation.has_size(), size_at, operation.size},
      Member{"alignment",
             operation.has_alignment() &&
                 (!operation.has_by() || !is_function(operation.by) || takes_alignment(operation.by)),
             alignment_at, operation.alignment}};
  if (operation.has_by() && !callable(operation.kind, operation.by))
    fail_at_offset(offset + by_at, fmt::format("a function that {} may call", word(operation.kind)),
                   fmt::format("{}", static_cast<unsigned>(operation.by)));
  demand_only_own_members(operation, members, offset);
  if (const auto context = static_cast<unsigned>(operation.context); context >= contexts)
    fail_at_offset(offset + context_at, fmt::format("a context below {}", contexts),
                   fmt::format("{}", context));
  if (operation.slot >= slot_limit)
    fail_at_offset(offset + slot_at, fmt::format("a slot below {}", slot_limit),
                   fmt::format("{}", operation.slot));
  if (operation.thread >= thread_limit)
    fail_at_offset(offset + thread_at, fmt::format("a thread below {}", thread_limit),
                   fmt::format("{}", operation.thread));
  demand_choice(operation, offset + size_at);
  return operation;
}

// Version 1: records of 16 bytes, 0 kind | 1..3 slot | 4..7 count | 8..15 size, and these kinds alone.
constexpr std::size_t first_record_bytes = 16;
constexpr std::array<OperationKind, 10> first_kinds = {
    OperationKind::malloc, OperationKind::calloc,      OperationKind::realloc,  OperationKind::free,
    OperationKind::check,  OperationKind::fail_arenas, OperationKind::fail_raw, OperationKind::place,
    OperationKind::domain, OperationKind::hook};

Operation parse_first_record(std::span<const std::byte> record, std::size_t offset) {
  Operation operation;
  operation.kind = first_kinds[kind_below(first_kinds.size(), record, offset)];
  operation.slot = static_cast<std::uint32_t>(load<3>(record, 1));
  operation.count = load<4>(record, 4);
  operation.size = load<8>(record, 8);
  const std::array members = {Member{"slot", operation.has_slot(), 1, operation.slot},
                              Member{"count", operation.has_count(), 4, operation.count},
                              Member{"size", operation.has_size(), 8, operation.size}};
  demand_only_own_members(operation, members, offset);
  demand_choice(operation, offset + 8);
  return operation;
}

// Of each version of the form, oldest first: files outlive the program that wrote them.
struct Reader {
  std::size_t record_bytes;
  Operation (*read)(std::span<const std::byte> record, std::size_t offset);
};
constexpr std::array<Reader, binary_version> readers = {
    {{first_record_bytes, &parse_first_record}, {record_bytes, &parse_record}}};
static_assert(readers.back().read != nullptr, "a new version needs a reader");

Operation decode_record(std::span<const std::byte> record) {
  const auto kind = kind_of_byte[std::to_integer<std::size_t>(record[0])];
  Operation operation = load_members(kind, record);
  // Bytes that nobody chose are seldom a thread's: a program with threads takes one that does. Likewise of
  // contexts.
  if (operation.thread >= thread_limit) operation.thread = 0;
  if (static_cast<std::uint8_t>(operation.context) >= contexts) operation.context = Context::program;
  return canonical(operation);
}

}  // namespace

void encode_header(LayoutId layout, std::uint64_t operations, std::span<std::byte, header_bytes> out) {
  std::fill(out.begin(), out.end(), std::byte{0});
  std::transform(binary_magic.begin(), binary_magic.end(), out.begin(),
                 [](char c) { return static_cast<std::byte>(c); });
  store<1>(out, version_at, binary_version);
  store<1>(out, layout_at, static_cast<std::uint64_t>(layout));
  store<8>(out, operations_at, operations);
}

void encode_record(const Operation& operation, std::span<std::byte, record_bytes> out) {
  store<1>(out, 0, static_cast<std::uint64_t>(operation.kind));
  store<1>(out, thread_at, operation.has_thread() ? operation.thread : 0);
  store<1>(out, by_at,
           operation.has_by()    ? static_cast<std::uint64_t>(operation.by)
           : operation.has_own() ? operation.own
                                 : 0);
  store<1>(out, context_at, operation.has_context() ? static_cast<std::uint64_t>(operation.context) : 0);
  store<4>(out, slot_at, operation.has_slot() ? operation.slot : 0);
  store<8>(out, count_at, operation.has_count() ? operation.count : 0);
  store<8>(out, size_at, operation.has_size() ? operation.size : 0);
  store<8>(out, alignment_at, operation.has_alignment() ? operation.alignment : 0);
}

std::vector<std::byte> encode(const Trace& trace) {
  std::vector<std::byte> bytes(encoded_bytes(trace.operations.size()));
  const std::span<std::byte> all(bytes);
  encode_header(trace.layout, trace.operations.size(), all.first<header_bytes>());
  std::size_t at = header_bytes;
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
  const std::size_t records = operations_in(bytes.size());
  trace.operations.reserve(records);
  for (std::size_t i = 0; i < records; ++i)
    trace.operations.push_back(decode_record(bytes.subspan(encoded_bytes(i), record_bytes)));
  return trace;
}

Trace parse_binary(std::span<const std::byte> bytes) {
  check_header(bytes);
  const Reader& reader = readers[std::to_integer<std::size_t>(bytes[version_at]) - 1];
  const std::size_t records = checked_count(bytes, reader.record_bytes);
  Trace trace;
  trace.layout = static_cast<LayoutId>(bytes[layout_at]);
  trace.operations.reserve(records);
  for (std::size_t i = 0; i < records; ++i) {
    const std::size_t offset = header_bytes + i * reader.record_bytes;
    trace.operations.push_back(reader.read(bytes.subspan(offset, reader.record_bytes), offset));
  }
  return trace;
}

}  // namespace poolhammer
