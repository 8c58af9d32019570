// Read by AddressSanitizer before main. A request over its limit is answered with NULL, as every allocator
// answers it: the subject libc would be accused of the sanitizer's own policy otherwise.
extern "C" const char* __asan_default_options() {
  return "allocator_may_return_null=1";
}
