#pragma once

#include <pthread.h>

namespace poolhammer::worker {

/// Data of threads that is destroyed when all other data of the thread was: an allocator's own destructors
/// have run by then. Takes a key of those that the library may have as long as it lives.
///
/// POSIX.1-2024 pthread_key_create: what a destructor sets anew is destroyed anew, when all other destructors
/// were called.
class LateData {
 public:
  /// What is to be called at a thread's end. It outlives the thread.
  struct AtEnd {
    void (*call)(void* argument) = nullptr;
    void* argument = nullptr;
    pthread_key_t key = 0;            ///< set() fills it in
    bool others_were_called = false;  ///< all destructors of the thread's data, once
  };

  LateData();
  LateData(const LateData&) = delete;
  LateData& operator=(const LateData&) = delete;
  ~LateData();

  /// Of the calling thread. False: there is no memory or no key for it, and nothing will be called.
  [[nodiscard]] bool set(AtEnd& at_end) const;

 private:
  static void destroy(void* at_end);

  pthread_key_t key_ = 0;
  bool made_ = false;
};

}  // namespace poolhammer::worker
