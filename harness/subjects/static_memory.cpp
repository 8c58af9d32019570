#include "harness/subjects/static_memory.hpp"

#include <link.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>
#include <functional>
#include <map>
#include <stdexcept>
#include <string>
#include <utility>

#include "allocator/poison.hpp"
#include "harness/base/address.hpp"

#ifdef PYMALLOC_ADDRESS_SANITIZER
extern "C" void __asan_get_shadow_mapping(std::size_t* scale, std::size_t* offset);
#endif

namespace poolhammer {
namespace {

/// Zero memory of at least so many bytes is given back to the system; less is cheaper to compare than to
/// fault in again.
constexpr std::size_t least_given_back = std::size_t{256} << 10U;

[[nodiscard]] std::size_t page_bytes() {
  static const auto bytes = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  return bytes;
}

[[nodiscard]] std::uintptr_t page_down(std::uintptr_t address) {
  return address & ~(page_bytes() - 1);
}
[[nodiscard]] std::uintptr_t page_up(std::uintptr_t address) {
  return page_down(address + page_bytes() - 1);
}

[[nodiscard]] std::span<std::byte> between(std::uintptr_t begin, std::uintptr_t end) {
  return {std::bit_cast<std::byte*>(begin), end > begin ? end - begin : 0};
}

struct Search {
  std::function<bool(const dl_phdr_info& library)> wanted;
  std::vector<Variables> found;
};

[[nodiscard]] std::vector<Variables> variables_in(const dl_phdr_info& library) {
  const std::span headers(library.dlpi_phdr, library.dlpi_phnum);
  std::uintptr_t read_only = 0;
  for (const ElfW(Phdr) & header : headers)
    if (header.p_type == PT_GNU_RELRO)
      read_only = page_down(library.dlpi_addr + header.p_vaddr + header.p_memsz);
  std::vector<Variables> all;
  for (const ElfW(Phdr) & header : headers) {
    if (header.p_type != PT_LOAD || (header.p_flags & PF_W) == 0) continue;
    const std::uintptr_t first = library.dlpi_addr + header.p_vaddr;
    const std::uintptr_t last = first + header.p_memsz;
    // What is made read-only lies at the start of a writable segment, or is one.
    const std::uintptr_t begin =
        read_only > first && read_only - first <= page_up(header.p_memsz) ? std::min(read_only, last) : first;
    const std::uintptr_t in_file = page_up(first + header.p_filesz);
    if (begin < last)
      all.push_back({between(begin, last), between(std::max(begin, in_file), std::max(begin, last))});
  }
  return all;
}

int visit(dl_phdr_info* info, std::size_t /*size*/, void* context) {
  Search& search = *static_cast<Search*>(context);
  if (!search.wanted(*info)) return 0;
  search.found = variables_in(*info);
  return 1;
}

[[nodiscard]] std::vector<Variables> variables_where(
    std::function<bool(const dl_phdr_info& library)> wanted) {
  Search search{std::move(wanted), {}};
  dl_iterate_phdr(&visit, &search);
  return std::move(search.found);
}

// Variables have forbidden bytes between them, so none of these calls a function that a sanitizer checks.

[[nodiscard]] PYMALLOC_UNCHECKED bool is_zero(std::span<const std::byte> memory) {
  for (const std::byte& byte : memory)
    if (byte != std::byte{}) return false;
  return true;
}

[[nodiscard]] PYMALLOC_UNCHECKED bool differs(std::span<const std::byte> memory, const std::byte* from) {
  for (std::size_t i = 0; i < memory.size(); ++i)
    if (memory.data()[i] != from[i]) return true;
  return false;
}

/// Writes only what differs: a page that nobody wrote to stays the file's.
PYMALLOC_UNCHECKED void restore(std::span<std::byte> memory, const std::byte* from) {
  constexpr std::size_t word = sizeof(std::uint64_t);
  std::byte* const to = memory.data();
  std::size_t i = 0;
  for (; i + word <= memory.size(); i += word) {
    std::uint64_t now = 0;
    std::uint64_t saved = 0;
    __builtin_memcpy(&now, to + i, word);
    __builtin_memcpy(&saved, from + i, word);
    if (now != saved) __builtin_memcpy(to + i, &saved, word);
  }
  for (; i < memory.size(); ++i)
    if (to[i] != from[i]) to[i] = from[i];
}

[[nodiscard]] PYMALLOC_UNCHECKED std::vector<std::byte> copy_of(std::span<const std::byte> memory) {
  std::vector<std::byte> copy(memory.size());
  // Volatile: a compiler would call memcpy for the loop.
  const volatile std::byte* const from = memory.data();
  for (std::size_t i = 0; i < copy.size(); ++i) copy.data()[i] = from[i];
  return copy;
}

/// Calls `act(piece)` for the pieces of the memory that page boundaries make.
template <class Act>
void for_each_page(std::span<std::byte> memory, Act&& act) {
  while (!memory.empty()) {
    const std::uintptr_t begin = address_of(memory.data());
    const std::size_t size = std::min<std::size_t>(page_up(begin + 1) - begin, memory.size());
    act(memory.first(size));
    memory = memory.subspan(size);
  }
}

void make_zero(std::span<std::byte> memory) {
  if (madvise(memory.data(), memory.size(), MADV_DONTNEED) == 0) return;
  // As where the memory is locked.
  for_each_page(memory, [](std::span<std::byte> page) {
    if (!is_zero(page)) std::memset(page.data(), 0, page.size());
  });
}

}  // namespace

std::vector<Variables> variables_around(const void* inside) {
  return variables_where([at = address_of(inside)](const dl_phdr_info& library) {
    return std::ranges::any_of(
        std::span(library.dlpi_phdr, library.dlpi_phnum), [&](const ElfW(Phdr) & header) {
          return header.p_type == PT_LOAD && at - (library.dlpi_addr + header.p_vaddr) < header.p_memsz;
        });
  });
}

std::vector<Variables> variables_of(std::string_view file_name) {
  return variables_where([file_name](const dl_phdr_info& library) {
    const std::string_view path = library.dlpi_name == nullptr ? "" : library.dlpi_name;
    return path.substr(path.rfind('/') + 1) == file_name;
  });
}

PutBack::PutBack(std::span<std::byte> memory, std::span<std::byte> zero_filled) {
  const std::uintptr_t first = page_up(address_of(zero_filled.data()));
  const std::uintptr_t last = page_down(address_of(zero_filled.data()) + zero_filled.size());
  std::span<std::byte> zero;   // neighbouring pages that could be given back
  std::span<std::byte> other;  // neighbours that are to be saved
  const auto end_zero = [&] {
    if (zero.size() >= least_given_back) {
      save(std::exchange(other, {}));
      zeroes_.push_back(zero);
    } else if (!zero.empty()) {
      other = other.empty() ? zero : std::span(other.data(), other.size() + zero.size());
    }
    zero = {};
  };
  for_each_page(memory, [&](std::span<std::byte> page) {
    const std::uintptr_t at = address_of(page.data());
    const bool whole = page.size() == page_bytes();
    if (whole && at >= first && at + page.size() <= last && is_zero(page)) {
      zero = zero.empty() ? page : std::span(zero.data(), zero.size() + page.size());
      return;
    }
    end_zero();
    other = other.empty() ? page : std::span(other.data(), other.size() + page.size());
  });
  end_zero();
  save(other);
}

void PutBack::save(std::span<std::byte> place) {
  if (!place.empty()) saved_.push_back({place, copy_of(place)});
}

void PutBack::learn() {
  std::vector<Saved> changed;
  for (const Saved& saved : saved_) {
    for_each_page(saved.place, [&](std::span<std::byte> page) {
      const std::byte* const bytes = saved.bytes.data() + (page.data() - saved.place.data());
      if (differs(page, bytes)) changed.push_back({page, {bytes, bytes + page.size()}});
    });
  }
  saved_ = std::move(changed);
}

void PutBack::put_back() const {
  for (const Saved& saved : saved_) restore(saved.place, saved.bytes.data());
  for (const std::span<std::byte> zero : zeroes_) make_zero(zero);
}

StaticState::StaticState(std::string_view file_names) {
  while (!file_names.empty()) {
    const std::string_view name = file_names.substr(0, file_names.find(':'));
    file_names.remove_prefix(std::min(name.size() + 1, file_names.size()));
    const std::vector<Variables> variables = variables_of(name);
    if (variables.empty())
      throw std::runtime_error("no library " + std::string(name) + " with variables is loaded");
    for (const Variables& part : variables) {
      parts_.emplace_back(part);
#ifdef PYMALLOC_ADDRESS_SANITIZER
      // An allocator may forbid what it has not given out. The shadow is memory without a file.
      std::size_t scale = 0;
      std::size_t offset = 0;
      __asan_get_shadow_mapping(&scale, &offset);
      const std::uintptr_t begin = address_of(part.memory.data());
      const std::span<std::byte> shadow =
          between((begin >> scale) + offset, ((begin + part.memory.size()) >> scale) + offset);
      parts_.emplace_back(shadow, shadow);
#endif
    }
  }
}

void StaticState::put_back() const {
  for (const PutBack& part : parts_) part.put_back();
}

const StaticState* static_state_of(std::string_view file_names) {
  static std::map<std::string, StaticState, std::less<>> known;
  if (file_names.empty()) return nullptr;
  const auto at = known.find(file_names);
  if (at != known.end()) return &at->second;
  return &known.emplace(file_names, StaticState(file_names)).first->second;
}

}  // namespace poolhammer
