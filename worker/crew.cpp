#include "worker/crew.hpp"

#include <cerrno>

namespace poolhammer::library {
namespace {

void wait_for(sem_t& semaphore) {
  while (sem_wait(&semaphore) != 0 && errno == EINTR) {
  }
}

}  // namespace

Crew::Crew(unsigned threads, std::uint64_t seed) : random_(seed) {
  for (unsigned number = 0; number < threads; ++number) {
    members_.push_back(std::make_unique<Member>());
    Member& member = *members_.back();
    if (number == 0) continue;
    sem_init(&member.go, 0, 0);
    sem_init(&member.done, 0, 0);
    member.lives = pthread_create(&member.thread, nullptr, &Crew::live, &member) == 0;
  }
}

Crew::~Crew() {
  for (const std::unique_ptr<Member>& member : members_) {
    if (!member->lives) continue;
    member->call = nullptr;
    sem_post(&member->go);
    pthread_join(member->thread, nullptr);
    sem_destroy(&member->go);
    sem_destroy(&member->done);
  }
}

void Crew::perform_elsewhere(void (*call)(void*), void* argument) {
  Member& member = *members_[turn_];
  if (!member.lives) return call(argument);
  member.call = call;
  member.argument = argument;
  sem_post(&member.go);
  wait_for(member.done);
}

void* Crew::live(void* argument) {
  Member& member = *static_cast<Member*>(argument);
  while (true) {
    wait_for(member.go);
    if (member.call == nullptr) return nullptr;
    member.call(member.argument);
    sem_post(&member.done);
  }
}

}  // namespace poolhammer::library
