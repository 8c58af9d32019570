#include "harness/subjects/adapt.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cstdlib>
#include <set>
#include <stdexcept>
#include <vector>

#include "harness/run/runner.hpp"
#include "harness/subjects/adapt_testing.hpp"
#include "harness/trace/generate.hpp"
#include "harness/trace/text.hpp"

namespace poolhammer {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

/// The least that can be hammered: the C library behind two functions.
struct Least {
  void* allocate(std::size_t size) { return size > PTRDIFF_MAX ? nullptr : std::malloc(size); }
  void deallocate(void* block) { std::free(block); }
};

/// What many random programs find first: the oracle, or "nothing".
template <class A>
[[nodiscard]] std::string found_in() {
  auto subject = subject_of<A>();
  RunOptions options;
  options.memory_limit = 1U << 20U;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    const Trace trace = generate(seed, {.operations = 200, .layout = LayoutId::classic});
    if (const auto finding = run(trace, subject, options).finding) return finding->oracle;
  }
  return "nothing";
}

const Adapted<Least> least("test:least", "two functions");

TEST(Adapted, IsRegisteredAsAUsersSubject) {
  const auto subject = make_subject("test:least");
  ASSERT_NE(subject, nullptr);
  EXPECT_EQ(subject->name(), "test:least");
  for (const SubjectKind& kind : subject_kinds()) {
    const bool users = kind.name.starts_with("test:");
    EXPECT_EQ(kind.origin, users ? SubjectOrigin::adapted : SubjectOrigin::built_in) << kind.name;
  }
  EXPECT_THAT(adapted_subjects(), testing::Contains("test:least"));
}

TEST(Adapted, TheLeastAllocatorIsNeverAccused) {
  EXPECT_EQ(found_in<Least>(), "nothing");
}

// What an allocator saw. One for all, as an adapted subject makes its allocators itself.
std::vector<std::string> calls_seen;

void note_call(const std::string& name, std::initializer_list<std::size_t> numbers) {
  std::string call = name;
  for (const std::size_t number : numbers) call += " " + std::to_string(number);
  calls_seen.push_back(call);
}

struct Sized : Least {
  void* allocate(std::size_t size) { return note_call("allocate", {size}), Least::allocate(size); }
  void deallocate(void* block, std::size_t size) {
    note_call("deallocate", {size});
    std::free(block);
  }
};

TEST(Adapted, ReallocAndCallocAreMadeOfTheRestWhereThereAreNone) {
  calls_seen.clear();
  EXPECT_EQ(told<Sized>("malloc 0 40\nrealloc 0 50\ncalloc 1 3 7\nfree 1\nfree 0\nfree 5\n"), "nothing");
  EXPECT_THAT(calls_seen, ElementsAre("allocate 40", "allocate 50", "deallocate 40", "allocate 21",
                                      "deallocate 21", "deallocate 50"));
  EXPECT_EQ(found_in<Sized>(), "nothing");
}

struct WithZero : Sized {
  static constexpr bool zero_sized_blocks = true;
};

TEST(Adapted, ABlockOfNoBytesIsOneOfOneByteUnlessTheTypeHasSuch) {
  calls_seen.clear();
  EXPECT_EQ(told<Sized>("malloc 0 0\nfree 0\n"), "nothing");
  EXPECT_EQ(told<WithZero>("malloc 0 0\nfree 0\n"), "nothing");
  EXPECT_THAT(calls_seen, ElementsAre("allocate 1", "deallocate 1", "allocate 0", "deallocate 0"));
}

struct Complete : Least {
  void* calloc(std::size_t count, std::size_t size) {
    note_call("calloc", {count, size});
    return std::calloc(count, size);
  }
  void* realloc(void* block, std::size_t old_size, std::size_t size) {
    note_call("realloc", {old_size, size});
    return size > PTRDIFF_MAX ? nullptr : std::realloc(block, size);
  }
};

TEST(Adapted, OwnCallocAndReallocAreCalled) {
  calls_seen.clear();
  EXPECT_EQ(told<Complete>("calloc 0 3 7\nrealloc 0 50\nrealloc 0 20\nrealloc 1 9\nfree 0\n"), "nothing");
  EXPECT_THAT(calls_seen, ElementsAre("calloc 3 7", "realloc 21 50", "realloc 50 20"));
  calls_seen.clear();
  EXPECT_EQ(told<Complete>("calloc 0 4 9223372036854775808\n"), "nothing");
  EXPECT_THAT(calls_seen, ElementsAre("calloc 4 9223372036854775808"));
}

