#include "record/writer.hpp"

namespace {

/// A program that never allocates gets a log too: an empty one says that it was recorded.
[[gnu::constructor]] void attach() noexcept {
  poolhammer::log::start();
}

}  // namespace
