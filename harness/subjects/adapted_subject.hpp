#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <exception>
#include <functional>
#include <limits>
#include <memory>
#include <new>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "allocator/poison.hpp"
#include "harness/subjects/allocator_under_test.hpp"
#include "harness/subjects/own.hpp"
#include "harness/subjects/static_memory.hpp"
#include "harness/subjects/subject.hpp"

namespace poolhammer {

/// Memory for one object of type A, which the one who makes an object there also ends.
template <class A>
class Storage {
 public:
  Storage() = default;
  Storage(const Storage&) = delete;
  Storage& operator=(const Storage&) = delete;
  ~Storage() {
    if (place_ != nullptr) ::operator delete (place_, std::align_val_t{alignof(A)});
  }

  /// Ready for an object. Not zero, and always the same: what the object forgets to write shows, and shows
  /// again.
  [[nodiscard]] void* prepared() {
    if (place_ == nullptr) place_ = reserve();
    constexpr std::size_t granule = 8;
    pymalloc::unpoison(place_, sizeof(A) / granule * granule);
    std::memset(place_, 0xA5, sizeof(A));
    return place_;
  }

  /// Gives the memory away, with the object that is there. The next one gets other memory.
  [[nodiscard]] void* release() { return std::exchange(place_, nullptr); }

 private:
  [[nodiscard]] static void* reserve() { return ::operator new (sizeof(A), std::align_val_t{alignof(A)}); }

  void* place_ = nullptr;
};

/// An allocator of type A as a subject. What A does not have is made of what it has: realloc of allocate, a
/// copy and deallocate, calloc of allocate and writing zeroes; free(NULL) never reaches it.
///
/// An object of A lives for one run, from reset() to teardown(). One that a run has left in the middle, as a
/// run does that finds something, may be damaged: it is forgotten, never destroyed.
template <class A>
class AdaptedSubject final : public Subject {
 public:
  using Maker = std::function<A*(void* place)>;

  /// `statics` names the libraries whose variables are a part of the allocator's state, see StaticState.
  AdaptedSubject(std::string_view name, Maker make, std::string_view statics = {})
      : name_(name), make_(std::move(make)), statics_(static_state_of(statics)) {
    AdaptedSubject::reset();
  }
  ~AdaptedSubject() override { end(); }

  [[nodiscard]] std::string_view name() const noexcept override { return name_; }

  [[nodiscard]] void* malloc(std::size_t size) override {
    const Request request = request_for(size);
    return note(request, may_ask_for(size) ? give(request) : nullptr);
  }

  [[nodiscard]] void* calloc(std::size_t count, std::size_t size) override {
    std::size_t total = 0;
    const bool overflows = __builtin_mul_overflow(count, size, &total);
    if (overflows) total = std::numeric_limits<std::size_t>::max();
    if constexpr (detail::HasCalloc<A>) {
      // A product that overflows is the allocator's to see.
      if (!overflows && !may_ask_for(total)) return note(request_for(total), nullptr);
      const bool none = total == 0 && !detail::zero_sized_blocks<A>();
      used_ = true;
      return note(request_for(total),
                  answer([&] { return allocator_->calloc(none ? 1 : count, none ? 1 : size); }));
    } else {
      void* const block = overflows ? note(request_for(total), nullptr) : malloc(total);
      // A size that nobody may grant has been granted all the same: that is for the judges, before it is
      // used.
      if (block != nullptr && total <= largest_object) std::memset(block, 0, total);
      return block;
    }
  }

  [[nodiscard]] void* realloc(void* block, std::size_t size) override {
    if (block == nullptr) return malloc(size);
    const Request old = live_[block];
    const Request request = request_for(size);
    if constexpr (detail::HasRealloc<A>) {
      void* const moved = may_ask_for(size) ? answer([&]() -> void* {
        if constexpr (detail::HasSizedRealloc<A>)
          return allocator_->realloc(block, old.size, request.size);
        else
          return allocator_->realloc(block, request.size);
      })
                                            : nullptr;
      if (moved != nullptr) live_.erase(block);
      return note(request, moved);
    } else {
      void* const moved = malloc(size);
      if (moved == nullptr || size > largest_object) return moved;
      std::memmove(moved, block, std::min(old.size, request.size));
      take_back(block);
      return moved;
    }
  }

  void free(void* block) override {
    if (block != nullptr) take_back(block);
  }

  [[nodiscard]] std::span<const OwnOperation> own_operations() const override {
    return detail::own_operations<A>();
  }