struct Small : Sized {
  static constexpr std::size_t largest_request = 64;
  [[nodiscard]] static bool may_refuse(std::size_t /*size*/) { return false; }
};

struct AlignedWithRealloc : Least {
  void* allocate(std::size_t size, std::size_t asked = 16) {
    note_call("allocate", {size, asked});
    return Least::allocate(size);
  }
  void deallocate(void* block, std::size_t size, std::size_t asked) {
    note_call("deallocate", {size, asked});
    std::free(block);
  }
  static void* realloc(void* block, std::size_t size) { return std::realloc(block, size); }
  std::size_t alignment = 1;  ///< no constant: no promise
};

TEST(Adapted, ATypeWithReallocIsAskedForTheAlignmentOfAnyObjectOnly) {
  calls_seen.clear();
  EXPECT_EQ(told<AlignedWithRealloc>("malloc 0 3\nrealloc 0 5\nfree 0\n"), "nothing");
  EXPECT_THAT(calls_seen, ElementsAre("allocate 3 16", "deallocate 5 16"));
}

TEST(Adapted, NoSizeOverTheLargestRequestIsAskedFor) {
  calls_seen.clear();
  EXPECT_EQ(told<Small>("malloc 0 64\nmalloc 1 65\nrealloc 0 100\ncalloc 2 13 5\n"), "nothing");
  EXPECT_THAT(calls_seen, ElementsAre("allocate 64", "deallocate 64"));
}

struct Aligned {
  void* allocate(std::size_t size, std::size_t alignment) {
    alignments.insert(alignment);
    return size > PTRDIFF_MAX ? nullptr : ::operator new (size, std::align_val_t{alignment}, std::nothrow);
  }
  void deallocate(void* block, std::size_t /*size*/, std::size_t alignment) {
    ::operator delete (block, std::align_val_t{alignment});
  }
  static constexpr std::size_t largest_alignment = 64;
  static inline std::set<std::size_t> alignments;
};

/// Knows no alignment over 32 bytes.
struct Limited : Aligned {
  void* allocate(std::size_t size, std::size_t alignment) {
    if (size > PTRDIFF_MAX) return nullptr;
    auto* const block = static_cast<std::byte*>(::operator new (size + 32, std::align_val_t{64}));
    return block + (alignment == 64 ? 32 : 0);
  }
  void deallocate(void* block, std::size_t /*size*/, std::size_t alignment) {
    ::operator delete (static_cast<std::byte*>(block) - (alignment == 64 ? 32 : 0), std::align_val_t{64});
  }
};

TEST(Adapted, EveryAlignmentIsAskedForAndJudged) {
  EXPECT_EQ(found_in<Aligned>(), "nothing");
  EXPECT_THAT(Aligned::alignments, ElementsAre(1, 2, 4, 8, 16, 32, 64));
  EXPECT_EQ(found_in<Limited>(), "shadow.alignment");
}

struct Promising : Least {
  static constexpr std::size_t alignment = 4096;
};

TEST(Adapted, AnAlignmentThatTheTypePromisesIsOwedToEveryBlock) {
  EXPECT_EQ(found_in<Promising>(), "shadow.alignment");
}

TEST(Adapted, BadAllocIsARefusal) {
  struct Throwing : Least {
    void* allocate(std::size_t size) { return size > 100 ? throw std::bad_alloc() : Least::allocate(size); }
  };
  EXPECT_EQ(found_in<Throwing>(), "nothing");
}

TEST(AdaptedDeathTest, AnyOtherExceptionEndsTheProcess) {
  struct Throwing : Least {
    void* allocate(std::size_t size) {
      return size > 100 ? throw std::length_error("too long") : Least::allocate(size);
    }
  };
  EXPECT_DEATH(static_cast<void>(told<Throwing>("malloc 0 101\n")), "too long");
}

TEST(AdaptedDeathTest, AnExceptionOfDeallocateEndsTheProcess) {
  struct Throwing : Least {
    void deallocate(void* block) {
      Least::deallocate(block);
      throw std::bad_alloc();
    }
  };
  EXPECT_DEATH(static_cast<void>(told<Throwing>("malloc 0 1\nfree 0\n")), "bad_alloc");
}

TEST(Adapted, ARefusalIsJudgedByTheTypeWhereItCan) {
  struct Full : Least {
    void* allocate(std::size_t /*size*/) { return nullptr; }
  };
  struct Strict : Full {
    [[nodiscard]] static bool may_refuse(std::size_t size) { return size > 50; }
  };
  EXPECT_EQ(told<Full>("malloc 0 50\n"), "nothing");
  EXPECT_EQ(told<Strict>("malloc 0 51\n"), "nothing");
  EXPECT_THAT(told<Strict>("malloc 0 50\n"), HasSubstr("shadow.refusal: NULL"));
}

