#pragma once

#include <string_view>

// What text_of gives, by the names of the helpers.
namespace poolhammer::c::texts {

extern const std::string_view after;
extern const std::string_view fill;
extern const std::string_view first_wrong;
extern const std::string_view first_nonzero;
extern const std::string_view overlap;
extern const std::string_view known;
extern const std::string_view intact;
extern const std::string_view intact_all;
extern const std::string_view fill_anew;
extern const std::string_view given;
extern const std::string_view given_zero;
extern const std::string_view resized;
extern const std::string_view leave;
extern const std::string_view refused;
extern const std::string_view limit_memory;
extern const std::string_view unlimit;
extern const std::string_view resident;
extern const std::string_view hung;
extern const std::string_view watch;
extern const std::string_view patience;
extern const std::string_view in_handler;
extern const std::string_view on_alternate_stack;
extern const std::string_view in_thread;
extern const std::string_view threads;
extern const std::string_view end_thread;
extern const std::string_view in_destructor;
extern const std::string_view handled_times;
extern const std::string_view handler;
extern const std::string_view throwing_handler;
extern const std::string_view crowd;
extern const std::string_view churn;
extern const std::string_view churn_with_heirs;
extern const std::string_view fork_crowd;
extern const std::string_view generations;

}  // namespace poolhammer::c::texts
