// The home allocator: the program includes its headers.
#include <fmt/format.h>

#include <utility>

#include "allocator/layout.hpp"
#include "allocator/placement.hpp"
#include "harness/c_program/built.hpp"
#include "harness/c_program/callee.hpp"
#include "harness/c_program/names.hpp"
#include "harness/subjects/source.hpp"
#include "harness/subjects/subject.hpp"

namespace poolhammer::c {
namespace {

using pymalloc::Layout;
using pymalloc::Layouts;

/// As the subject: every byte, the heap's own too, has the same address in every process.
constexpr std::string_view heap = R"(
using Layout = {};
using Heap = pymalloc::Heap<Layout, pymalloc::RegionArenaSource, pymalloc::RegionRaw>;

/* Addresses that are the same in every run, and what arenas and large blocks come from. */
pymalloc::Region region({});
pymalloc::RegionArenaSource arenas(region, Layout::arena_size, Layout::pool_size);
pymalloc::RegionRaw raw(region);
Heap &heap = *new (raw.malloc(sizeof(Heap))) Heap(arenas, raw);

void *do_malloc(size_t size) {{ return heap.malloc(size); }}
void *do_calloc(size_t count, size_t size) {{ return heap.calloc(count, size); }}
void *do_realloc(void *block, size_t size) {{ return heap.realloc(block, size); }}
void do_free(void *block) {{ heap.free(block); }}
)";

constexpr std::string_view usable_size = R"(
size_t do_malloc_usable_size(void *block) {
  return heap.owns(block) ? Heap::block_size_in_pool(block) : raw.usable_size(block);
}
)";

constexpr std::string_view complaint = R"(
/* The first invariant that does not hold: only memory that was given out is read. */
std::string complaint(void) {
  auto lies_in_an_arena = [](const void *, std::uintptr_t address, size_t size) {
    return arenas.holds(address, size);
  };
  auto violation = pymalloc::check(heap.state(), {lies_in_an_arena, NULL});
  return violation ? pymalloc::to_string(*violation) : "";
}
)";

constexpr std::string_view left_behind = R"(
std::string left_behind(void) {
  size_t own = 1 + (heap.state().arenas != NULL ? 1 : 0);
  if constexpr (pymalloc::HeapState<Layout>::has_radix_map) own += heap.state().map.nodes();
  if (heap.state().totals.pools != 0) return std::to_string(heap.state().totals.pools) + " pools in use";
  if (arenas.live() > (Layout::keeps_last_arena ? 1 : 0)) return std::to_string(arenas.live()) + " arenas kept";
  if (raw.live() != own) return std::to_string(raw.live() - own) + " blocks of the raw allocator";
  return "";
}
)";

constexpr std::string_view ended = R"(
std::string ended(void) {
  heap.~Heap();
  raw.free(&heap);
  if (arenas.live() != 0) return std::to_string(arenas.live()) + " arenas not released";
  if (raw.live() != 0) return std::to_string(raw.live()) + " blocks of the raw allocator not freed";
  if (arenas.wrong_releases() != 0) return "an arena released that was not live, or with a wrong size";
  if (arenas.poisoned_releases() != 0) return "an arena released with bytes that nobody may touch";
  if (raw.wrong_frees() != 0) return "a free or realloc by the raw allocator of what is no live block of it";
  return "";
}
)";

class HomeCallee final : public Callee {
 public:
  HomeCallee(std::string_view name, std::string layout, std::size_t region)
      : layout_(std::move(layout)), region_(region), subject_(make_subject(name, other_instance)) {}

  [[nodiscard]] bool has(Function function) const override { return subject_->has(function); }
  [[nodiscard]] std::uint64_t owed_alignment(const PlannedCall& plan) const override {
    return subject_->owed_alignment(plan.total);
  }
  [[nodiscard]] bool by_source() const override { return true; }
  // Its tables and arenas may be refused.
  [[nodiscard]] bool bounded() const override { return true; }
  [[nodiscard]] bool says(Says /*what*/) const override { return true; }
  [[nodiscard]] std::string command(const Operation& operation) const override {
    switch (operation.kind) {
      case OperationKind::fail_arenas:
        return fmt::format("arenas.fail_next({});", c_number(operation.size));
      case OperationKind::fail_raw:
        return fmt::format("raw.fail_next({});", c_number(operation.size));
      case OperationKind::place:
        return fmt::format("arenas.place(pymalloc::Placement::{});",
                           pymalloc::word(static_cast<pymalloc::Placement>(operation.size)));
      default:
        return {};
    }
  }

  [[nodiscard]] CalledText text(const Used& used) const override {
    CalledText text{.headers = {"<stdint.h>", "<string>"},
                    .includes =
                        "\n#include \"allocator/heap.hpp\"\n"
                        "#include \"allocator/invariants/check.hpp\"\n"
                        "#include \"allocator/region_raw.hpp\"\n"
                        "#include \"allocator/region_source.hpp\"\n",
                    .declarations = fmt::format(heap, layout_, region_),
                    .setup = {}};
    if (used.functions.contains(Function::malloc_usable_size)) text.declarations += usable_size;
    if (used.says.contains(Says::complaint)) text.declarations += complaint;
    if (used.says.contains(Says::left_behind)) text.declarations += left_behind;
    if (used.says.contains(Says::ended)) text.declarations += ended;
    return text;
  }
  [[nodiscard]] Compiling compiling() const override { return built_here().compiling(); }

 private:
  /// Beside the subject that found something.
  static constexpr unsigned other_instance = 1;

  std::string layout_;
  std::size_t region_;
  std::unique_ptr<Subject> subject_;
};

}  // namespace

std::unique_ptr<Callee> home_callee(std::string_view subject) {
  std::unique_ptr<Callee> callee;
  Layouts::each([&]<Layout L>() {
    if (subject == "pymalloc:" + std::string(L::name))
      callee = std::make_unique<HomeCallee>(subject, detail::type_name<L>(), Layouts::index<L>);
  });
  return callee;
}

}  // namespace poolhammer::c
