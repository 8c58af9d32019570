#include "harness/process/shared_memory.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <stdexcept>

namespace poolhammer {
namespace {

[[noreturn]] void fail(std::string_view what) {
  throw std::runtime_error(fmt::format("{}: {}", what, std::strerror(errno)));
}

}  // namespace

SharedMemory::SharedMemory(std::size_t bytes) : descriptor_(memfd_create("poolhammer", MFD_CLOEXEC)) {
  if (descriptor_ < 0) fail("shared memory");
  void* memory = MAP_FAILED;
  if (ftruncate(descriptor_, static_cast<off_t>(bytes)) == 0)
    memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor_, 0);
  if (memory == MAP_FAILED) {
    close(descriptor_);
    fail("shared memory");
  }
  bytes_ = {static_cast<std::byte*>(memory), bytes};
}

SharedMemory::~SharedMemory() {
  munmap(bytes_.data(), bytes_.size());
  close(descriptor_);
}

void SharedMemory::clear() const {
  // What was never written takes no memory, and is to take none.
  if (fallocate(descriptor_, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0,
                static_cast<off_t>(bytes_.size())) != 0)
    fail("shared memory");
}

MemoryFile::MemoryFile() : descriptor_(memfd_create("poolhammer-output", MFD_CLOEXEC)) {
  if (descriptor_ < 0) fail("a file in memory");
}

MemoryFile::~MemoryFile() {
  close(descriptor_);
}

bool MemoryFile::write(std::string_view text) const {
  while (!text.empty()) {
    const ssize_t written = ::write(descriptor_, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

std::size_t MemoryFile::size() const {
  struct stat state {};
  return fstat(descriptor_, &state) == 0 ? static_cast<std::size_t>(state.st_size) : 0;
}

void MemoryFile::cut(std::size_t size) const {
  // Processes that inherited the descriptor share its place with it.
  if (ftruncate(descriptor_, static_cast<off_t>(size)) == 0)
    lseek(descriptor_, static_cast<off_t>(size), SEEK_SET);
}

std::string MemoryFile::text(std::size_t most) const {
  std::string all;
  std::array<char, 4096> buffer{};
  while (all.size() < most) {
    const ssize_t got = pread(descriptor_, buffer.data(), std::min(buffer.size(), most - all.size()),
                              static_cast<off_t>(all.size()));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    all.append(buffer.data(), static_cast<std::size_t>(got));
  }
  return all;
}

}  // namespace poolhammer
