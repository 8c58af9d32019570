#include "harness/trace/text.hpp"

#include <gtest/gtest.h>

#include <cerrno>
#include <string>

#include "harness/base/format_error.hpp"
#include "harness/base/random.hpp"
#include "harness/trace/binary.hpp"

namespace poolhammer {
namespace {

constexpr std::string_view every_kind_text =
    "poolhammer trace 2\n"
    "layout tiny\n"
    "b0 = malloc(24)\n"
    "b1 = calloc(4, 16)\n"
    "b16777215 = realloc(b16777215, SIZE_MAX)\n"
    "b2 = reallocarray(b2, 4294967296, PTRDIFF_MAX - 7)\n"
    "b3 = aligned_alloc(64, 640)\n"
    "thread 2: posix_memalign(&b4, 4096, PTRDIFF_MAX + 1)\n"
    "b5 = memalign(32, 1)\n"
    "b6 = valloc(5000)\n"
    "b7 = pvalloc(5000)\n"
    "b8 = operator new(24)\n"
    "b9 = operator new[](24)\n"
    "b10 = operator new(nothrow)(24)\n"
    "b11 = operator new[](nothrow)(24)\n"
    "b12 = operator new(align_val_t)(640, 64)\n"
    "b13 = operator new[](align_val_t)(640, 64)\n"
    "b14 = operator new(align_val_t, nothrow)(640, 64)\n"
    "b15 = operator new[](align_val_t, nothrow)(640, 64)\n"
    "free(b0)\n"
    "free_sized(b1)\n"
    "thread 1: signal handler: free_aligned_sized(b3)\n"
    "operator delete(b8)\n"
    "operator delete[](b9)\n"
    "operator delete(nothrow)(b10)\n"
    "operator delete[](nothrow)(b11)\n"
    "operator delete(size)(b8)\n"
    "operator delete[](size)(b9)\n"
    "operator delete(align_val_t)(b12)\n"
    "operator delete[](align_val_t)(b13)\n"
    "operator delete(align_val_t, nothrow)(b14)\n"
    "operator delete[](align_val_t, nothrow)(b15)\n"
    "operator delete(size, align_val_t)(b12)\n"
    "operator delete[](size, align_val_t)(b13)\n"
    "signal handler on alternate stack: malloc_usable_size(b5)\n"
    "fill(b5)\n"
    "thread 2: end_thread()\n"
    "thread 63: errno = EDOM\n"
    "check()\n"
    "fail_arenas(3)\n"
    "fail_raw(2)\n"
    "place(misaligned)\n"
    "domain(object)\n"
    "hook(on)\n"
    "thread 1: fill_usable(b5)\n"
    "fork()\n"
    "child_ends()\n"
    "limit_memory(SIZE_MAX)\n"
    "thread 3: exhaust(malloc, 1000, 4096, 0)\n"
    "release()\n"
    "recycle(operator new[](align_val_t, nothrow), 10, 640, 64)\n"
    "crowd(4, 5000)\n"
    "crowd_forks(2, 40)\n"
    "set_handler()\n"
    "misuse(free, b0, 8, 0, 0)\n"
    "measure_resident()\n"
    "measure_gain(b5)\n"
    "own(0, 4096, 0, 0)\n"
    "own_block(255, b5, 64, SIZE_MAX, 1)\n"
    "generations(4096, 256)\n"
    "set_throwing_handler(derived)\n"
    "generations_hand_over(4096, 256)\n"
    "crowd_with_heirs(4, 5000)\n";

Trace every_kind() {
  using enum OperationKind;
  constexpr std::uint64_t largest = ~std::uint64_t{0};
  return {LayoutId::tiny,
          {{malloc, 0, 0, 24},
           {calloc, 1, 4, 16},
           {realloc, slot_limit - 1, 0, largest},
           {reallocarray, 2, std::uint64_t{1} << 32U, largest / 2 - 7},
           {aligned_alloc, 3, 0, 640, 64},
           {posix_memalign, 4, 0, largest / 2 + 1, 4096, 2},
           {memalign, 5, 0, 1, 32},
           {valloc, 6, 0, 5000},
           {pvalloc, 7, 0, 5000},
           {op_new, 8, 0, 24},
           {op_new_array, 9, 0, 24},
           {op_new_nothrow, 10, 0, 24},
           {op_new_array_nothrow, 11, 0, 24},
           {op_new_aligned, 12, 0, 640, 64},
           {op_new_array_aligned, 13, 0, 640, 64},
           {op_new_aligned_nothrow, 14, 0, 640, 64},
           {op_new_array_aligned_nothrow, 15, 0, 640, 64},
           {free, 0},
           {free_sized, 1},
           in_context(Context::signal_handler, on_thread(1, {free_aligned_sized, 3})),
           {op_delete, 8},
           {op_delete_array, 9},
           {op_delete_nothrow, 10},
           {op_delete_array_nothrow, 11},
           {op_delete_sized, 8},
           {op_delete_array_sized, 9},
           {op_delete_aligned, 12},
           {op_delete_array_aligned, 13},
           {op_delete_aligned_nothrow, 14},
           {op_delete_array_aligned_nothrow, 15},
           {op_delete_sized_aligned, 12},
           {op_delete_array_sized_aligned, 13},
           in_context(Context::alternate_stack, {malloc_usable_size, 5}),
           {fill, 5},
           on_thread(2, {end_thread}),
           on_thread(63, {set_errno, 0, 0, EDOM}),
           {check},
           {fail_arenas, 0, 0, 3},
           {fail_raw, 0, 0, 2},
           {place, 0, 0, 3},
           {domain, 0, 0, 2},
           {hook, 0, 0, 1},
           on_thread(1, {fill_usable, 5}),
           {fork},
           {child_ends},
           {limit_memory, 0, 0, largest},
           {exhaust, 0, 1000, 4096, 0, 3, malloc},
           {release},
           {recycle, 0, 10, 640, 64, 0, op_new_array_aligned_nothrow},
           {crowd, 0, 4, 5000},
           {crowd_forks, 0, 2, 40},
           {set_handler},
           {misuse, 0, 8, 0, 0, 0, free},
           {measure_resident},
           {measure_gain, 5},
           {own, 0, 4096},
           {own_block, 5, 64, largest, 1, 0, malloc, 255},
           {generations, 0, 4096, 256},
           {set_throwing_handler, 0, 0, 1},
           {generations_hand_over, 0, 4096, 256},
           {crowd_with_heirs, 0, 4, 5000}}};
}

constexpr std::string_view first_words_text =
    "poolhammer trace 1\n"
    "layout tiny\n"
    "malloc 0 24\n"
    "calloc 1 4 16\n"
    "realloc 16777215 18446744073709551615\n"
    "free 0\n"
    "check\n"
    "fail-arenas 3\n"
    "fail-raw 2\n"
    "place misaligned\n"
    "domain object\n"
    "hook on\n";

const Trace first_words{LayoutId::tiny,
                        {{OperationKind::malloc, 0, 0, 24},
                         {OperationKind::calloc, 1, 4, 16},
                         {OperationKind::realloc, slot_limit - 1, 0, ~std::uint64_t{0}},
                         {OperationKind::free, 0, 0, 0},
                         {OperationKind::check, 0, 0, 0},
                         {OperationKind::fail_arenas, 0, 0, 3},
                         {OperationKind::fail_raw, 0, 0, 2},
                         {OperationKind::place, 0, 0, 3},
                         {OperationKind::domain, 0, 0, 2},
                         {OperationKind::hook, 0, 0, 1}}};

std::string error_of(std::string_view text) {
  try {
    static_cast<void>(parse_text(text));
  } catch (const FormatError& error) {
    return error.what();
  }
  return "no error";
}

// The error of a trace whose second line is `line`.
std::string line_error(std::string_view line) {
  return error_of("poolhammer trace 1\n" + std::string(line));
}

TEST(TextForm, IsWrittenOneOperationALine) {
  EXPECT_EQ(to_text(every_kind()), every_kind_text);
  EXPECT_EQ(every_kind().operations.size(), operation_kinds);
}

TEST(TextForm, ReadsWhatIsWritten) {
  EXPECT_EQ(parse_text(every_kind_text), every_kind());
  EXPECT_EQ(parse_text(to_text(Trace{})), Trace{});
}

TEST(TextForm, ReadsTheWordsOfTheFirstVersion) {
  EXPECT_EQ(parse_text(first_words_text), first_words);
  EXPECT_EQ(parse_text("poolhammer trace 2\nmalloc 0 24\nfree(b0)\n"),
            parse_text("poolhammer trace 1\nb0 = malloc(24);\nfree 0\n"))
      << "both may stand in one file";
}

TEST(TextForm, AnyTraceRoundTrips) {
  Random random(21);
  for (int i = 0; i < 500; ++i) {
    std::vector<std::byte> bytes(static_cast<std::size_t>(random.below(300)));
    for (std::byte& byte : bytes) byte = static_cast<std::byte>(random.below(256));
    const Trace trace = decode(bytes);
    ASSERT_EQ(parse_text(to_text(trace)), trace) << to_text(trace);
  }
}

TEST(TextForm, OneOperationIsALineWithoutItsNewline) {
  EXPECT_EQ(to_text(Operation{OperationKind::calloc, 1, 4, 16}), "b1 = calloc(4, 16)");
  EXPECT_EQ(to_text(Operation{OperationKind::place, 0, 0, 4}), "place(adjacent)");
  EXPECT_EQ(to_text(Operation{OperationKind::place, 0, 0, 9}), "place(9)");
}

TEST(TextForm, AllowsCommentsBlankLinesHexadecimalAndAMissingLastNewline) {
  const Trace expected{LayoutId::classic,
                       {{OperationKind::malloc, 16, 0, 255}, {OperationKind::free, 16, 0, 0}}};
  EXPECT_EQ(
      parse_text(
          "# made by hand\n\n  poolhammer  trace 1 # the form\r\n\t\r\nmalloc 0x10 0xff# max\r\nfree 16"),
      expected);
  EXPECT_EQ(parse_text("poolhammer trace 2\n thread  0 : b16=malloc ( 0xff ) ; # max\r\n\tfree( b16 )"),
            expected);
}

TEST(TextForm, NamesTheLineAndTheExpectationOfTheFirstLine) {
  EXPECT_EQ(error_of(""), "line 1: expected the first line 'poolhammer trace 2', found the end of the file");
  EXPECT_EQ(error_of("# only\n# comments\n"),
            "line 3: expected the first line 'poolhammer trace 2', found the end of the file");
  EXPECT_EQ(error_of("malloc 0 1"), "line 1: expected the first line 'poolhammer trace 2', found 'malloc'");
  EXPECT_EQ(error_of("poolhammer corpus 1"),
            "line 1: expected the first line 'poolhammer trace 2', found 'corpus'");
  EXPECT_EQ(error_of("poolhammer trace 3\n"), "line 1: expected version 2, found '3'");
  EXPECT_EQ(error_of("poolhammer trace"), "line 1: expected version 2, found the end of the line");
  EXPECT_EQ(error_of("poolhammer trace 1 x"), "line 1: expected the end of the line, found 'x'");
}

TEST(TextForm, NamesTheLineAndTheExpectationOfAnOperation) {
  EXPECT_EQ(line_error("\nmalloc x 1"), "line 3: expected a slot number, found 'x'");
  EXPECT_EQ(line_error("malloc 16777216 1"),
            "line 2: expected a slot number of at most 16777215, found '16777216'");
  EXPECT_EQ(line_error("malloc -1 1"), "line 2: expected a slot number, found '-1'");
  EXPECT_EQ(line_error("malloc 1"), "line 2: expected a size, found the end of the line");
  EXPECT_EQ(line_error("malloc 1 18446744073709551616"),
            "line 2: expected a size of at most 18446744073709551615, found '18446744073709551616'");
  EXPECT_EQ(line_error("malloc 1 2 3"), "line 2: expected the end of the line, found '3'");
  EXPECT_EQ(line_error("calloc 1 4294967296 1"),
            "line 2: expected a number of elements of at most 4294967295, found '4294967296'");
  EXPECT_EQ(line_error("calloc 1 4 z"), "line 2: expected the size of an element, found 'z'");
  EXPECT_EQ(line_error("free"), "line 2: expected a slot number, found the end of the line");
  EXPECT_EQ(line_error("check 1"), "line 2: expected the end of the line, found '1'");
  EXPECT_EQ(line_error("fail-raw many"), "line 2: expected a number of requests, found 'many'");
  EXPECT_EQ(line_error("place 3"),
            "line 2: expected a placement (up, down, scattered, misaligned, adjacent, touching, "
            "guarded, dirty, beside_raw), found '3'");
  EXPECT_EQ(line_error("domain heap"), "line 2: expected a domain (raw, mem, object), found 'heap'");
  EXPECT_EQ(line_error("hook 1"), "line 2: expected on or off (off, on), found '1'");
  EXPECT_EQ(
      line_error("Malloc 0 1"),
      "line 2: expected an operation (malloc, calloc, realloc, free, check, fail-arenas, fail-raw, place, "
      "domain, hook), "
      "found 'Malloc'");
}

TEST(TextForm, NamesTheLineAndTheExpectationOfAStatement) {
  EXPECT_EQ(line_error("b0 = malloc(x)"), "line 2: expected a size, found 'x'");
  EXPECT_EQ(line_error("b0 = malloc()"), "line 2: expected a size, found ')'");
  EXPECT_EQ(line_error("b0 = malloc(1"), "line 2: expected ')', found the end of the line");
  EXPECT_EQ(line_error("b0 = malloc(1, 2)"), "line 2: expected ')', found ','");
  EXPECT_EQ(line_error("b0 = malloc(1) x"), "line 2: expected the end of the line, found 'x'");
  EXPECT_EQ(line_error("b16777216 = malloc(1)"),
            "line 2: expected a slot number of at most 16777215, found '16777216'");
  EXPECT_EQ(line_error("b0 = malloc(SIZE_MAX + 1)"), "line 2: expected a size of at most 0, found '1'");
  EXPECT_EQ(line_error("b0 = mallocs(1)"),
            "line 2: expected an operation, such as b0 = malloc(24) or free(b0), found 'mallocs'");
  EXPECT_EQ(line_error("malloc(1)"),
            "line 2: expected the block of malloc, such as b0 = malloc(...), found 'malloc'");
  EXPECT_EQ(line_error("b0 = free(b0)"),
            "line 2: expected a function that returns a block after =, found 'b0'");
  EXPECT_EQ(line_error("b0 = realloc(b1, 5)"),
            "line 2: expected b0, as its block is resized into its own slot, found 'b1'");
  EXPECT_EQ(line_error("b0 = aligned_alloc(64)"), "line 2: expected ',', found ')'");
  EXPECT_EQ(line_error("posix_memalign(b0, 64, 1)"), "line 2: expected '&', found 'b0'");
  EXPECT_EQ(line_error("free(0)"), "line 2: expected a block, such as b0, found '0'");
  EXPECT_EQ(line_error("thread 64: free(b0)"), "line 2: expected a thread number of at most 63, found '64'");
  EXPECT_EQ(line_error("thread 1: check()"),
            "line 2: expected check without a thread, as it has none, found 'thread'");
  EXPECT_EQ(line_error("errno = ENOSUCH"), "line 2: expected an errno, such as ENOMEM, found 'ENOSUCH'");
  EXPECT_EQ(line_error("place(left)"),
            "line 2: expected a placement (up, down, scattered, misaligned, adjacent, touching, "
            "guarded, dirty, beside_raw), found 'left'");
  EXPECT_EQ(line_error("exhaust(realloc, 1, 2, 0)"),
            "line 2: expected a function that it may call, such as malloc, found 'realloc'");
  EXPECT_EQ(line_error("recycle(malloc, 1, 2, 64)"),
            "line 2: expected the alignment 0, as malloc takes none, found ')'");
  EXPECT_EQ(line_error("own(256, 1, 2, 3)"),
            "line 2: expected the number of an operation of at most 255, found '256'");
  EXPECT_EQ(line_error("own(1, 2)"), "line 2: expected ',', found ')'");
  EXPECT_EQ(line_error("own(1, x, 0, 0)"), "line 2: expected a number, found 'x'");
  EXPECT_EQ(line_error("own_block(1, 2, 3, 4)"), "line 2: expected a block, such as b0, found '2'");
  EXPECT_EQ(line_error("misuse(free, 8)"), "line 2: expected a block, such as b0, found '8'");
  EXPECT_EQ(line_error("signal handler: operator delete(b0)"),
            "line 2: expected operator delete without a signal handler, as none may call it, found 'signal'");
  EXPECT_EQ(line_error("thread 1: destructor: operator delete(b0)"),
            "line 2: expected operator delete without a destructor, as none may call it, found 'thread'");
  EXPECT_EQ(line_error("destructor: free(b0)"),
            "line 2: expected a destructor of a thread, such as 'thread 1: destructor:': the first does not "
            "end, found "
            "'destructor'");
  EXPECT_EQ(line_error("thread 1: signal handler on stack: free(b0)"),
            "line 2: expected an operation, such as b0 = malloc(24) or free(b0), found 'signal'");
  EXPECT_EQ(line_error("thread 1: fork()"),
            "line 2: expected fork without a thread, as it has none, found 'thread'");
}

TEST(TextForm, TheLayoutStandsOnceBeforeTheFirstOperation) {
  EXPECT_EQ(line_error("layout huge"),
            "line 2: expected a layout (classic, aligned16, modern, tiny), found 'huge'");
  const std::string once =
      "line 3: expected an operation, as the layout stands once, before the first operation, found 'layout'";
  EXPECT_EQ(line_error("check\nlayout tiny"), once);
  EXPECT_EQ(line_error("layout tiny\nlayout tiny"), once);
}

TEST(TextForm, GarbageIsAnErrorOnOneShortLine) {
  EXPECT_EQ(
      line_error(std::string_view("mal\0loc 0 1", 11)),
      "line 2: expected an operation (malloc, calloc, realloc, free, check, fail-arenas, fail-raw, place, "
      "domain, hook), "
      "found 'mal\\x00loc'");
  const std::string long_line = line_error(std::string(10'000'000, 'a'));
  EXPECT_LT(long_line.size(), 250U);
  EXPECT_NE(long_line.find("(10000000 bytes)"), std::string::npos) << long_line;
  EXPECT_TRUE(line_error("malloc 0 " + std::string(1'000'000, '9'))
                  .starts_with("line 2: expected a size of at most "));
}

TEST(TextForm, ChangedBytesAreParsedOrRefusedButNeverMisread) {
  Random random(22);
  for (int i = 0; i < 5000; ++i) {
    std::string text(i % 2 == 0 ? every_kind_text : first_words_text);
    for (std::uint64_t n = random.below(4) + 1; n > 0; --n) {
      text[static_cast<std::size_t>(random.below(text.size()))] = static_cast<char>(random.below(256));
    }
    try {
      const Trace trace = parse_text(text);
      ASSERT_EQ(parse_text(to_text(trace)), trace) << text;
    } catch (const FormatError& error) {
      ASSERT_EQ(std::string(error.what()).rfind("line ", 0), 0U) << error.what();
    }
  }
}

}  // namespace
}  // namespace poolhammer
