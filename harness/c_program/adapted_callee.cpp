// An allocator of a user's: the program includes the file that registers it.
#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "harness/c_program/built.hpp"
#include "harness/c_program/callee.hpp"
#include "harness/c_program/names.hpp"
#include "harness/c_program/pointers.hpp"
#include "harness/subjects/source.hpp"
#include "harness/subjects/subject.hpp"

namespace poolhammer::c {
namespace {

constexpr std::string_view made_text = R"(Allocator *allocator;

/* The first one ends unused, as in poolhammer. What an allocator forgets to write is not zero. */
void make(void) {
  static void *const place = ::operator new(sizeof(Allocator), std::align_val_t{alignof(Allocator)});
  for (int time = 0; time < 2; ++time) {
    if (allocator != NULL) std::destroy_at(allocator);
    memset(place, 0xA5, sizeof(Allocator));
    allocator = new (place) Allocator;
  }
}
)";

constexpr std::string_view asked_text = R"(
/* What each live block was asked for with. */
struct Request {{
  size_t size, alignment;
}};
std::map<void *, Request> asked;

Request request_for(size_t size) {{
{}  return {{size, {}}};
}}

void *noted(void *block, Request request, void *old = NULL) {{
  if (block != NULL) asked.erase(old);
  if (block != NULL) asked[block] = request;
  return block;
}}
)";

constexpr std::string_view do_malloc_text = R"(
void *do_malloc(size_t size) {{
{}  Request request = request_for(size);
  try {{
    return noted(allocator->allocate({}), request);
  }} catch (const std::bad_alloc &) {{
    return NULL;
  }}
}}
)";

constexpr std::string_view do_free_text = R"(
void do_free(void *block) {{
  if (block == NULL) return;
  Request request = asked[block];
  (void)request;
  asked.erase(block);
  allocator->deallocate({});
}}
)";

constexpr std::string_view own_calloc_text = R"(
void *do_calloc(size_t count, size_t size) {{
  size_t total = 0;
  if (__builtin_mul_overflow(count, size, &total)) total = SIZE_MAX;
{}  try {{
    return noted(allocator->calloc({}), request_for(total));
  }} catch (const std::bad_alloc &) {{
    return NULL;
  }}
}}
)";

constexpr std::string_view plain_calloc_text = R"(
void *do_calloc(size_t count, size_t size) {
  size_t total = 0;
  if (__builtin_mul_overflow(count, size, &total)) return NULL;
  void *block = do_malloc(total);
  if (block != NULL && total <= PTRDIFF_MAX) memset(block, 0, total);
  return block;
}
)";

constexpr std::string_view own_realloc_text = R"(
void *do_realloc(void *block, size_t size) {{
  if (block == NULL) return do_malloc(size);
{}  Request old = asked[block], request = request_for(size);
  (void)old;
  try {{
    return noted(allocator->realloc({}), request, block);
  }} catch (const std::bad_alloc &) {{
    return NULL;
  }}
}}
)";

constexpr std::string_view plain_realloc_text = R"(
void *do_realloc(void *block, size_t size) {
  if (block == NULL) return do_malloc(size);
  void *moved = do_malloc(size);
  if (moved == NULL || size > PTRDIFF_MAX) return moved;
  memcpy(moved, block, std::min(asked[block].size, size));
  do_free(block);
  return moved;
}
)";

constexpr std::string_view do_usable_size_text = R"(
size_t do_malloc_usable_size(void *block) {
  return allocator->usable_size(block);
}
)";

constexpr std::string_view complaint_text = R"(
std::string complaint(void) {
  return poolhammer::detail::complaint_in(allocator->check()).value_or("");
}
)";

constexpr std::string_view left_behind_text = R"(
std::string left_behind(void) {
  size_t bytes = allocator->bytes_in_use();
  return bytes == 0 ? "" : std::to_string(bytes) + " bytes in use";
}
)";

constexpr std::string_view ended_text = R"(
std::string ended(void) {{
  std::string words = {};
  std::destroy_at(allocator);
  return words;
}}
)";

/// The arguments are lvalues, so that each is what a caller of the function has.
constexpr std::string_view own_text = R"(
/* The allocator's own operation "{}". */
template <class... Arguments>
{} {}(Arguments... arguments) {{
  try {{
    {};
  }} catch (const std::bad_alloc &) {{
    return{};
  }}
}}
)";

