#include "harness/c_program/helpers.hpp"

#include <vector>

#include "harness/c_program/helper_texts.hpp"

namespace poolhammer::c {
namespace {

[[nodiscard]] std::vector<Helper> called_by(Helper helper) {
  switch (helper) {
    case Helper::fill:
    case Helper::first_wrong:
    case Helper::first_nonzero:
      return {Helper::after};
    case Helper::intact:
      return {Helper::known, Helper::first_wrong};
    case Helper::intact_all:
    case Helper::leave:
      return {Helper::intact};
    case Helper::fill_anew:
      return {Helper::known, Helper::fill};
    case Helper::given:
      return {Helper::overlap, Helper::fill_anew};
    case Helper::given_zero:
      return {Helper::first_nonzero, Helper::given};
    case Helper::resized:
      return {Helper::intact, Helper::given};
    case Helper::watch:
    case Helper::patience:
      return {Helper::hung};
    case Helper::on_alternate_stack:
      return {Helper::in_handler};
    case Helper::end_thread:
      return {Helper::threads};
    case Helper::in_destructor:
      return {Helper::end_thread};
    case Helper::churn:
    case Helper::churn_with_heirs:
      return {Helper::crowd};
    case Helper::fork_crowd:
      return {Helper::crowd, Helper::patience};
    case Helper::handler:
    case Helper::throwing_handler:
      return {Helper::handled_times};
    default:
      return {};
  }
}

}  // namespace

void need(std::set<Helper>& helpers, Helper helper) {
  if (!helpers.insert(helper).second) return;
  for (const Helper called : called_by(helper)) need(helpers, called);
}

std::string_view text_of(Helper helper) {
  switch (helper) {
    case Helper::after:
      return texts::after;
    case Helper::fill:
      return texts::fill;
    case Helper::first_wrong:
      return texts::first_wrong;
    case Helper::first_nonzero:
      return texts::first_nonzero;
    case Helper::overlap:
      return texts::overlap;
    case Helper::known:
      return texts::known;
    case Helper::intact:
      return texts::intact;
    case Helper::intact_all:
      return texts::intact_all;
    case Helper::fill_anew:
      return texts::fill_anew;
    case Helper::given:
      return texts::given;
    case Helper::given_zero:
      return texts::given_zero;
    case Helper::resized:
      return texts::resized;
    case Helper::leave:
      return texts::leave;
    case Helper::refused:
      return texts::refused;
    case Helper::limit_memory:
      return texts::limit_memory;
    case Helper::unlimit:
      return texts::unlimit;
    case Helper::resident:
      return texts::resident;
    case Helper::hung:
      return texts::hung;
    case Helper::watch:
      return texts::watch;
    case Helper::patience:
      return texts::patience;
    case Helper::in_handler:
      return texts::in_handler;
    case Helper::on_alternate_stack:
      return texts::on_alternate_stack;
    case Helper::in_thread:
      return texts::in_thread;
    case Helper::threads:
      return texts::threads;
    case Helper::end_thread:
      return texts::end_thread;
    case Helper::in_destructor:
      return texts::in_destructor;
    case Helper::handled_times:
      return texts::handled_times;
    case Helper::handler:
      return texts::handler;
    case Helper::throwing_handler:
      return texts::throwing_handler;
    case Helper::crowd:
      return texts::crowd;
    case Helper::churn:
      return texts::churn;
    case Helper::churn_with_heirs:
      return texts::churn_with_heirs;
    case Helper::fork_crowd:
      return texts::fork_crowd;
    case Helper::generations:
      return texts::generations;
  }
  return {};
}

std::set<std::string> headers_of(Helper helper) {
  switch (helper) {
    case Helper::limit_memory:
      return {"<fcntl.h>", "<sys/resource.h>"};
    case Helper::unlimit:
    case Helper::resident:
      return {"<sys/resource.h>"};
    case Helper::hung:
      return {"<time.h>", "<unistd.h>"};
    case Helper::patience:
      return {"<signal.h>"};
    case Helper::watch:
    case Helper::in_handler:
      return {"<signal.h>", "<string.h>"};
    case Helper::in_thread:
      return {"<pthread.h>"};
    case Helper::threads:
      return {"<pthread.h>", "<semaphore.h>"};
    case Helper::handler:
    case Helper::throwing_handler:
      return {"<new>"};
    case Helper::overlap:
    case Helper::given:
      return {"<stdint.h>"};
    case Helper::crowd:
    case Helper::churn:
    case Helper::churn_with_heirs:
      return {"<pthread.h>", "<stdint.h>", "<unistd.h>"};
    case Helper::fork_crowd:
      return {"<pthread.h>", "<signal.h>", "<stdint.h>", "<sys/wait.h>"};
    case Helper::generations:
      return {"<fcntl.h>", "<pthread.h>", "<stdint.h>", "<string.h>"};
    default:
      return {};
  }
}

}  // namespace poolhammer::c
