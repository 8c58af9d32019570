#include "harness/picture/svg_writer.hpp"

#include <fmt/format.h>

#include <iterator>

#include "harness/picture/assets.hpp"

namespace poolhammer {

std::string xml_text(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        // Bytes over 127 may be no UTF-8 (where char is signed they are below 0), and most control characters
        // are not allowed in XML at all.
        out += c >= ' ' && c < 0x7f ? c : '?';
    }
  }
  return out;
}

void SvgWriter::box(std::string_view classes, Point at, Point extent, std::string_view says) {
  const auto out = std::back_inserter(body_);
  fmt::format_to(out, R"(<rect class="{}" x="{}" y="{}" width="{}" height="{}")", classes, at.x, at.y,
                 extent.x, extent.y);
  if (says.empty()) {
    body_ += "/>\n";
  } else {
    fmt::format_to(out, "><title>{}</title></rect>\n", xml_text(says));
  }
}

void SvgWriter::text(std::string_view classes, Point at, std::string_view words) {
  fmt::format_to(std::back_inserter(body_), "<text class=\"{}\" x=\"{}\" y=\"{}\">{}</text>\n", classes, at.x,
                 at.y, xml_text(words));
}

void SvgWriter::arrow(std::string_view classes, Point from, Point to, double bow) {
  const Point middle{(from.x + to.x) / 2, (from.y + to.y) / 2 - bow};
  fmt::format_to(std::back_inserter(body_), "<path class=\"arrow {}\" d=\"M{} {}Q{} {} {} {}\"/>\n", classes,
                 from.x, from.y, middle.x, middle.y, to.x, to.y);
}

void SvgWriter::begin(std::string_view classes, std::string_view says) {
  fmt::format_to(std::back_inserter(body_), "<g class=\"{}\"><title>{}</title>\n", classes, xml_text(says));
}

void SvgWriter::end() {
  body_ += "</g>\n";
}

std::string SvgWriter::finished(Point extent, std::string_view title, std::string_view description) const {
  return fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0}\" height=\"{1}\" viewBox=\"0 0 {0} {1}\" "
      "role=\"img\">\n"
      "<title>{2}</title>\n<desc>{3}</desc>\n<style>\n{4}{5}</style>\n<defs>\n"
      "<pattern id=\"hatch\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\" "
      "patternTransform=\"rotate(45)\"><rect class=\"hatch\" width=\"1.5\" height=\"6\"/></pattern>\n"
      "<marker id=\"tip\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" markerWidth=\"7\" markerHeight=\"7\" "
      "orient=\"auto-start-reverse\"><path class=\"tip\" d=\"M0 0L8 4L0 8z\"/></marker>\n"
      "</defs>\n<rect class=\"paper\" width=\"{0}\" height=\"{1}\"/>\n{6}</svg>\n",
      extent.x, extent.y, xml_text(title), xml_text(description), assets::colours_css, assets::svg_css,
      body_);
}

}  // namespace poolhammer
