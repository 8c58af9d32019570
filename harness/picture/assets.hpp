#pragma once

#include <string_view>

/// Style sheets and scripts, each from the file of that name in this folder: CMake puts them into the
/// program.
namespace poolhammer::assets {

extern const std::string_view colours_css;  ///< what each meaning looks like, in light and in dark
extern const std::string_view svg_css;      ///< of the SVG pictures

}  // namespace poolhammer::assets
