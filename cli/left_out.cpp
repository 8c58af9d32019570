// In the place of a command that a build of 32 bits has not.
#include "cli/commands.hpp"

namespace poolhammer::cli {

void add_explore(CLI::App& app, Action& action) {
  CLI::App* const explore = app.add_subcommand("explore", "left out of a 32-bit build");
  explore->allow_extras();
  explore->final_callback([&action] {
    action = []() -> Exit {
      throw std::runtime_error("explore is left out of a 32-bit build, as is the allocator that it explores");
    };
  });
}

}  // namespace poolhammer::cli
