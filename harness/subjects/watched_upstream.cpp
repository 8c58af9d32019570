#include "harness/subjects/watched_upstream.hpp"

#include <limits>
#include <new>
#include <sstream>

#include "harness/base/counted.hpp"

namespace poolhammer {

WatchedUpstream::~WatchedUpstream() {
  for (const auto& [block, asked] : blocks_)
    std::pmr::new_delete_resource()->deallocate(block, asked.bytes, asked.alignment);
}

std::optional<std::string> WatchedUpstream::outstanding() const {
  if (blocks_.empty()) return std::nullopt;
  std::size_t bytes = 0;
  for (const auto& [block, asked] : blocks_) bytes += asked.bytes;
  return counted(blocks_.size(), "block") + " of together " + counted(bytes, "byte") +
         " not given back to the upstream resource";
}

void* WatchedUpstream::do_allocate(std::size_t bytes, std::size_t alignment) {
  if (refusals_ > 0) {
    --refusals_;
    throw std::bad_alloc();
  }
  // AddressSanitizer's operator new ends the process for such a size, instead of throwing.
  if (bytes > std::numeric_limits<std::ptrdiff_t>::max()) throw std::bad_alloc();
  void* const block = std::pmr::new_delete_resource()->allocate(bytes, alignment);
  blocks_[block] = {bytes, alignment};
  return block;
}

void WatchedUpstream::do_deallocate(void* block, std::size_t bytes, std::size_t alignment) {
  const auto found = blocks_.find(block);
  if (found == blocks_.end()) {
    if (fault_) return;
    std::ostringstream words;
    words << block << " given back to the upstream resource, of which it is no block";
    fault_ = words.str();
    return;
  }
  const Block asked = found->second;
  if (!fault_ && asked != Block{bytes, alignment}) {
    fault_ = std::to_string(asked.bytes) + " bytes aligned to " + std::to_string(asked.alignment) +
             " given back to the upstream resource as " + std::to_string(bytes) + " aligned to " +
             std::to_string(alignment);
  }
  blocks_.erase(found);
  std::pmr::new_delete_resource()->deallocate(block, asked.bytes, asked.alignment);
}

}  // namespace poolhammer
