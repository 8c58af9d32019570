#include "harness/process/process_tree.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <iterator>
#include <set>
#include <sstream>
#include <string>
#include <system_error>
#include <vector>

namespace poolhammer {
namespace {

namespace fs = std::filesystem;

/// What a file of /proc holds; nothing, or its beginning, where the process ended meanwhile.
[[nodiscard]] std::string contents(const std::string& file) {
  std::string text;
  const int descriptor = open(file.c_str(), O_RDONLY | O_CLOEXEC);
  std::array<char, 4096> buffer{};
  ssize_t length = 0;
  while (descriptor >= 0 && (length = read(descriptor, buffer.data(), buffer.size())) > 0)
    text.append(buffer.data(), static_cast<std::size_t>(length));
  if (descriptor >= 0) close(descriptor);
  return text;
}

void add_thread(const std::string& folder, int thread, TreeSample& sample) {
  const std::string text = contents(folder + "/stat");
  // "ID (NAME) STATE ...": the name may hold anything.
  const std::size_t name_end = text.rfind(") ");
  if (name_end == std::string::npos) return;
  std::istringstream fields(text.substr(name_end + 2));
  std::string state;
  fields >> state;
  constexpr int between = 10;
  std::string skipped;
  for (int field = 0; field < between; ++field) fields >> skipped;
  long long user = 0;
  long long system = 0;
  if (!(fields >> user >> system)) return;
  sample.processor_times[thread] = std::chrono::milliseconds((user + system) * 1000 / sysconf(_SC_CLK_TCK));
  if (state == "R" || state == "D") sample.awake = true;
}

[[nodiscard]] std::vector<int> children_in(const std::string& thread_folder) {
  std::istringstream text(contents(thread_folder + "/children"));
  return {std::istream_iterator<int>(text), {}};
}

[[nodiscard]] std::vector<int> threads_of(int process) {
  std::vector<int> threads;
  std::error_code gone;
  for (fs::directory_iterator at(fmt::format("/proc/{}/task", process), gone), end; !gone && at != end;
       at.increment(gone))
    threads.push_back(std::stoi(at->path().filename().string()));
  return threads;
}

[[nodiscard]] std::size_t resident_bytes_of(int process) {
  std::istringstream file(contents(fmt::format("/proc/{}/statm", process)));
  std::size_t all = 0;
  std::size_t resident = 0;
  file >> all >> resident;
  return resident * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
}

}  // namespace

TreeSample sample_below(int supervisor, int child) {
  TreeSample sample;
  std::vector<int> left = {supervisor};
  // It is the supervisor's child; but not every system lists them.
  if (child > 0) left.push_back(child);
  std::set<int> seen;
  while (!left.empty()) {
    const int process = left.back();
    left.pop_back();
    if (!seen.insert(process).second) continue;
    for (const int thread : threads_of(process)) {
      const std::string folder = fmt::format("/proc/{}/task/{}", process, thread);
      if (process != supervisor) add_thread(folder, thread, sample);
      const std::vector<int> children = children_in(folder);
      left.insert(left.end(), children.begin(), children.end());
    }
    if (process != supervisor)
      sample.resident_bytes = std::max(sample.resident_bytes, resident_bytes_of(process));
  }
  if (sample.processor_times.empty()) sample.awake = true;
  return sample;
}

}  // namespace poolhammer
