#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace poolhammer {

/// Memory that this process and those that it starts see alike: anonymous, zero at first. Throws
/// std::runtime_error where the machine refuses it.
class SharedMemory {
 public:
  explicit SharedMemory(std::size_t bytes);
  SharedMemory(const SharedMemory&) = delete;
  SharedMemory& operator=(const SharedMemory&) = delete;
  ~SharedMemory();

  [[nodiscard]] std::span<std::byte> bytes() const { return bytes_; }
  /// Makes every byte zero again. Throws as above.
  void clear() const;
  [[nodiscard]] int descriptor() const { return descriptor_; }

 private:
  int descriptor_;
  std::span<std::byte> bytes_;
};

/// A file without a name, in memory, that processes write and this one reads. Unlike a pipe it is never full,
/// so that nobody waits for the other. Throws std::runtime_error where the machine refuses it.
class MemoryFile {
 public:
  MemoryFile();
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;
  ~MemoryFile();

  [[nodiscard]] int descriptor() const { return descriptor_; }
  /// False where the machine's memory is full.
  [[nodiscard]] bool write(std::string_view text) const;
  /// The first `most` bytes of what was written.
  [[nodiscard]] std::string text(std::size_t most = static_cast<std::size_t>(-1)) const;
  /// How many bytes were written.
  [[nodiscard]] std::size_t size() const;
  /// Keeps the first `size` bytes; what is written next follows them, whichever process writes it.
  void cut(std::size_t size) const;

 private:
  int descriptor_;
};

}  // namespace poolhammer
