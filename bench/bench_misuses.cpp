// What sees a misuse of a block: every misuse in a child process of its own, on the debug layer (known by
// bytes, by registry, with a quarantine) over malloc, and on malloc itself. Prints one line for each misuse
// and way: misuse, way, and of how many sizes it was seen, with the right kind, with the right byte.
// bench/misuses makes the table; in a build with AddressSanitizer malloc is AddressSanitizer's.
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <bit>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "allocator/debug/debug_layer.hpp"
#include "allocator/debug/testing/plain_base.hpp"
#include "allocator/raw_allocator.hpp"

namespace pymalloc {
namespace {

constexpr std::array<std::size_t, 9> sizes = {1, 7, 8, 24, 100, 256, 513, 4096, 100'000};

/// What a child tells by its exit status. Any other end is an abnormal one.
enum Seen : int { nothing = 0, wrong_kind = 40, wrong_byte = 41, all_right = 42 };

/// An allocator, and a second one of another domain where the way has any.
struct Allocators {
  AllocatorFunctions first;
  AllocatorFunctions other;
};

/// The misused block and what must be said of it.
struct Truth {
  std::uintptr_t address = 0;
  std::ptrdiff_t offset = 0;
};

struct Misuse {
  std::string name;
  std::optional<DamageKind> kind;  ///< empty for what no guard can see: reading
  bool needs_domains = false;
  std::function<void(const Allocators&, std::size_t size, Truth&)> commit;
};

std::byte* take(const Allocators& a, std::size_t size) {
  void* const block = a.first.malloc(a.first.context, size);
  if (block == nullptr) std::abort();
  return static_cast<std::byte*>(block);
}
void give(const Allocators& a, void* block) {
  a.first.free(a.first.context, block);
}
std::uintptr_t number_of(const volatile void* pointer) {
  return reinterpret_cast<std::uintptr_t>(pointer);
}

/// Volatile: a compiler may leave out what it can prove to be wrong.
void change(volatile std::byte* block, std::ptrdiff_t offset) {
  block[offset] = static_cast<std::byte>(~static_cast<unsigned>(block[offset]));
}

/// Changes a byte of a live block's surroundings and frees the block. `offset` is from the data, or from
/// their end.
Misuse write_at(const std::string& name, DamageKind kind, std::ptrdiff_t offset, bool from_end) {
  return {name, kind, false, [=](const Allocators& a, std::size_t size, Truth& truth) {
            std::byte* const block = take(a, size);
            const std::ptrdiff_t at = offset + (from_end ? static_cast<std::ptrdiff_t>(size) : 0);
            truth = {number_of(block), at};
            change(block, at);
            give(a, block);
          }};
}

Misuse write_after_free(const std::string& name, const std::function<std::ptrdiff_t(std::size_t)>& place) {
  return {name, DamageKind::use_after_free, false, [=](const Allocators& a, std::size_t size, Truth& truth) {
            std::byte* const block = take(a, size);
            give(a, block);
            truth = {number_of(block), place(size)};
            change(block, place(size));
          }};
}

Misuse free_inside(const std::string& name, const std::function<std::ptrdiff_t(std::size_t)>& place) {
  return {name, DamageKind::interior_pointer, false,
          [=](const Allocators& a, std::size_t size, Truth& truth) {
            std::byte* const block = take(a, size);
            truth = {number_of(block), place(size)};
            give(a, block + place(size));
          }};
}

/// Frees a block twice, with something in between.
Misuse free_twice(const std::string& name, const std::function<void(const Allocators&, std::size_t)>& between,
                  bool by_realloc = false) {
  return {name, DamageKind::double_free, false, [=](const Allocators& a, std::size_t size, Truth& truth) {
            std::byte* const block = take(a, size);
            give(a, block);
            between(a, size);
            truth = {number_of(block), 0};
            if (by_realloc) {
              static_cast<void>(a.first.realloc(a.first.context, block, size + 1));
            } else {
              give(a, block);
            }
          }};
}

Misuse free_foreign(const std::string& name, const std::function<std::uintptr_t()>& pointer) {
  return {name, DamageKind::foreign_pointer, false,
          [=](const Allocators& a, std::size_t /*size*/, Truth& truth) {
            truth = {pointer(), 0};
            give(a, std::bit_cast<void*>(truth.address));
          }};
}

Misuse read_at(const std::string& name, bool freed) {
  return {name, std::nullopt, false, [=](const Allocators& a, std::size_t size, Truth& /*truth*/) {
            std::byte* const block = take(a, size);
            if (freed) give(a, block);
            const volatile std::byte* const place = block + (freed ? 0 : size);
            static_cast<void>(*place);
            if (!freed) give(a, block);
          }};
}

/// What nobody may see: that the others are seen says something.
Misuse none() {
  return {"none: a correct program", std::nullopt, false,
          [](const Allocators& a, std::size_t size, Truth& /*truth*/) {
            std::byte* const block = take(a, size);
            for (std::size_t i = 0; i < size; ++i) change(block, static_cast<std::ptrdiff_t>(i));
            void* const resized = a.first.realloc(a.first.context, block, size + 1);
            give(a, resized);
          }};
}

std::vector<Misuse> all_misuses() {
  static std::array<std::byte, 64> own_memory = {};
  const auto middle = [](std::size_t size) { return static_cast<std::ptrdiff_t>(size / 2); };
  const auto last = [](std::size_t size) { return static_cast<std::ptrdiff_t>(size) - 1; };
  const auto at = [](std::ptrdiff_t offset) { return [offset](std::size_t) { return offset; }; };
  const auto nothing_more = [](const Allocators&, std::size_t) {};
  const auto take_more = [](std::size_t more) {
    return [more](const Allocators& a, std::size_t size) {
      for (int i = 0; i < 10; ++i) static_cast<void>(take(a, size + more));
    };
  };
  std::vector<Misuse> all = {none()};
  for (const std::ptrdiff_t offset : {0, 1, 7, 8, 15, 64})
    all.push_back(write_at("overflow, byte " + std::to_string(offset) + " behind the end",
                           DamageKind::overflow, offset, true));
  for (const std::ptrdiff_t offset : {-1, -7, -8, -9, -16, -64})
    all.push_back(
        write_at("underflow, byte " + std::to_string(offset), DamageKind::underflow, offset, false));
  all.push_back(free_twice("double free at once", nothing_more));
  all.push_back(free_twice("double free by realloc", nothing_more, true));
  all.push_back(free_twice("double free after 10 other requests", take_more(200)));
  all.push_back(free_twice("double free after 10 requests of its size", take_more(0)));
  all.push_back(write_after_free("use after free, first byte", at(0)));
  all.push_back(write_after_free("use after free, middle byte", middle));
  all.push_back(write_after_free("use after free, last byte", last));
  all.push_back(write_after_free("use after free, byte -1", at(-1)));
  all.push_back(
      free_foreign("foreign pointer, static memory", [] { return number_of(own_memory.data() + 32); }));
  all.push_back(
      free_foreign("foreign pointer, odd address", [] { return number_of(own_memory.data() + 33); }));
  all.push_back(free_foreign("foreign pointer, the first page", [] { return std::uintptr_t{64}; }));
  all.push_back(free_foreign("foreign pointer, no address", [] { return std::uintptr_t{1} << 60U; }));
  all.push_back(free_inside("interior pointer, byte 16", at(16)));
  all.push_back(free_inside("interior pointer, byte 1", at(1)));
  all.push_back(free_inside("interior pointer, the end",
                            [](std::size_t size) { return static_cast<std::ptrdiff_t>(size); }));
  all.push_back(free_inside("interior pointer, byte -8", at(-8)));
  all.push_back({"wrong domain", DamageKind::wrong_domain, true,
                 [](const Allocators& a, std::size_t size, Truth& truth) {
                   std::byte* const block = take(a, size);
                   truth = {number_of(block), 0};
                   a.other.free(a.other.context, block);
                 }});
  all.push_back(read_at("read behind the end", false));
  all.push_back(read_at("read after free", true));
  return all;
}

// The child.

/// The misuse being committed, for the handler. One process commits one.
struct Case {
  const Misuse* misuse = nullptr;
  Truth truth;
};

void judge(void* context, const BlockDamage& damage) {
  const Case& now = *static_cast<const Case*>(context);
  if (damage.kind != now.misuse->kind) _exit(wrong_kind);
  _exit(damage.address == now.truth.address && damage.offset == now.truth.offset ? all_right : wrong_byte);
}

[[noreturn]] void commit_on_layer(const Misuse& misuse, std::size_t size, DebugOptions options) {
  Case now{.misuse = &misuse, .truth = {}};
  options.handler = {&judge, &now};
  LibcRaw libc;
  SerialCounter counter;
  DebugLayer mem(functions_of(libc), Domain::mem, counter, options);
  DebugLayer object(functions_of(libc), Domain::object, counter, options);
  misuse.commit({mem.functions(), object.functions()}, size, now.truth);
  mem.check();
  mem.flush();
  _exit(nothing);
}

[[noreturn]] void commit_on_malloc(const Misuse& misuse, std::size_t size) {
  LibcRaw libc;
  Truth truth;
  misuse.commit({functions_of(libc), {}}, size, truth);
  _exit(nothing);
}

// The parent.

struct Way {
  std::string_view name;
  std::optional<DebugOptions> options;  ///< empty for malloc itself
};

struct Count {
  std::size_t seen = 0;
  std::size_t kind = 0;
  std::size_t byte = 0;
};

int status_of_child(const Misuse& misuse, std::size_t size, const Way& way) {
  std::fflush(nullptr);
  const pid_t child = fork();
  if (child < 0) {
    std::perror("bench_misuses: fork");
    std::exit(3);
  }
  if (child == 0) {
    if (std::freopen("/dev/null", "w", stderr) == nullptr) _exit(3);
    if (way.options) commit_on_layer(misuse, size, *way.options);
    commit_on_malloc(misuse, size);
  }
  int status = 0;
  if (waitpid(child, &status, 0) != child) std::exit(3);
  return status;
}

/// An abnormal end names neither kind nor byte, on the layer no more than on malloc.
Count count(const Misuse& misuse, const Way& way) {
  Count result;
  for (const std::size_t size : sizes) {
    const int status = status_of_child(misuse, size, way);
    const int code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    result.seen += code != nothing ? 1U : 0U;
    result.kind += code == wrong_byte || code == all_right ? 1U : 0U;
    result.byte += code == all_right ? 1U : 0U;
  }
  return result;
}

}  // namespace
}  // namespace pymalloc

int main(int argc, char** argv) {
  using namespace pymalloc;
  const bool only_malloc = argc == 2 && std::string_view(argv[1]) == "--only-malloc";
  if (argc > 2 || (argc == 2 && !only_malloc)) {
    std::fputs("usage: bench_misuses [--only-malloc]\n", stderr);
    return 2;
  }
  std::vector<Way> ways;
  if (!only_malloc) {
    ways.push_back({"bytes", DebugOptions{.registry = false}});
    ways.push_back({"registry", DebugOptions{.serials = true}});
    ways.push_back({"quarantine", DebugOptions{.serials = true, .quarantine_bytes = 1U << 20U}});
  }
  ways.push_back({poisons ? "asan" : "malloc", std::nullopt});
  for (const Misuse& misuse : all_misuses()) {
    for (const Way& way : ways) {
      if (misuse.needs_domains && !way.options) continue;
      const Count result = count(misuse, way);
      std::printf("%s\t%s\t%zu\t%zu\t%zu\t%zu\n", misuse.name.c_str(), std::string(way.name).c_str(),
                  result.seen, result.kind, result.byte, sizes.size());
    }
  }
  return 0;
}
