// Subjects for the tests of the command: each is wrong at its sixth call, or dies there.
#include <cstdlib>

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
const SubjectRegistration dying("dying", "aborts", [](unsigned) -> std::unique_ptr<Subject> {
  return std::make_unique<Dying>();
});

}  // namespace
}  // namespace poolhammer
