#include "harness/contract/testing/spoilt_at_end.hpp"

/// What a thread allocated of 20 000 bytes and more is gone when it ends.
struct Broken : SpoiltAtEnd<20'000> {};

#include "harness/contract/testing/exports.hpp"
