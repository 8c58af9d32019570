#include "worker/hand_over.hpp"

#include <span>

#include "harness/oracles/pattern.hpp"

namespace poolhammer::worker {

void wrap(const Parcel& parcel) {
  write_pattern({static_cast<std::byte*>(parcel.call.block), parcel.call.size}, parcel.pattern);
}

}  // namespace poolhammer::worker