class AdaptedCallee final : public Callee {
 public:
  AdaptedCallee(std::string_view name, const SubjectSource& source)
      : name_(name),
        source_(source),
        built_(built_as(source.built_as)),
        file_(built_.source_called(source.file)),
        subject_(make_subject(name)) {
    if (source.resource) built_.libraries.push_back(file_here("harness/subjects/watched_upstream.cpp"));
    // What AddressSanitizer does with requests that cannot be met is here what it is in a run.
    for (const std::string& flag : built_.flags) {
      if (flag.starts_with("-fsanitize=") && flag.find("address") != std::string::npos)
        built_.libraries.insert(built_.libraries.end(), {file_here("adapted/throwing_new.cpp"),
                                                         file_here("cli/sanitizer_options.cpp")});
    }
  }

  [[nodiscard]] bool has(Function function) const override { return subject_->has(function); }
  [[nodiscard]] std::uint64_t owed_alignment(const PlannedCall& plan) const override {
    return plan.total == 0 ? 1 : subject_->owed_alignment(plan.total);
  }
  [[nodiscard]] bool by_source() const override { return true; }
  [[nodiscard]] bool bounded() const override { return true; }
  [[nodiscard]] bool says(Says what) const override {
    return what == Says::complaint ? source_.checks : what == Says::left_behind ? source_.counts_bytes : true;
  }
  [[nodiscard]] std::span<const OwnOperation> own_operations() const override {
    return subject_->own_operations();
  }
  [[nodiscard]] bool own_says(std::uint8_t number) const override {
    const OwnSource::Returns returns = source_.own.at(number).returns;
    return returns == OwnSource::Returns::verdict || returns == OwnSource::Returns::text;
  }
  [[nodiscard]] std::string own_number(std::uint8_t number, std::uint64_t value) const override {
    const std::string text = c_number(value);
    return source_.own.at(number).takes_numbers ? text
                                                : fmt::format("poolhammer::detail::AnyNumber{{{}}}", text);
  }
  [[nodiscard]] std::uint64_t own_alignment(std::uint64_t size,
                                            std::optional<std::uint64_t> asked) const override {
    const std::uint64_t promised = std::max<std::uint64_t>(source_.alignment, 1);
    if (asked || source_.alignment != 0) return std::max(promised, asked.value_or(1));
    return Callee::own_alignment(size, asked);
  }
  [[nodiscard]] std::string own_given(const std::string& call, const std::string& old, std::uint64_t size,
                                      std::optional<std::uint64_t> asked) const override {
    const std::uint64_t alignment =
        std::max<std::uint64_t>(source_.alignment, asked.value_or(alignof(std::max_align_t)));
    return fmt::format("noted({}, {{{}, {}}}{}{})", call, c_number(size), alignment, old.empty() ? "" : ", ",
                       old);
  }
  [[nodiscard]] std::string own_block_size(const std::string& block) const override {
    return fmt::format("asked[{}].size", block);
  }
  [[nodiscard]] std::string own_freed(const std::string& block) const override {
    return block.empty() ? "asked.clear();" : fmt::format("asked.erase({});", block);
  }
  [[nodiscard]] std::string command(const Operation& operation) const override {
    if (operation.kind != OperationKind::fail_raw || !source_.fails) return {};
    return fmt::format("allocator->fail_next({});", c_number(operation.size));
  }

  [[nodiscard]] CalledText text(const Used& used) const override {
    return {.headers = {"<stdint.h>", "<string.h>", "<algorithm>", "<functional>", "<map>", "<memory>",
                        "<new>", "<string>", "<tuple>"},
            .includes = fmt::format("\n/* Where it registers the allocator, it registers nothing here. */\n"
                                    "#define POOLHAMMER_STANDS_ALONE 1\n#include \"{}\"\n",
                                    quoted(file_)),
            .declarations = declarations(used),
            .setup = "  make();\n"};
  }
  [[nodiscard]] Compiling compiling() const override { return built_.compiling(file_); }

 private:
  [[nodiscard]] std::string declarations(const Used& used) const {
    std::string text = fmt::format("\nusing Allocator = ::{};\n", source_.type);
    std::string making(made_text);
    if (source_.made) {
      const std::string_view plain = "(place) Allocator";
      making.replace(making.find(plain), plain.size(),
                     fmt::format("(place) Allocator(poolhammer::makers<::{}>().at(\"{}\"))",
                                 source_.declaring, quoted(name_)));
    }
    text += making + book() + functions(used.functions) + what_it_says(used);
    for (const std::uint8_t number : used.own) text += own_operation(number);
    return text;
  }

