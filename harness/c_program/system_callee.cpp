// The home allocator's three domains: the program calls the C interface.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>

#include "allocator/domains/domain.hpp"
#include "harness/c_program/built.hpp"
#include "harness/c_program/callee.hpp"
#include "harness/c_program/names.hpp"
#include "harness/subjects/system.hpp"

namespace poolhammer::c {
namespace {

constexpr std::string_view functions_text = R"(
/* Who requests are for, and who each live block belongs to. */
pymalloc_domain domain = PYMALLOC_MEM;
std::map<void *, pymalloc_domain> owner;

/* What a domain's allocator is wrapped by, how often it was called and how often it should have been. */
struct Hook {
  pymalloc_allocator base;
  unsigned long calls, due;
  bool on;
};
Hook hooks[3];

pymalloc_domain asked(void *block) {
  pymalloc_domain of = block == NULL ? domain : owner[block];
  if (hooks[of].on) ++hooks[of].due;
  return of;
}

void *noted(void *block, pymalloc_domain of, void *old = NULL) {
  if (block != NULL) owner.erase(old);
  if (block != NULL) owner[block] = of;
  return block;
}

void *do_malloc(size_t size) { return noted(pymalloc_malloc(asked(NULL), size), domain); }
void *do_calloc(size_t count, size_t size) { return noted(pymalloc_calloc(asked(NULL), count, size), domain); }
void *do_realloc(void *block, size_t size) {
  pymalloc_domain of = asked(block);
  return noted(pymalloc_realloc(of, block, size), of, block);
}
void do_free(void *block) {
  pymalloc_domain of = asked(block);
  owner.erase(block);
  pymalloc_free(of, block);
}
)";

constexpr std::string_view hook_text = R"(
pymalloc_allocator *entered(void *context) {
  Hook *hook = (Hook *)context;
  ++hook->calls;
  return &hook->base;
}
void *hooked_malloc(void *context, size_t size) {
  pymalloc_allocator *base = entered(context);
  return base->malloc(base->context, size);
}
void *hooked_calloc(void *context, size_t count, size_t size) {
  pymalloc_allocator *base = entered(context);
  return base->calloc(base->context, count, size);
}
void *hooked_realloc(void *context, void *block, size_t size) {
  pymalloc_allocator *base = entered(context);
  return base->realloc(base->context, block, size);
}
void hooked_free(void *context, void *block) {
  pymalloc_allocator *base = entered(context);
  base->free(base->context, block);
}

/* Wraps the allocator of the domain in use by one that forwards every call, or takes that away. */
void hook(bool on) {
  Hook *of = &hooks[domain];
  if (on == of->on) return;
  of->on = on;
  if (on) pymalloc_get_allocator(domain, &of->base);
  pymalloc_allocator wrapper = {of, hooked_malloc, hooked_calloc, hooked_realloc, hooked_free};
  pymalloc_set_allocator(domain, on ? &wrapper : &of->base);
}
)";

constexpr std::string_view refusals_text = R"(
/* Refuses the next requests for an arena. */
pymalloc_arena_source arenas;
unsigned long refusals;

void *arena(void *, size_t size) {
  if (refusals == 0) return arenas.allocate(arenas.context, size);
  --refusals;
  return NULL;
}
void release(void *, void *block, size_t size) { arenas.release(arenas.context, block, size); }

void refuse_arenas(void) {
  pymalloc_get_arena_source(&arenas);
  pymalloc_arena_source refusing = {NULL, arena, release};
  pymalloc_set_arena_source(&refusing);
}
)";

constexpr std::string_view complaint_text = R"(
std::string complaint(void) {
  for (Hook &each : hooks)
    if (each.calls != each.due)
      return std::to_string(each.calls) + " calls of a wrapper, and " + std::to_string(each.due) + " were due";
  char *words = pymalloc_check();
  std::string text = words == NULL ? "" : words;
  if (words != NULL) pymalloc_free(PYMALLOC_RAW, words);
  for (Hook &each : hooks) each.due = each.calls; /* what looking took */
  return text;
}
)";

class SystemCallee final : public Callee {
 public:
  explicit SystemCallee(std::string_view choice) : choice_(choice) {}

  [[nodiscard]] bool has(Function function) const override {
    constexpr std::array<Function, 4> all = {Function::malloc, Function::calloc, Function::realloc,
                                             Function::free};
    return std::ranges::find(all, function) != all.end();
  }
  [[nodiscard]] std::uint64_t owed_alignment(const PlannedCall& /*plan*/) const override { return 16; }
  [[nodiscard]] bool by_source() const override { return true; }
  // Arenas may be refused.
  [[nodiscard]] bool bounded() const override { return true; }
  [[nodiscard]] bool says(Says what) const override { return what == Says::complaint; }
  [[nodiscard]] std::string command(const Operation& operation) const override {
    constexpr std::array<std::string_view, pymalloc::domains> names = {"PYMALLOC_RAW", "PYMALLOC_MEM",
                                                                       "PYMALLOC_OBJECT"};
    switch (operation.kind) {
      case OperationKind::domain:
        return fmt::format("domain = {};", names.at(operation.size));
      case OperationKind::hook:
        return fmt::format("hook({});", operation.size != 0);
      case OperationKind::fail_arenas:
        return fmt::format("refusals = {};", c_number(operation.size));
      default:
        return {};
    }
  }

  [[nodiscard]] CalledText text(const Used& used) const override {
    CalledText text{.headers = {"<stdint.h>", "<map>", "<string>"},
                    .includes = "\n#include \"allocator/api/pymalloc.h\"\n",
                    .declarations = std::string(functions_text),
                    .setup = fmt::format("  if (pymalloc_choose(\"{}\") != 0) return 2;\n", choice_)};
    if (used.commands.contains(OperationKind::hook)) text.declarations += hook_text;
    if (used.commands.contains(OperationKind::fail_arenas)) {
      text.declarations += refusals_text;
      text.setup += "  refuse_arenas();\n";
    }
    if (used.says.contains(Says::complaint)) text.declarations += complaint_text;
    return text;
  }
  [[nodiscard]] Compiling compiling() const override { return built_here().compiling(); }

 private:
  std::string choice_;
};

}  // namespace

std::unique_ptr<Callee> system_callee(std::string_view subject) {
  const auto subjects = system_subjects();
  if (std::ranges::find(subjects, subject) == subjects.end()) return nullptr;
  return std::make_unique<SystemCallee>(subject.substr(subject.find(':') + 1));
}

}  // namespace poolhammer::c
