// Subjects for the tests of the command: each is wrong at its sixth call, or dies there, or before its first.
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <unordered_map>

#include "harness/testing/lying_subject.hpp"

namespace poolhammer {
namespace {

constexpr std::uint64_t sixth = 5;

class Dying final : public LyingSubject {
 public:
  Dying() : LyingSubject(Lie::none, 0, "dying") {}
  [[nodiscard]] void* malloc(std::size_t size) override {
    if (calls_++ == sixth) std::abort();
    return LyingSubject::malloc(size);
  }
  void reset() override {
    LyingSubject::reset();
    calls_ = 0;
  }

 private:
  std::uint64_t calls_ = 0;
};

/// The command: this is initialised before it starts any process.
const pid_t tool = getpid();

/// The C library's allocator, but that the tenth block of 4000 to 4999 bytes which is live at the same time
/// is misaligned, or, if it is deadly, never comes: a bug that needs ten operations, wherever they are.
class Sleeper : public Subject {
 public:
  /// At a request of `interrupting` bytes the command is interrupted, as by a person.
  Sleeper(std::string_view name, bool deadly, std::size_t interrupting = 0)
      : name_(name), deadly_(deadly), interrupting_(interrupting) {}
  ~Sleeper() override { Sleeper::reset(); }
  [[nodiscard]] std::string_view name() const noexcept override { return name_; }

  [[nodiscard]] void* malloc(std::size_t size) override { return give(std::malloc(size + shift), size); }
  [[nodiscard]] void* calloc(std::size_t count, std::size_t size) override {
    std::size_t total = 0;
    if (__builtin_mul_overflow(count, size, &total) || total > largest) return nullptr;
    return give(std::calloc(1, total + shift), total);
  }
  [[nodiscard]] void* realloc(void* block, std::size_t size) override {
    void* const moved = malloc(size);
    if (block == nullptr || moved == nullptr) return moved;
    std::memcpy(moved, block, std::min(live_.at(block), size));
    free(block);
    return moved;
  }
  void free(void* block) override {
    if (block == nullptr) return;
    const auto found = live_.find(block);
    watched_ -= is_watched(found->second) ? 1 : 0;
    live_.erase(found);
    std::free(block);
  }
  [[nodiscard]] std::size_t owed_alignment(std::size_t /*size*/) const noexcept override { return 16; }
  void reset() override {
    while (!live_.empty()) free(live_.begin()->first);
  }

 private:
  static constexpr std::size_t shift = 8;
  static constexpr std::size_t largest = std::size_t{1} << 32U;

  [[nodiscard]] static bool is_watched(std::size_t size) { return size >= 4000 && size < 5000; }
  [[nodiscard]] void* give(void* block, std::size_t size) {
    if (block == nullptr) return nullptr;
    if (interrupting_ != 0 && size == interrupting_) kill(tool, SIGINT);
    live_[block] = size;
    watched_ += is_watched(size) ? 1 : 0;
    if (watched_ < 10 || !is_watched(size)) return block;
    if (deadly_) std::abort();
    live_.erase(block);
    --watched_;
    std::free(block);
    return reinterpret_cast<void*>(8);
  }

  std::string_view name_;
  bool deadly_;
  std::size_t interrupting_;
  std::size_t watched_ = 0;
  std::unordered_map<void*, std::size_t> live_;
};

const SubjectRegistration sleeper("sleeper", "misaligns the tenth block of some sizes",
                                  [](unsigned) -> std::unique_ptr<Subject> {
                                    return std::make_unique<Sleeper>("sleeper", false);
                                  });
const SubjectRegistration deadly_sleeper("deadly-sleeper", "aborts at the tenth block of some sizes",
                                         [](unsigned) -> std::unique_ptr<Subject> {
                                           return std::make_unique<Sleeper>("deadly-sleeper", true);
                                         });
/// A sleeper that refuses 6000 bytes without a reason, too.
class TwoBugs final : public Sleeper {
 public:
  TwoBugs() : Sleeper("two-bugs", false) {}
  [[nodiscard]] void* malloc(std::size_t size) override {
    refused_ = size == 6000;
    return refused_ ? nullptr : Sleeper::malloc(size);
  }
  [[nodiscard]] bool refusal_justified() const override { return !refused_; }

 private:
  bool refused_ = false;
};

const SubjectRegistration two_bugs("two-bugs", "is wrong in two ways",
                                   [](unsigned) -> std::unique_ptr<Subject> {
                                     return std::make_unique<TwoBugs>();
                                   });
const SubjectRegistration interrupting("interrupting-sleeper", "sleeps, and interrupts at 4096 bytes",
                                       [](unsigned) -> std::unique_ptr<Subject> {
                                         return std::make_unique<Sleeper>("interrupting-sleeper", false,
                                                                          4096);
                                       });
const SubjectRegistration misaligned("misaligned", "gives a misaligned block",
                                     [](unsigned) -> std::unique_ptr<Subject> {
                                       return std::make_unique<LyingSubject>(Lie::misaligned, sixth,
                                                                             "misaligned");
                                     });
// What one check sees and the next does not: only the schedule of the run that found it shows it again.
const SubjectRegistration scribbling("scribbling", "writes into somebody else's block",
                                     [](unsigned) -> std::unique_ptr<Subject> {
                                       return std::make_unique<LyingSubject>(Lie::scribble, sixth,
                                                                             "scribbling");
                                     });
const SubjectRegistration stillborn("stillborn", "aborts when it is made",
                                    [](unsigned) -> std::unique_ptr<Subject> { std::abort(); });
const SubjectRegistration dying("dying", "aborts", [](unsigned) -> std::unique_ptr<Subject> {
  return std::make_unique<Dying>();
});

}  // namespace
}  // namespace poolhammer
