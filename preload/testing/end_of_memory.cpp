#include <sys/resource.h>

#include <cerrno>
#include <cstdlib>
#include <initializer_list>

#include "preload/testing/client.hpp"

namespace poolhammer::preload::testing {
namespace {

/// Blocks chained through their own first bytes, as a program without memory has no other place for books.
class Chain {
 public:
  /// Takes blocks until there are no more; returns how many.
  std::size_t take_all(std::size_t size) {
    errno = 0;
    for (std::size_t blocks = 0;; ++blocks) {
      auto** const block = static_cast<void**>(hidden(malloc(size)));
      if (block == nullptr) {
        require(errno == ENOMEM, "malloc says ENOMEM when memory ends");
        return blocks;
      }
      *block = first_;
      first_ = block;
    }
  }
  void give_back() {
    while (first_ != nullptr) {
      auto** const next = static_cast<void**>(*first_);
      free(first_);
      first_ = next;
    }
  }

 private:
  void** first_ = nullptr;
};

/// Lets the process have so many bytes of addresses, for as long as it lives.
class Limit {
 public:
  static constexpr std::size_t bytes = std::size_t{64} << 20U;
  Limit() {
    getrlimit(RLIMIT_AS, &before_);
    struct rlimit limit = before_;
    limit.rlim_cur = bytes;
    require(setrlimit(RLIMIT_AS, &limit) == 0, "a limit is set");
  }
  Limit(const Limit&) = delete;
  Limit& operator=(const Limit&) = delete;
  ~Limit() { setrlimit(RLIMIT_AS, &before_); }

 private:
  struct rlimit before_ {};
};

}  // namespace

void exhausts() {
  {
    const Limit limit;
    for (const std::size_t size : {64UL, 500UL, 4096UL, 64UL, 500UL, 4096UL}) {
      Chain chain;
      require(chain.take_all(size) * size > Limit::bytes / 8, "a good part of the memory was had");
      require(hidden(calloc(10, size)) == nullptr && errno == ENOMEM, "calloc says ENOMEM, too");
      chain.give_back();
    }
  }
  serves();
}

void insists() {
  {
    const Limit limit;
    Chain chain;
    for (const std::size_t size : {500UL, 2000UL, 200UL, 24UL}) chain.take_all(size);
    for (int i = 0; i < 1000; ++i) require(hidden(malloc(24)) == nullptr, "there is no memory");
    chain.give_back();
  }
  serves();
}

}  // namespace poolhammer::preload::testing