  [[nodiscard]] std::string book() const {
    const std::size_t promised = source_.alignment == 0 ? alignof(std::max_align_t) : source_.alignment;
    const std::string alignment =
        source_.chooses_alignment
            ? fmt::format("poolhammer::detail::alignment_chosen_for(size, {})", source_.largest_alignment)
            : std::to_string(promised);
    return fmt::format(asked_text, source_.zero_sized ? "" : "  if (size == 0) size = 1;\n", alignment);
  }

  /// A line that refuses what is never asked for.
  [[nodiscard]] std::string limit(std::string_view size) const {
    if (source_.largest_request == SIZE_MAX) return {};
    return fmt::format("  if ({} > {}) return NULL; /* never asked for */\n", size,
                       c_number(source_.largest_request));
  }

  /// Those that are used, and those that they call.
  [[nodiscard]] std::string functions(const std::set<Function>& used) const {
    const bool calloc = used.contains(Function::calloc);
    const bool realloc = used.contains(Function::realloc);
    const bool copies = realloc && source_.resizing == Resizing::none;
    std::string text;
    if (used.contains(Function::malloc) || (calloc && !source_.calloc) || realloc)
      text += fmt::format(do_malloc_text, limit("size"),
                          source_.takes_alignment ? "request.size, request.alignment" : "request.size");
    if (used.contains(Function::free) || copies) text += do_free();
    if (calloc && source_.calloc)
      text +=
          fmt::format(own_calloc_text, limit("total"),
                      source_.zero_sized ? "count, size" : "total == 0 ? 1 : count, total == 0 ? 1 : size");
    if (calloc && !source_.calloc) text += plain_calloc_text;
    if (copies) text += plain_realloc_text;
    if (realloc && !copies)
      text += fmt::format(
          own_realloc_text, limit("size"),
          source_.resizing == Resizing::size ? "block, request.size" : "block, old.size, request.size");
    if (used.contains(Function::malloc_usable_size)) text += do_usable_size_text;
    return text;
  }

  [[nodiscard]] std::string do_free() const {
    constexpr std::array<std::string_view, 3> arguments = {"block", "block, request.size",
                                                           "block, request.size, request.alignment"};
    return fmt::format(do_free_text, arguments[static_cast<std::size_t>(source_.giving)]);
  }

  [[nodiscard]] std::string what_it_says(const Used& used) const {
    std::string text;
    if (used.says.contains(Says::complaint)) text += complaint_text;
    if (used.says.contains(Says::left_behind)) text += left_behind_text;
    if (used.says.contains(Says::ended))
      text += fmt::format(ended_text,
                          source_.tears_down
                              ? "poolhammer::detail::complaint_in(allocator->teardown()).value_or(\"\")"
                              : "\"\"");
    return text;
  }

  [[nodiscard]] std::string own_operation(std::uint8_t number) const {
    const OwnOperation& declaration = own_operations()[number];
    const std::string call =
        fmt::format("std::invoke(std::get<{}>(::{}::operations()).function, {}, arguments...)", number,
                    source_.declaring, source_.resource ? "allocator->declaring()" : "*allocator");
    const auto text = [&](std::string_view type, const std::string& statement, std::string_view none) {
      return fmt::format(own_text, declaration.name, type, own_name(declaration), statement, none);
    };
    switch (source_.own.at(number).returns) {
      case OwnSource::Returns::nothing:
        return text("void", call, "");
      case OwnSource::Returns::verdict:
        return text("std::string", fmt::format("return {} ? \"\" : \"false\"", call), " \"\"");
      case OwnSource::Returns::text:
        return text("std::string",
                    fmt::format("return poolhammer::detail::complaint_in({}).value_or(\"\")", call), " \"\"");
      case OwnSource::Returns::block:
        return text("void *", "return " + call, " NULL");
    }
    return {};
  }

  std::string name_;
  const SubjectSource& source_;
  Built built_;
  std::string file_;
  std::unique_ptr<Subject> subject_;
};

}  // namespace

std::unique_ptr<Callee> adapted_callee(std::string_view subject) {
  const SubjectSource* const source = source_of(subject);
  return source == nullptr ? nullptr : std::make_unique<AdaptedCallee>(subject, *source);
}

}  // namespace poolhammer::c
