#pragma once

#include <string>
#include <string_view>

namespace poolhammer {

/// Text as it must stand in XML, between tags or in an attribute's quotes. What XML has no way to say
/// becomes "?".
[[nodiscard]] std::string xml_text(std::string_view text);

/// A place or an extent, in the pixels of the picture; y points down.
struct Point {
  double x = 0;
  double y = 0;
};

/// Puts an SVG together from shapes that carry a meaning ("held", "free", "virgin"): what a meaning looks
/// like, in light and in dark, is in one style sheet.
class SvgWriter {
 public:
  /// `classes`: the meanings, separated by blanks. `says`, where given, is what a reader hears and what shows
  /// under the pointer.
  void box(std::string_view classes, Point at, Point extent, std::string_view says = {});
  void text(std::string_view classes, Point at, std::string_view words);
  /// An arrow in a bow, so that arrows between neighbours can be told apart; straight where `bow` is 0.
  void arrow(std::string_view classes, Point from, Point to, double bow = 0);
  /// Everything until end() belongs together, and is named by `says`.
  void begin(std::string_view classes, std::string_view says);
  void end();

  /// The whole picture. It needs nothing beside it.
  [[nodiscard]] std::string finished(Point extent, std::string_view title,
                                     std::string_view description) const;

 private:
  std::string body_;
};

}  // namespace poolhammer
