// A main() for compilers without an engine, for gdb, Valgrind and CTest: it runs files, folders of files and
// standard input, and stops at the first finding.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include <fmt/format.h>

#include "fuzz/support/limits.hpp"
#include "fuzz/support/target.hpp"
#include "fuzz/support/which_engine.hpp"
#include "harness/base/format_error.hpp"

extern "C" int LLVMFuzzerInitialize(int* count, char*** arguments);
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace poolhammer::fuzz {
namespace {

constexpr std::string_view usage =
    "usage: {0} [--edges] [-artifact_prefix=PREFIX] FILE|FOLDER|-...\n"
    "Runs every file, every file below a folder, or standard input (-) as an input of the target '{1}'.\n"
    "  --describe               say what the target is, as JSON, and end\n"
    "  --edges                  first run inputs of 0, 1, 15, 16 and 17 bytes, and 4 KiB of 0xff\n"
    "  -artifact_prefix=PREFIX  put the file of a finding there (default: ./)\n"
    "Exit status: 0 nothing found, 1 a finding, 2 bad usage or an unreadable file.\n";

struct Arguments {
  bool edges = false;
  std::vector<std::string> paths;
};

std::uint64_t run(std::span<const std::uint8_t> input) {
  // A copy of exactly this size, so that a sanitizer sees a read behind its end.
  const std::vector<std::uint8_t> exact(input.begin(), input.end());
  LLVMFuzzerTestOneInput(exact.data(), exact.size());
  return 1;
}

std::uint64_t run_edges() {
  std::uint64_t inputs = 0;
  for (const std::size_t size : {0U, 1U, 15U, 16U, 17U}) {
    for (const std::uint8_t value : {std::uint8_t{0}, std::uint8_t{'P'}}) {
      inputs += run(std::vector<std::uint8_t>(size, value));
    }
  }
  return inputs + run(std::vector<std::uint8_t>(std::size_t{4} << 10U, std::uint8_t{0xff}));
}

/// No engine makes longer inputs; a device that never ends is refused in time.
constexpr std::size_t max_input_bytes = std::size_t{256} << 20U;

std::vector<std::uint8_t> read_all(std::istream& stream, std::string_view name) {
  std::vector<std::uint8_t> bytes;
  std::vector<char> part(std::size_t{64} << 10U);
  while (stream.read(part.data(), static_cast<std::streamsize>(part.size())) || stream.gcount() > 0) {
    bytes.insert(bytes.end(), part.begin(), part.begin() + stream.gcount());
    if (bytes.size() > max_input_bytes) throw InputError(fmt::format("{}: longer than 256 MiB", name));
  }
  if (stream.bad()) throw InputError(fmt::format("{}: cannot be read", name));
  return bytes;
}

std::uint64_t run_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw InputError(fmt::format("{}: cannot be opened", path.string()));
  return run(read_all(file, path.string()));
}

/// Files in the order of their names, so that two runs report the same finding.
std::uint64_t run_folder(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file()) files.push_back(entry.path());
  }
  std::ranges::sort(files);
  std::uint64_t inputs = 0;
  for (const std::filesystem::path& file : files) inputs += run_file(file);
  return inputs;
}

std::uint64_t run_path(const std::string& path) {
  if (path == "-") return run(read_all(std::cin, "standard input"));
  const std::filesystem::file_status status = std::filesystem::status(path);
  if (!std::filesystem::exists(status)) throw InputError(fmt::format("{}: no such file or folder", path));
  return std::filesystem::is_directory(status) ? run_folder(path) : run_file(path);
}

Arguments parse(std::span<char* const> arguments) {
  Arguments parsed;
  for (const std::string_view argument : arguments) {
    if (argument == "--edges") {
      parsed.edges = true;
    } else if (argument.starts_with("-") && argument != "-" && !argument.starts_with("-artifact_prefix=")) {
      throw InputError(fmt::format("unknown option {} (this build has no fuzzing engine)", argument));
    } else if (!argument.starts_with("-artifact_prefix=")) {
      parsed.paths.emplace_back(argument);
    }
  }
  if (!parsed.edges && parsed.paths.empty()) throw InputError("expected a file, a folder or - (see --help)");
  return parsed;
}

int run_all(std::span<char* const> arguments) {
  const Arguments parsed = parse(arguments);
  std::uint64_t inputs = parsed.edges ? run_edges() : 0;
  for (const std::string& path : parsed.paths) inputs += run_path(path);
  fmt::print("{}: {} {} ran, nothing found\n", target.name, inputs, inputs == 1 ? "input" : "inputs");
  if (std::fflush(stdout) != 0) throw InputError("standard output: cannot be written");
  return 0;
}

}  // namespace
}  // namespace poolhammer::fuzz

int main(int count, char** values) {
  namespace fuzz = poolhammer::fuzz;
  fuzz::set_engine(fuzz::Engine::plain);
  LLVMFuzzerInitialize(&count, &values);
  const std::span<char* const> arguments(values + 1, static_cast<std::size_t>(std::max(count - 1, 0)));
  if (std::ranges::count(arguments, std::string_view("--help")) != 0) {
    fmt::print(fuzz::usage, values[0], fuzz::target.name);
    return 0;
  }
  try {
    return fuzz::run_all(arguments);
  } catch (const poolhammer::InputError& error) {
    fmt::print(stderr, "{}: {}\n", values[0], error.what());
  } catch (const std::filesystem::filesystem_error& error) {
    fmt::print(stderr, "{}: {}: {}\n", values[0], error.path1().string(), error.code().message());
  }
  return fuzz::number(fuzz::Status::bad_usage);
}
