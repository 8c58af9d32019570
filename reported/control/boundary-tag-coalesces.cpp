// Declares: --coalesces
#include "reported/base/boundary_tag.hpp"

#include "reported/base/family.hpp"
#include "reported/base/lock.hpp"

struct Heap : BoundaryTag<Heap> {};

/// Control: first fit in one MiB that joins what is freed, and says so.
struct Broken : Family<Broken, Locked<Heap>> {};

#include "harness/contract/testing/exports.hpp"
