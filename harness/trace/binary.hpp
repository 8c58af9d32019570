#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "harness/trace/trace.hpp"

namespace poolhammer {

// The binary form: a header of 16 bytes, then records of 32 bytes, little-endian, read front to back.
//
//   header  0..3 "PHTR" | 4 version | 5 LayoutId | 6..7 zero | 8..15 number of operations, or unknown_count
//   record  0 OperationKind | 1 thread | 2..3 zero | 4..7 slot | 8..15 count | 16..23 size | 24..31 alignment
//
// Fixed width keeps the records after a changed, inserted or deleted one as they were: a fuzzing engine's
// byte mutations stay local.

inline constexpr std::size_t header_bytes = 16;
inline constexpr std::size_t record_bytes = 32;
inline constexpr std::array<char, 4> binary_magic = {'P', 'H', 'T', 'R'};

/// What encode() writes. A version that follows keeps the reader of this one (readers in binary.cpp)
/// and brings a file of its own to versions/, which its test asks for.
inline constexpr std::uint8_t binary_version = 2;

/// The header's number of operations while a recording is not closed: the file's length tells.
inline constexpr std::uint64_t unknown_count = std::numeric_limits<std::uint64_t>::max();

/// Bytes that a trace of so many operations takes.
[[nodiscard]] constexpr std::size_t encoded_bytes(std::size_t operations) {
  return header_bytes + operations * record_bytes;
}
/// The whole operations of a trace that takes so many bytes.
[[nodiscard]] constexpr std::size_t operations_in(std::size_t bytes) {
  return bytes < header_bytes ? 0 : (bytes - header_bytes) / record_bytes;
}

/// The binary form. Precondition: every slot is below slot_limit.
[[nodiscard]] std::vector<std::byte> encode(const Trace& trace);

/// Writes the header of a trace of `operations` operations; for a recorder that appends records as they
/// happen.
void encode_header(LayoutId layout, std::uint64_t operations, std::span<std::byte, header_bytes> out);

/// Writes one record. Members that the operation's kind does not use are written as 0.
void encode_record(const Operation& operation, std::span<std::byte, record_bytes> out);

/// Total: every byte string is a trace, so that a fuzzing engine may do what it likes. The first 16 bytes are
/// a header whatever they hold (only the layout is read, modulo the number of layouts); records are those of
/// the present version; unknown kinds are mapped onto known ones, mostly malloc, free, realloc and calloc; an
/// unknown thread is the first one; a choice is taken modulo the number of its words; a last incomplete
/// record is dropped; the header's count is ignored. decode(encode(t)) == t, and encode(decode(x)) is the one
/// canonical form of x.
[[nodiscard]] Trace decode(std::span<const std::byte> bytes);

/// Strict: throws FormatError, with the offset in bytes, at everything that encode() would not write. Reads
/// every version of the form up to binary_version; encode() then writes the present one. Where the count is
/// unknown_count, a last incomplete record is dropped: the recording was killed.
[[nodiscard]] Trace parse_binary(std::span<const std::byte> bytes);

}  // namespace poolhammer
