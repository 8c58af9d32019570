#include "harness/contract/testing/spoilt_at_end.hpp"

/// What a thread allocated is gone when it ends.
struct Broken : SpoiltAtEnd<0> {};

#include "harness/contract/testing/exports.hpp"
