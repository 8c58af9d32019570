#include "reported/base/slabs.hpp"

#include "reported/base/family.hpp"

struct Heap : Slabs<Heap> {};

/// Control: size classes with a cache for each thread.
struct Broken : Family<Broken, Heap> {};

#include "harness/contract/testing/exports.hpp"