TEST(Adapted, AUsableSizeBelowWhatWasAskedForIsFound) {
  struct Short : Least {
    [[nodiscard]] static std::size_t usable_size(void* /*block*/) { return 16; }
  };
  EXPECT_EQ(told<Short>("malloc 0 16\n"), "nothing");
  EXPECT_EQ(told<Short>("malloc 0 17\n"), "shadow.usable-size: one of 16");
}

TEST(Adapted, WhatCheckSaysIsAFindingInAllItsForms) {
  struct String : Least {
    [[nodiscard]] static std::string check() { return "a string"; }
  };
  struct Literal : Least {
    [[nodiscard]] static const char* check() { return "a literal"; }
  };
  struct Optional : Least {
    [[nodiscard]] static std::optional<std::string> check() { return "an optional"; }
  };
  EXPECT_EQ(told<String>("malloc 0 1\n"), "invariant.self-check: a string");
  EXPECT_EQ(told<Literal>("malloc 0 1\n"), "invariant.self-check: a literal");
  EXPECT_EQ(told<Optional>("malloc 0 1\n"), "invariant.self-check: an optional");
}

TEST(Adapted, NothingSaidByCheckIsNoFinding) {
  struct String : Least {
    [[nodiscard]] static std::string check() { return {}; }
  };
  struct Literal : Least {
    [[nodiscard]] static const char* check() { return nullptr; }
  };
  struct Optional : Least {
    [[nodiscard]] static std::optional<std::string> check() { return std::nullopt; }
  };
  EXPECT_EQ(told<String>("malloc 0 1\n"), "nothing");
  EXPECT_EQ(told<Literal>("malloc 0 1\n"), "nothing");
  EXPECT_EQ(told<Optional>("malloc 0 1\n"), "nothing");
}

TEST(Adapted, BytesStillCountedBehindTheDrainAreFound) {
  struct Counting : Least {
    void* allocate(std::size_t size) {
      used += size;
      return Least::allocate(size);
    }
    void deallocate(void* block, std::size_t size) {
      used -= size > 1000 ? 1000 : size;
      std::free(block);
    }
    [[nodiscard]] std::size_t bytes_in_use() const { return used; }
    std::size_t used = 0;
  };
  EXPECT_EQ(told<Counting>("malloc 0 7\nmalloc 1 1000\n"), "nothing");
  EXPECT_EQ(told<Counting>("malloc 0 7\nmalloc 1 1003\n"), "drain.bytes: 3");
}

/// Counts its lives.
struct Mortal : Least {
  Mortal() { ++made; }
  Mortal(const Mortal&) = delete;
  Mortal& operator=(const Mortal&) = delete;
  ~Mortal() { ++ended; }
  static inline int made = 0;
  static inline int ended = 0;
};

TEST(Adapted, AnAllocatorEndsWithARunThatFoundNothing) {
  Mortal::made = Mortal::ended = 0;
  {
    auto subject = subject_of<Mortal>();
    const Trace trace = parse_text("poolhammer trace 1\nlayout classic\nmalloc 0 10\n");
    EXPECT_FALSE(run(trace, subject).finding);
    EXPECT_EQ(Mortal::made, Mortal::ended);
    EXPECT_FALSE(run(trace, subject).finding);
    subject.reset();
    EXPECT_EQ(Mortal::made, Mortal::ended + 1);
  }
  EXPECT_EQ(Mortal::made, Mortal::ended);
}

TEST(Adapted, AnAllocatorThatIsLeftInTheMiddleIsForgotten) {
  Mortal::made = Mortal::ended = 0;
  {
    auto subject = subject_of<Mortal>();
    subject.free(subject.malloc(10));
    subject.reset();
    EXPECT_EQ(Mortal::made, 2);
    subject.free(subject.malloc(10));
  }
  EXPECT_EQ(Mortal::ended, 0);
}

TEST(Adapted, AnAllocatorBeginsInMemoryThatIsNotZero) {
  struct Lazy {
    void* allocate(std::size_t size) { return size == 1 ? &bytes[0] : nullptr; }
    void deallocate(void* /*block*/) {}
    std::array<std::byte, 8> bytes;  // NOLINT: on purpose
  };
  auto subject = subject_of<Lazy>();
  subject.reset();
  EXPECT_EQ(*static_cast<std::byte*>(subject.malloc(1)), std::byte{0xA5});
}

}  // namespace
}  // namespace poolhammer
