#pragma once

#include <memory>
#include <string_view>
#include <utility>

#include "harness/subjects/heap_view.hpp"
#include "harness/subjects/subject.hpp"

namespace poolhammer {

/// An allocator that has another do everything: what a test makes wrong in one way.
class ForwardingSubject : public Subject {
 public:
  explicit ForwardingSubject(std::unique_ptr<Subject> inner) : inner_(std::move(inner)) {}

  [[nodiscard]] std::string_view name() const noexcept override { return inner_->name(); }
  [[nodiscard]] void* malloc(std::size_t size) override { return inner_->malloc(size); }
  [[nodiscard]] void* calloc(std::size_t count, std::size_t size) override {
    return inner_->calloc(count, size);
  }
  [[nodiscard]] void* realloc(void* block, std::size_t size) override { return inner_->realloc(block, size); }
  void free(void* block) override { inner_->free(block); }
  [[nodiscard]] std::size_t owed_alignment(std::size_t size) const noexcept override {
    return inner_->owed_alignment(size);
  }
  void fail_arenas(std::uint64_t requests) override { inner_->fail_arenas(requests); }
  void fail_raw(std::uint64_t requests) override { inner_->fail_raw(requests); }
  void place(pymalloc::Placement placement) override { inner_->place(placement); }
  [[nodiscard]] std::uint64_t reserves_from() const override { return inner_->reserves_from(); }
  [[nodiscard]] const HeapView* view() const override { return inner_->view(); }
  [[nodiscard]] pymalloc::Journal* journal() override { return inner_->journal(); }
  [[nodiscard]] std::uintptr_t origin() const override { return inner_->origin(); }
  [[nodiscard]] std::optional<pymalloc::Violation> check_near(const void* block) override {
    return inner_->check_near(block);
  }
  void reset() override { inner_->reset(); }

 protected:
  [[nodiscard]] Subject& inner() { return *inner_; }
  [[nodiscard]] const Subject& inner() const { return *inner_; }

 private:
  std::unique_ptr<Subject> inner_;
};

}  // namespace poolhammer
