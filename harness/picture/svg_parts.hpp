#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "allocator/invariants/violation.hpp"
#include "harness/picture/svg.hpp"
#include "harness/picture/svg_writer.hpp"

// What the pictures of a heap share.
namespace poolhammer {

inline constexpr double picture_width = 960;
inline constexpr double picture_margin = 24;

/// "class 2: 33 to 48 bytes".
[[nodiscard]] std::string class_words(const ModelLayout& layout, std::uint32_t size_class);
/// "pool 3 of arena 0".
[[nodiscard]] std::string pool_words(const PoolName& name);
/// An address as the pools of the heap explain it: "pool 3 of arena 0", "null", or its number.
[[nodiscard]] std::string pool_at_words(const Snapshot& snapshot, std::uintptr_t address);

/// A row of a legend: what it looks like, and what it means.
using LegendRow = std::pair<std::string_view, std::string_view>;

/// Writes a picture from top to bottom.
class Sheet {
 public:
  /// Begins with the title, the moment, and the finding where there is one.
  Sheet(const Scene& scene, std::string title);

  [[nodiscard]] SvgWriter& svg() { return svg_; }
  /// The upper edge of what is still empty.
  [[nodiscard]] double y() const { return y_; }
  void down(double by) { y_ += by; }
  void heading(std::string_view words);
  void line(std::string_view words);
  void legend(const std::vector<LegendRow>& rows);
  /// Marks a box in which the finding lies.
  void guilty(Point at, Point extent);

  /// Where the finding lies, as far as it says so.
  [[nodiscard]] const pymalloc::Location& place() const { return place_; }
  [[nodiscard]] bool is_guilty(const PoolName& pool) const {
    return place_.arena == pool.arena && place_.pool == pool.pool;
  }

  /// The class whose used list is wrong.
  [[nodiscard]] std::optional<std::uint32_t> guilty_list() const;

  [[nodiscard]] std::string finished() const;

 private:
  void tell(const Finding& finding);

  const Scene& scene_;
  std::string title_;
  pymalloc::Location place_;
  SvgWriter svg_;
  double y_ = picture_margin;
};

}  // namespace poolhammer
