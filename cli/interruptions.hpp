#pragma once

namespace poolhammer::cli {

/// Whether a person asked for an end by SIGINT, SIGTERM or SIGHUP while one of these lives: what was reached
/// so far can be saved then.
class Interruptions {
 public:
  Interruptions();
  Interruptions(const Interruptions&) = delete;
  Interruptions& operator=(const Interruptions&) = delete;
  ~Interruptions();

  [[nodiscard]] static bool happened();
  /// Ends the process by the signal that came, if one came: there is nothing to save.
  static void obey();
};

}  // namespace poolhammer::cli
