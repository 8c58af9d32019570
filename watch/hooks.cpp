#include "watch/hooks.hpp"

#include <cerrno>
#include <limits>
#include <utility>

namespace poolhammer::watch {
namespace {

using pymalloc::Violation;

/// A look at the heap asks the system whether memory can be read, and callers do not expect an allocator to
/// change errno.
class KeepErrno {
 public:
  KeepErrno() = default;
  KeepErrno(const KeepErrno&) = delete;
  KeepErrno& operator=(const KeepErrno&) = delete;
  ~KeepErrno() { errno = error_; }

 private:
  int error_ = errno;
};

}  // namespace

Hooks::Hooks(Options options, Owner owner)
    : options_(options), owner_(std::move(owner)), guards_(owner_.where) {}

pymalloc::AllocatorFunctions Hooks::before(const pymalloc::AllocatorFunctions& inner) {
  hooked_.push_back(std::make_unique<Hooked>(Hooked{*this, inner}));
  return {hooked_.back().get(),
          [](void* context, std::size_t size) { return static_cast<Hooked*>(context)->malloc(size); },
          [](void* context, std::size_t count, std::size_t size) {
            return static_cast<Hooked*>(context)->calloc(count, size);
          },
          [](void* context, void* block, std::size_t size) {
            return static_cast<Hooked*>(context)->realloc(block, size);
          },
          [](void* context, void* block) { static_cast<Hooked*>(context)->free(block); }};
}

void* Hooks::Hooked::malloc(std::size_t size) {
  const bool guarded = hooks.guards(size);
  void* const block = inner.malloc(inner.context, guarded ? size + Guards::width : size);
  hooks.given("malloc", block, size, guarded);
  return block;
}

void* Hooks::Hooked::calloc(std::size_t count, std::size_t size) {
  std::size_t total = 0;
  if (__builtin_mul_overflow(count, size, &total)) return nullptr;
  const bool guarded = hooks.guards(total);
  void* const block = inner.calloc(inner.context, 1, guarded ? total + Guards::width : total);
  hooks.given("calloc", block, total, guarded);
  return block;
}

void* Hooks::Hooked::realloc(void* block, std::size_t size) {
  if (block == nullptr) return malloc(size);
  hooks.about_to_take("realloc", block);
  // A block without a guard stays one: it was there before the hooks.
  const bool guarded = hooks.guards_.has(block) && hooks.guards(size);
  void* const moved = inner.realloc(inner.context, block, guarded ? size + Guards::width : size);
  if (moved == nullptr) return nullptr;  // the old block stays as it was
  hooks.guards_.forget(block);
  hooks.given("realloc", moved, size, guarded);
  return moved;
}

void Hooks::Hooked::free(void* block) {
  if (block == nullptr) return;
  hooks.about_to_take("free", block);
  hooks.guards_.forget(block);
  inner.free(inner.context, block);
  hooks.count("free", block);
}

bool Hooks::guards(std::size_t size) const {
  constexpr std::size_t max_request = std::numeric_limits<std::ptrdiff_t>::max();
  return options_.guard && size <= max_request - Guards::width;
}

void Hooks::given(const char* operation, void* block, std::size_t size, bool guarded) {
  if (block == nullptr) return;
  const KeepErrno keep;
  if (guarded) guards_.place(block, size);
  if (const auto violation = owner_.check_given(block)) complain("after", operation, block, {*violation});
  count(operation, block);
}

void Hooks::about_to_take(const char* operation, const void* block) {
  const KeepErrno keep;
  if (const auto violation = owner_.check_taken(block)) complain("before", operation, block, {*violation});
  if (const auto violation = guards_.check(block)) complain("before", operation, block, {*violation});
}

void Hooks::count(const char* operation, const void* block) {
  if (++operations_ % options_.every != 0) return;
  const KeepErrno keep;
  if (const auto violations = owner_.check_heap(); !violations.empty())
    complain("after", operation, block, violations);
}

void Hooks::complain(const char* when, const char* operation, const void* block,
                     const std::vector<Violation>& violations) const {
  owner_.complain(
      std::string(when) + " a " + operation + " of " + pymalloc::hex(reinterpret_cast<std::uintptr_t>(block)),
      violations);
}

}  // namespace poolhammer::watch
