#include <fcntl.h>
#include <sys/mman.h>

#include <array>
#include <bit>
#include <string_view>

#include "harness/contract/testing/sound.hpp"

/// Counts what it is asked for, in all processes together: in the file beside it that has its name and
/// ".requests" behind, where there is one of the right size (ci/requests makes and reads it).
class Requests {
 public:
  enum class Function : std::size_t {
    malloc,
    calloc,
    realloc,
    reallocarray,
    memalign,
    aligned_alloc,
    posix_memalign,
    valloc,
    pvalloc,
    op_new,
    op_new_nothrow,
  };

  static void count(Function function, std::size_t size, std::size_t alignment = 0) {
    static Counts* const counts = shared();
    if (counts != nullptr) ++(*counts)[static_cast<std::size_t>(function)][width(size)][width(alignment)];
  }
  static void count_array(Function function, std::size_t count_of, std::size_t size) {
    std::size_t bytes = 0;
    count(function, __builtin_mul_overflow(count_of, size, &bytes) ? SIZE_MAX : bytes);
  }

 private:
  static constexpr std::size_t functions = static_cast<std::size_t>(Function::op_new_nothrow) + 1;
  static constexpr std::size_t widths = 65;  // of a number of up to 64 bits
  using Counts = std::array<std::array<std::array<std::atomic<std::uint64_t>, widths>, widths>, functions>;

  static std::size_t width(std::size_t number) { return static_cast<std::size_t>(std::bit_width(number)); }

  static Counts* shared() {
    constexpr std::string_view ending = ".requests";
    std::array<char, 4096> name{};
    Dl_info library{};
    if (dladdr(reinterpret_cast<void*>(&count), &library) == 0) return nullptr;
    const std::size_t length = std::strlen(library.dli_fname);
    if (length + ending.size() >= name.size()) return nullptr;
    std::memcpy(name.data(), library.dli_fname, length);
    std::memcpy(name.data() + length, ending.data(), ending.size());
    const int file = open(name.data(), O_RDWR | O_CLOEXEC);
    if (file < 0) return nullptr;
    void* const counts = lseek(file, 0, SEEK_END) != static_cast<off_t>(sizeof(Counts))
                             ? MAP_FAILED
                             : mmap(nullptr, sizeof(Counts), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    close(file);
    return counts == MAP_FAILED ? nullptr : static_cast<Counts*>(counts);
  }
};

struct Broken : Sound {
  static void* malloc(std::size_t size) {
    Requests::count(Requests::Function::malloc, size);
    return Sound::malloc(size);
  }
  static void* calloc(std::size_t count, std::size_t size) {
    Requests::count_array(Requests::Function::calloc, count, size);
    return Sound::calloc(count, size);
  }
  static void* realloc(void* block, std::size_t size) {
    Requests::count(Requests::Function::realloc, size);
    return Sound::realloc(block, size);
  }
  static void* reallocarray(void* block, std::size_t count, std::size_t size) {
    Requests::count_array(Requests::Function::reallocarray, count, size);
    return Sound::reallocarray(block, count, size);
  }
  static void* memalign(std::size_t alignment, std::size_t size) {
    Requests::count(Requests::Function::memalign, size, alignment);
    return Sound::memalign(alignment, size);
  }
  static void* aligned_alloc(std::size_t alignment, std::size_t size) {
    Requests::count(Requests::Function::aligned_alloc, size, alignment);
    return Sound::aligned_alloc(alignment, size);
  }
  static int posix_memalign(void** result, std::size_t alignment, std::size_t size) {
    Requests::count(Requests::Function::posix_memalign, size, alignment);
    return Sound::posix_memalign(result, alignment, size);
  }
  static void* valloc(std::size_t size) {
    Requests::count(Requests::Function::valloc, size);
    return Sound::valloc(size);
  }
  static void* pvalloc(std::size_t size) {
    Requests::count(Requests::Function::pvalloc, size);
    return Sound::pvalloc(size);
  }
  static void* op_new(std::size_t size, std::size_t alignment) {
    Requests::count(Requests::Function::op_new, size, alignment);
    return Sound::op_new(size, alignment);
  }
  static void* op_new_nothrow(std::size_t size, std::size_t alignment) {
    Requests::count(Requests::Function::op_new_nothrow, size, alignment);
    return Sound::op_new_nothrow(size, alignment);
  }
};

#include "harness/contract/testing/exports.hpp"
