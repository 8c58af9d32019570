#include <cstdlib>
#include <memory>
#include <set>

#include "harness/subjects/subject.hpp"

namespace poolhammer {
namespace {

/// The tiny home subject, wrong on purpose: the third live block of malloc over 64 bytes kills the process.
class CrashingSubject final : public Subject {
 public:
  using Crash = void (*)(std::byte* block, std::size_t size);

  CrashingSubject(std::string_view name, unsigned instance, Crash crash)
      : name_(name), crash_(crash), sound_(make_subject("pymalloc:tiny", instance)) {}

  [[nodiscard]] std::string_view name() const noexcept override { return name_; }

  [[nodiscard]] void* malloc(std::size_t size) override {
    void* const block = sound_->malloc(size);
    if (block != nullptr) live_.insert(block);
    if (live_.size() >= 3 && size > 64 && size <= 96) crash_(static_cast<std::byte*>(block), size);
    return block;
  }
  [[nodiscard]] void* calloc(std::size_t count, std::size_t size) override {
    return sound_->calloc(count, size);
  }
  [[nodiscard]] void* realloc(void* block, std::size_t size) override {
    void* const resized = sound_->realloc(block, size);
    if (resized != nullptr && live_.erase(block) != 0) live_.insert(resized);
    return resized;
  }
  void free(void* block) override {
    live_.erase(block);
    sound_->free(block);
  }

  [[nodiscard]] std::size_t owed_alignment(std::size_t size) const noexcept override {
    return sound_->owed_alignment(size);
  }
  [[nodiscard]] bool refusal_justified() const override { return sound_->refusal_justified(); }
  void fail_arenas(std::uint64_t requests) override { sound_->fail_arenas(requests); }
  void fail_raw(std::uint64_t requests) override { sound_->fail_raw(requests); }
  void place(pymalloc::Placement placement) override { sound_->place(placement); }
  [[nodiscard]] std::optional<std::string> teardown() override { return sound_->teardown(); }
  void reset() override {
    live_.clear();
    sound_->reset();
  }

 private:
  std::string_view name_;
  Crash crash_;
  std::unique_ptr<Subject> sound_;
  std::set<void*> live_;
};

void abort_at_once(std::byte* /*block*/, std::size_t /*size*/) {
  std::abort();
}

/// What only a sanitizer sees: one byte behind what was asked for.
void write_behind(std::byte* block, std::size_t size) {
  block[size] = std::byte{1};
}

const SubjectRegistration aborting("canary:abort", "aborts at the third live block over 64 bytes",
                                   [](unsigned instance) -> std::unique_ptr<Subject> {
                                     return std::make_unique<CrashingSubject>("canary:abort", instance,
                                                                              &abort_at_once);
                                   });
const SubjectRegistration overflowing("canary:overflow", "writes behind the third live block over 64 bytes",
                                      [](unsigned instance) -> std::unique_ptr<Subject> {
                                        return std::make_unique<CrashingSubject>("canary:overflow", instance,
                                                                                 &write_behind);
                                      });

}  // namespace
}  // namespace poolhammer