  [[nodiscard]] OwnAnswer perform_own(const OwnCall& call) override {
    OwnAnswer answered;
    used_ = true;
    detail::visit_own<A>(call.number, [&](const auto& spec) { answered = perform_own(spec, call); });
    return answered;
  }

  /// What A says or was asked for; else ISO C's rule: that of any object of this size or smaller.
  [[nodiscard]] std::size_t owed_alignment(std::size_t size) const noexcept override {
    const Request request = request_for(size);
    if (detail::ChoosesAlignment<A> || detail::promised_alignment<A>()) return request.alignment;
    return alignment_by_size(size);
  }

  [[nodiscard]] bool bounded() const override { return true; }
  [[nodiscard]] bool keeps_capacity() const override { return detail::keeps_capacity<A>(); }
  [[nodiscard]] bool coalesces() const override { return detail::coalesces<A>(); }

  [[nodiscard]] bool refusal_justified() const override {
    if constexpr (requires(A & a) {
                    { a.may_refuse(std::size_t{}) } -> std::convertible_to<bool>;
                  }) {
      return refused_ > largest_object || !may_ask_for(refused_) || allocator_->may_refuse(refused_);
    } else {
      return true;
    }
  }

  [[nodiscard]] std::optional<std::size_t> block_size([[maybe_unused]] const void* block) override {
    if constexpr (requires(A & a, void* p) {
                    { a.usable_size(p) } -> std::convertible_to<std::size_t>;
                  }) {
      return allocator_->usable_size(const_cast<void*>(block));
    } else {
      return std::nullopt;
    }
  }

  void fail_raw([[maybe_unused]] std::uint64_t requests) override {
    if constexpr (requires(A & a) { a.fail_next(std::uint64_t{}); }) allocator_->fail_next(requests);
  }

  [[nodiscard]] std::optional<pymalloc::Violation> check() override {
    if constexpr (requires(A & a) { detail::complaint_in(a.check()); }) {
      if (auto words = detail::complaint_in(allocator_->check()))
        return pymalloc::Violation{"self-check", {}, "nothing to complain about", std::move(*words)};
    }
    return std::nullopt;
  }

  [[nodiscard]] std::optional<Remains> remains() override {
    if constexpr (requires(A & a) {
                    { a.bytes_in_use() } -> std::convertible_to<std::size_t>;
                  }) {
      Remains remains;
      remains.bytes = allocator_->bytes_in_use();
      return remains;
    } else {
      return std::nullopt;
    }
  }

  [[nodiscard]] std::optional<std::string> teardown() override {
    std::optional<std::string> words;
    if constexpr (requires(A & a) { detail::complaint_in(a.teardown()); })
      words = detail::complaint_in(allocator_->teardown());
    std::destroy_at(std::exchange(allocator_, nullptr));
    return words;
  }

  void reset() override {
    end();
    live_.clear();
    used_ = false;
    if (statics_ != nullptr) statics_->put_back();
    allocator_ = make_(storage_.prepared());
  }

 private:
  static constexpr std::size_t largest_object = std::numeric_limits<std::ptrdiff_t>::max();

  /// What A is asked for in the place of what a program asks for.
  struct Request {
    std::size_t size = 0;
    std::size_t alignment = 1;
  };

  using Blocks = std::unordered_map<void*, Request>;

  /// Of the allocator's life, unless teardown() was it.
  void end() {
    A* const allocator = std::exchange(allocator_, nullptr);
    if (allocator == nullptr) return;
    if (used_) {
      forget();
    } else {
      std::destroy_at(allocator);
    }
  }

  /// Leaves the allocator, and the blocks that it gave, where a checker of leaks finds them in use; but where
  /// very many are forgotten, as when a counterexample shrinks, only the first.
  void forget() {
    constexpr std::size_t most_bytes = std::size_t{64} << 20U;
    constexpr std::size_t book_bytes = 4096;  // about what is known of the blocks of one
    static auto* const forgotten = new std::vector<std::pair<void*, Blocks>>;
    if ((sizeof(A) + book_bytes) * forgotten->size() < most_bytes)
      forgotten->emplace_back(storage_.release(), std::move(live_));
  }

  [[nodiscard]] static std::size_t alignment_by_size(std::size_t size) noexcept {
    return std::min(alignof(std::max_align_t), std::bit_floor(std::max<std::size_t>(size, 1)));
  }

