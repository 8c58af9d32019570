#include "harness/contract/testing/spoilt_at_end.hpp"

/// What a thread allocated is gone when it ends, where it is large.
struct Broken : SpoiltAtEnd<(std::size_t{2} << 20U) + 1> {};

#include "harness/contract/testing/exports.hpp"
