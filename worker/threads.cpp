#include "worker/threads.hpp"

#include <cerrno>

namespace poolhammer::worker {
namespace {

void wait_for(sem_t& semaphore) {
  while (sem_wait(&semaphore) != 0 && errno == EINTR) {
  }
}

}  // namespace

Threads::~Threads() {
  end_all();
  if (has_data_) pthread_key_delete(data_);
}

/// It takes a key of those that the library may have: only where a program wants it.
void Threads::make_data() {
  has_data_ = pthread_key_create(&data_, &Threads::destroy) == 0;
  if (data_ != 0) return;
  // A library that never made its key sets data of key 0: that is left to it, without a destructor.
  pthread_key_t other = 0;
  if (!has_data_ || pthread_key_create(&other, &Threads::destroy) != 0) return;
  pthread_key_delete(data_);
  pthread_key_t left = 0;
  (void)pthread_key_create(&left, nullptr);
  data_ = other;
}

bool Threads::bear(Member& member) {
  if (member.lives) return true;
  sem_init(&member.go, 0, 0);
  sem_init(&member.done, 0, 0);
  member.ends = false;
  member.others_were_called = false;
  member.lives = pthread_create(&member.thread, nullptr, &Threads::live, &member) == 0;
  return member.lives;
}

void Threads::perform_elsewhere(Member& member, bool in_destructor, void (*call)(void*), void* argument) {
  if (in_destructor && !has_data_) make_data();
  if (member.ends && !in_destructor) end(member);
  if (!bear(member)) return call(argument);
  if (in_destructor && has_data_ && !member.ends) {
    member.data = data_;
    member.ends = true;
    member.call = nullptr;
    sem_post(&member.go);
    wait_for(member.done);
  }
  member.call = call;
  member.argument = argument;
  sem_post(&member.go);
  wait_for(member.done);
}

void Threads::serve(Member& member) {
  while (true) {
    wait_for(member.go);
    if (member.call == nullptr) return;
    member.call(member.argument);
    sem_post(&member.done);
  }
}

void* Threads::live(void* argument) {
  Member& member = *static_cast<Member*>(argument);
  serve(member);
  if (!member.ends || pthread_setspecific(member.data, &member) == 0) return nullptr;
  // No memory for it: the calls come from the thread itself.
  sem_post(&member.done);
  serve(member);
  return nullptr;
}

/// POSIX.1-2024 pthread_key_create: what is set anew is destroyed anew, when all other destructors were
/// called.
void Threads::destroy(void* argument) {
  Member& member = *static_cast<Member*>(argument);
  if (!member.others_were_called) {
    member.others_were_called = true;
    pthread_setspecific(member.data, &member);
    return;
  }
  sem_post(&member.done);
  serve(member);
}

void Threads::end(Member& member) {
  if (!member.lives) return;
  member.call = nullptr;
  sem_post(&member.go);
  pthread_join(member.thread, nullptr);
  sem_destroy(&member.go);
  sem_destroy(&member.done);
  member.lives = false;
  member.ends = false;
}

void Threads::end_all() {
  for (Member& member : members_) end(member);
}

void Threads::forget() {
  for (Member& member : members_) member.lives = false;
}

}  // namespace poolhammer::worker