  template <class Spec>
  [[nodiscard]] OwnAnswer perform_own(const Spec& spec, const OwnCall& call) {
    const std::size_t block_size = call.block == nullptr ? 0 : live_[call.block].size;
    const auto invoke = [&]() -> decltype(auto) {
      return detail::invoke_own(spec, declaring(), call.block, block_size, call.numbers);
    };
    const OwnOperation& declaration = own_operations()[call.number];
    if (declaration.effect == OwnEffect::frees_all) live_.clear();
    if (declaration.effect == OwnEffect::frees) live_.erase(call.block);
    OwnAnswer answered;
    if constexpr (detail::returns_block<A, Spec>) {
      const auto size =
          static_cast<std::size_t>(number_with(ParameterRole::size, declaration, call.numbers).value_or(0));
      const auto asked = number_with(ParameterRole::alignment, declaration, call.numbers);
      const std::size_t promised = detail::promised_alignment<A>().value_or(1);
      answered.block = answer(invoke);
      answered.owed_alignment =
          asked ? promised : detail::promised_alignment<A>().value_or(alignment_by_size(size));
      if (answered.block != nullptr) live_.erase(call.block);
      note({size, std::max(promised, static_cast<std::size_t>(asked.value_or(alignof(std::max_align_t))))},
           answered.block);
    } else {
      answered.complaint = complaint_of(invoke);
    }
    return answered;
  }

  /// What the operation says is wrong. std::bad_alloc is a refusal, which says nothing.
  template <class Call>
  [[nodiscard]] static std::optional<std::string> complaint_of(const Call& call) noexcept {
    using Result = std::invoke_result_t<const Call&>;
    try {
      if constexpr (std::is_void_v<Result>) {
        call();
      } else if constexpr (std::is_same_v<std::remove_cvref_t<Result>, bool>) {
        if (!call()) return "false";
      } else {
        return detail::complaint_in(call());
      }
    } catch (const std::bad_alloc&) {
      return std::nullopt;
    } catch (...) {
      std::terminate();  // as in answer()
    }
    return std::nullopt;
  }

  /// The object whose type declares the operations.
  [[nodiscard]] detail::DeclaringType<A>& declaring() {
    if constexpr (std::is_same_v<detail::DeclaringType<A>, A>)
      return *allocator_;
    else
      return allocator_->declaring();
  }

  [[nodiscard]] static bool may_ask_for(std::size_t size) { return size <= detail::largest_request<A>(); }

  [[nodiscard]] static Request request_for(std::size_t size) noexcept {
    const std::size_t asked = size == 0 && !detail::zero_sized_blocks<A>() ? 1 : size;
    if constexpr (detail::ChoosesAlignment<A>) {
      static_assert(std::has_single_bit(detail::largest_alignment<A>()), "alignments are powers of two");
      return {asked, detail::alignment_chosen_for(asked, detail::largest_alignment<A>())};
    } else {
      return {asked, detail::promised_alignment<A>().value_or(alignof(std::max_align_t))};
    }
  }

  /// What a call of A gives. An exception that no allocator throws ends the process here, where the cause is.
  template <class Call>
  [[nodiscard]] static void* answer(const Call& call) noexcept {
    try {
      return call();
    } catch (const std::bad_alloc&) {
      return nullptr;
    } catch (...) {
      std::terminate();  // here it is handled, so that what it says is told
    }
  }

  [[nodiscard]] void* give(const Request& request) {
    used_ = true;
    return answer([&]() -> void* {
      if constexpr (detail::TakesAlignment<A>) {
        return allocator_->allocate(request.size, request.alignment);
      } else {
        return allocator_->allocate(request.size);
      }
    });
  }

  /// Remembers a block that was given, or how much was refused.
  void* note(const Request& request, void* block) {
    if (block == nullptr) {
      refused_ = request.size;
    } else {
      live_[block] = request;
    }
    return block;
  }

  void take_back(void* block) noexcept {
    const Request request = live_[block];
    live_.erase(block);
    try {
      if constexpr (requires { allocator_->deallocate(block, request.size, request.alignment); }) {
        allocator_->deallocate(block, request.size, request.alignment);
      } else if constexpr (requires { allocator_->deallocate(block, request.size); }) {
        allocator_->deallocate(block, request.size);
      } else {
        allocator_->deallocate(block);
      }
    } catch (...) {
      std::terminate();
    }
  }

  std::string_view name_;
  Maker make_;
  const StaticState* statics_;  ///< null: the object is all of the state
  Storage<A> storage_;
  A* allocator_ = nullptr;  ///< null from teardown() to reset()
  bool used_ = false;       ///< since it was made
  std::size_t refused_ = 0;
  Blocks live_;
};

}  // namespace poolhammer
