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
}

bool Threads::bear(Member& member) {
  if (member.lives) return true;
  sem_init(&member.go, 0, 0);
  sem_init(&member.done, 0, 0);
  member.ends = false;
  member.lives = pthread_create(&member.thread, nullptr, &Threads::live, &member) == 0;
  return member.lives;
}

void Threads::perform_elsewhere(Member& member, bool in_destructor, void (*call)(void*), void* argument) {
  if (in_destructor && !data_) data_.emplace();
  if (member.ends && !in_destructor) end(member);
  if (!bear(member)) return call(argument);
  if (in_destructor && !member.ends) {
    member.data = &*data_;
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
  if (!member.ends) return nullptr;
  member.at_end = {.call = &Threads::serve_at_end, .argument = &member};
  // Where there is no memory for it, the calls come from the thread itself.
  if (!member.data->set(member.at_end)) serve_at_end(&member);
  return nullptr;
}

void Threads::serve_at_end(void* argument) {
  Member& member = *static_cast<Member*>(argument);
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
