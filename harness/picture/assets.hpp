#pragma once

#include <string_view>

/// Style sheets, markup and scripts, each from the file of that name in this folder: CMake puts them into the
/// program.
namespace poolhammer::assets {

extern const std::string_view colours_css;  ///< what each meaning looks like, in light and in dark
extern const std::string_view svg_css;      ///< of the SVG pictures

// The parts of the page, in their order.
extern const std::string_view head_html;
extern const std::string_view page_css;
extern const std::string_view body_html;
extern const std::string_view heap_js;
extern const std::string_view words_js;
extern const std::string_view map_js;
extern const std::string_view pool_js;
extern const std::string_view page_js;
extern const std::string_view selftest_js;

}  // namespace poolhammer::assets
