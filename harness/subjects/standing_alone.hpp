#pragma once

// What adapt.hpp has for a program that stands alone and includes the file that registers an allocator: no
// subject is made there.

#include <functional>
#include <map>
#include <memory>
#include <memory_resource>
#include <string>
#include <string_view>
#include <utility>

namespace poolhammer {

/// How resources of type R are made, by the names under which they are registered.
template <class R>
[[nodiscard]] std::map<std::string_view, std::function<std::unique_ptr<R>(std::pmr::memory_resource*)>>&
makers() {
  static std::map<std::string_view, std::function<std::unique_ptr<R>(std::pmr::memory_resource*)>> all;
  return all;
}

/// Registers nothing.
template <class T>
class Adapted {
 public:
  Adapted(std::string_view /*name*/, std::string_view /*meaning*/) {}
};

/// Keeps the function that makes the resource.
template <class Make>
class AdaptedResource {
 public:
  AdaptedResource(std::string_view name, std::string_view /*meaning*/, Make make) {
    makers<typename std::invoke_result_t<const Make&, std::pmr::memory_resource*>::element_type>().emplace(
        name, std::move(make));
  }
};

}  // namespace poolhammer
