#include "worker/exports.hpp"

#include <cstdint>
#include <cstring>

namespace poolhammer::worker {
namespace {

/// The parts of an object's dynamic section that a look-up needs; see the ELF gABI, chapter 5, and the GNU
/// hash table of binutils.
struct Dynamic {
  const ElfW(Sym) * symbols = nullptr;
  const char* names = nullptr;
  const std::uint32_t* gnu_hash = nullptr;
  const std::uint32_t* hash = nullptr;
};

[[nodiscard]] Dynamic dynamic_of(const dl_phdr_info& object) {
  Dynamic dynamic;
  const ElfW(Dyn)* entry = nullptr;
  for (ElfW(Half) number = 0; number < object.dlpi_phnum; ++number) {
    if (object.dlpi_phdr[number].p_type == PT_DYNAMIC)
      entry = reinterpret_cast<const ElfW(Dyn)*>(object.dlpi_addr + object.dlpi_phdr[number].p_vaddr);
  }
  for (; entry != nullptr && entry->d_tag != DT_NULL; ++entry) {
    // The loader has made these addresses, but for objects that it does not write to.
    const ElfW(Addr) value = entry->d_un.d_ptr;
    const ElfW(Addr) address = value < object.dlpi_addr ? object.dlpi_addr + value : value;
    if (entry->d_tag == DT_SYMTAB) dynamic.symbols = reinterpret_cast<const ElfW(Sym)*>(address);
    if (entry->d_tag == DT_STRTAB) dynamic.names = reinterpret_cast<const char*>(address);
    if (entry->d_tag == DT_GNU_HASH) dynamic.gnu_hash = reinterpret_cast<const std::uint32_t*>(address);
    if (entry->d_tag == DT_HASH) dynamic.hash = reinterpret_cast<const std::uint32_t*>(address);
  }
  return dynamic;
}

[[nodiscard]] bool is_it(const Dynamic& dynamic, std::uint32_t index, const char* symbol) {
  const ElfW(Sym)& entry = dynamic.symbols[index];
  return entry.st_shndx != SHN_UNDEF && std::strcmp(dynamic.names + entry.st_name, symbol) == 0;
}

[[nodiscard]] bool in_gnu_hash(const Dynamic& dynamic, const char* symbol) {
  std::uint32_t wanted = 5381;
  for (const char* letter = symbol; *letter != '\0'; ++letter)
    wanted = wanted * 33 + static_cast<unsigned char>(*letter);
  const std::uint32_t buckets = dynamic.gnu_hash[0];
  const std::uint32_t first = dynamic.gnu_hash[1];
  const std::uint32_t bloom_words = dynamic.gnu_hash[2];
  const std::uint32_t* const bucket =
      dynamic.gnu_hash + 4 + std::size_t{bloom_words} * (sizeof(ElfW(Addr)) / 4);
  const std::uint32_t* const chain = bucket + buckets;
  std::uint32_t index = buckets == 0 ? 0 : bucket[wanted % buckets];
  if (index < first) return false;
  for (;; ++index) {
    const std::uint32_t hash = chain[index - first];
    if ((hash | 1U) == (wanted | 1U) && is_it(dynamic, index, symbol)) return true;
    if ((hash & 1U) != 0) return false;
  }
}

}  // namespace

bool exports(const dl_phdr_info& object, const char* symbol) {
  const Dynamic dynamic = dynamic_of(object);
  if (dynamic.symbols == nullptr || dynamic.names == nullptr) return false;
  if (dynamic.gnu_hash != nullptr) return in_gnu_hash(dynamic, symbol);
  for (std::uint32_t index = 0; dynamic.hash != nullptr && index < dynamic.hash[1]; ++index) {
    if (is_it(dynamic, index, symbol)) return true;
  }
  return false;
}

}  // namespace poolhammer::worker
