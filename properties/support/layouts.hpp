#pragma once

#include <gtest/gtest.h>

#include <string>

#include "allocator/layout.hpp"
#include "harness/trace/trace.hpp"

namespace poolhammer {

/// For TYPED_TEST_SUITE: properties that look into a heap run once a layout.
using Layouts = pymalloc::Layouts::into<testing::Types>;

struct LayoutName {
  template <class L>
  [[nodiscard]] static std::string GetName(int /*index*/) {
    return std::string(L::name);
  }
};

template <pymalloc::Layout L>
inline constexpr auto layout_id = static_cast<LayoutId>(layout_number<L>);

}  // namespace poolhammer
