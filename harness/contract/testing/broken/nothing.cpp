#include "harness/contract/testing/sound.hpp"

/// The control: nothing is broken.
struct Broken : Sound {};

#include "harness/contract/testing/exports.hpp"
