#pragma once

#include <cstdint>

namespace poolhammer::fuzz {

/// Who runs the target.
enum class Engine : std::uint8_t {
  libfuzzer,
  plain,  ///< our own main()
  other,  ///< AFL++, say: it knows a crash by its signal
};

[[nodiscard]] Engine engine() noexcept;
/// What our own main() says; otherwise libFuzzer is known by its symbols.
void set_engine(Engine engine) noexcept;

/// Has libFuzzer write its own crash file and its statistics, where it is the engine.
void dump_unit_of_libfuzzer() noexcept;

}  // namespace poolhammer::fuzz
