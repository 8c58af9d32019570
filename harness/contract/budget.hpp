#pragma once

#include <chrono>
#include <functional>
#include <string_view>
#include <utility>

namespace poolhammer::contract {

/// How long the check of one library may go on: what is cut off is said in its report.
class Budget {
 public:
  using Clock = std::chrono::steady_clock;
  using Seconds = std::chrono::duration<double>;

  /// What a library gets that breaks something, or is slow with many blocks, where nobody says how much: its
  /// deaths and hangs cost most. Any other is tried to the end.
  static constexpr Seconds usual{100};

  /// The time counts from here. `whole` of 0: as usual. `interrupted` is asked often.
  explicit Budget(Seconds whole = {}, std::function<bool()> interrupted = {})
      : begin_(Clock::now()), whole_(whole), interrupted_(std::move(interrupted)) {}

  /// From now on the usual limit holds.
  void hold_usual() { usual_holds_ = true; }

  [[nodiscard]] bool interrupted() const { return interrupted_ && interrupted_(); }
  /// Whether so large a part of the time is over, or an interrupt came.
  [[nodiscard]] bool over(double part) const { return interrupted() || spent() > part; }
  /// The part of the time that is over; 0 without a limit.
  [[nodiscard]] double spent() const { return spent_since(0); }
  /// The part of the time that went by since `begin`, in seconds(); 0 without a limit.
  [[nodiscard]] double spent_since(double begin) const {
    const Seconds limit = whole_.count() > 0 ? whole_ : usual_holds_ ? usual : Seconds{};
    return limit.count() > 0 ? (seconds() - begin) / limit.count() : 0;
  }
  [[nodiscard]] double seconds() const { return Seconds(Clock::now() - begin_).count(); }

 private:
  Clock::time_point begin_;
  Seconds whole_;
  std::function<bool()> interrupted_;
  bool usual_holds_ = false;
};

// Parts of the time: the rest of each is for what stands behind it.
inline constexpr double part_for_trying = 0.7;
inline constexpr double part_for_clause = 0.1;  ///< so that one that is slow hides no other
inline constexpr double part_for_deaths = 0.2;  ///< each candidate of a death has a process of its own
inline constexpr double part_for_reducing = 0.85;
/// Of the time for reducing: what is left is for runs that make sure of the result.
inline constexpr double part_for_shrinking = 0.7;

}  // namespace poolhammer::contract
