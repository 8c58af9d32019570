#include "worker/threads.hpp"

#include <cerrno>

namespace poolhammer::worker {
namespace {

void wait_for(sem_t& semaphore) {
  while (sem_wait(&semaphore) != 0 && errno == EINTR) {
  }
}

}  // namespace

void Threads::perform_elsewhere(Member& member, void (*call)(void*), void* argument) {
  if (!member.lives) {
    sem_init(&member.go, 0, 0);
    sem_init(&member.done, 0, 0);
    if (pthread_create(&member.thread, nullptr, &Threads::live, &member) != 0) return call(argument);
    member.lives = true;
  }
  member.call = call;
  member.argument = argument;
  sem_post(&member.go);
  wait_for(member.done);
}

void* Threads::live(void* argument) {
  Member& member = *static_cast<Member*>(argument);
  while (true) {
    wait_for(member.go);
    if (member.call == nullptr) return nullptr;
    member.call(member.argument);
    sem_post(&member.done);
  }
}

void Threads::end(Member& member) {
  if (!member.lives) return;
  member.call = nullptr;
  sem_post(&member.go);
  pthread_join(member.thread, nullptr);
  sem_destroy(&member.go);
  sem_destroy(&member.done);
  member.lives = false;
}

void Threads::end_all() {
  for (Member& member : members_) end(member);
}

void Threads::forget() {
  for (Member& member : members_) member.lives = false;
}

}  // namespace poolhammer::worker
