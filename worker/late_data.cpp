#include "worker/late_data.hpp"

namespace poolhammer::worker {

LateData::LateData() : made_(pthread_key_create(&key_, &LateData::destroy) == 0) {
  if (key_ != 0) return;
  // A library that never made its key sets data of key 0: that is left to it, without a destructor.
  pthread_key_t other = 0;
  if (!made_ || pthread_key_create(&other, &LateData::destroy) != 0) return;
  pthread_key_delete(key_);
  pthread_key_t left = 0;
  (void)pthread_key_create(&left, nullptr);
  key_ = other;
}

LateData::~LateData() {
  if (made_) pthread_key_delete(key_);
}

bool LateData::set(AtEnd& at_end) const {
  at_end.key = key_;
  at_end.others_were_called = false;
  return made_ && pthread_setspecific(key_, &at_end) == 0;
}

void LateData::destroy(void* argument) {
  AtEnd& at_end = *static_cast<AtEnd*>(argument);
  if (!at_end.others_were_called) {
    at_end.others_were_called = true;
    pthread_setspecific(at_end.key, &at_end);
    return;
  }
  at_end.call(at_end.argument);
}

}  // namespace poolhammer::worker
